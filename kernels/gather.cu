// A batch of images: x (rows, p) = images[order[(*step mod steps_per_epoch) batch + row]] / 255, correctly rounded.
// images: uint8 (n, p).
// The step counter in device memory determines the batch, so one captured launch works for every step.
// Launch: one block for each row, any number of threads.
#include "device.h"

namespace gputae {

extern "C" __global__ void gather(const uint8_t* __restrict__ images, const int32_t* __restrict__ order,
                                  const int64_t* __restrict__ step, int64_t batch, int64_t steps_per_epoch, int32_t p,
                                  float* __restrict__ x) {
  const int64_t row = blockIdx.x;
  const uint8_t* image = images + static_cast<int64_t>(order[*step % steps_per_epoch * batch + row]) * p;
  for (int j = static_cast<int>(threadIdx.x); j < p; j += static_cast<int>(blockDim.x))
    x[row * p + j] = static_cast<float>(image[j]) / 255.0f;
}

}  // namespace gputae
