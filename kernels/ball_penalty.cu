// The ball penalty. loss is the sum over the rows of z (rows, d) of max(|z| - 1, 0), as in the paper's text, or of
// max(|z|^2 - 1, 0), as in the authors' code. gradient (rows, d) is *weight times the derivative of loss. The weight is
// read from device memory, so one captured launch works for every weight.
// Launch: one block, because the sum needs a single block and a batch has some thousand rows at most; any number of
// threads.
#include "ball_penalty.h"

namespace gputae {

extern "C" __global__ void __launch_bounds__(kMostThreads)
    ball_penalty(const float* __restrict__ z, int32_t penalty, const float* __restrict__ weight, int32_t rows,
                 int32_t d, float* __restrict__ gradient, float* __restrict__ loss) {
  double sum = 0;
  for (int r = static_cast<int>(threadIdx.x); r < rows; r += static_cast<int>(blockDim.x)) {
    const float* row = z + static_cast<int64_t>(r) * d;
    const Outside outside = outside_ball(row, d, penalty, *weight);
    sum += outside.excess;
    for (int k = 0; k < d; k++) gradient[static_cast<int64_t>(r) * d + k] = static_cast<float>(outside.slope * row[k]);
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0) *loss = static_cast<float>(sum);
}

}  // namespace gputae
