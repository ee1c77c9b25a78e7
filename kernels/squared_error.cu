// Reconstruction: the squared error of the decoder's outputs against target, both (rows, p).
#include "device.h"

namespace gputae {

// row_sums (rows) holds the sum of (output - target)^2 of each row. gradient is scale times the derivative, and may be
// outputs. If gradient is null, only the sums are computed.
// Launch: one block for each row, any number of threads.
extern "C" __global__ void squared_error(const float* outputs, const float* __restrict__ target, int32_t p, float scale,
                                         float* gradient, double* __restrict__ row_sums) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * p;
  float sum = 0;
  for (int j = static_cast<int>(threadIdx.x); j < p; j += static_cast<int>(blockDim.x)) {
    const float difference = outputs[row + j] - target[row + j];
    sum += difference * difference;
    if (gradient != nullptr) gradient[row + j] = 2 * difference * scale;
  }
  const double total = block_sum(sum);
  if (threadIdx.x == 0) row_sums[blockIdx.x] = total;
}

}  // namespace gputae
