// The samples of a batch: x (rows, p) = the values of samples[order[(*step mod steps_per_epoch) batch + row]].
// The step counter in device memory determines the batch, so one captured launch works for every step.
// Launch: one block for each row, any number of threads.
#include "device.h"

namespace gputae {

// The number of the sample in this block's row.
__device__ inline int64_t sample_number(const int32_t* order, const int64_t* step, int64_t batch,
                                        int64_t steps_per_epoch) {
  return order[*step % steps_per_epoch * batch + blockIdx.x];
}

// Images are uint8 (n, p): byte / 255, correctly rounded.
extern "C" __global__ void gather(const uint8_t* __restrict__ images, const int32_t* __restrict__ order,
                                  const int64_t* __restrict__ step, int64_t batch, int64_t steps_per_epoch, int32_t p,
                                  float* __restrict__ x) {
  const int64_t row = blockIdx.x;
  const uint8_t* image = images + sample_number(order, step, batch, steps_per_epoch) * p;
  for (int j = static_cast<int>(threadIdx.x); j < p; j += static_cast<int>(blockDim.x))
    x[row * p + j] = static_cast<float>(image[j]) / 255.0f;
}

// Samples are float32 (n, p).
extern "C" __global__ void gather_floats(const float* __restrict__ samples, const int32_t* __restrict__ order,
                                         const int64_t* __restrict__ step, int64_t batch, int64_t steps_per_epoch,
                                         int32_t p, float* __restrict__ x) {
  const int64_t row = blockIdx.x;
  const float* sample = samples + sample_number(order, step, batch, steps_per_epoch) * p;
  for (int j = static_cast<int>(threadIdx.x); j < p; j += static_cast<int>(blockDim.x)) x[row * p + j] = sample[j];
}

}  // namespace gputae
