// The ball penalty. loss is the sum over the rows of z (rows, d) of max(|z| - 1, 0), as in the paper's text, or of
// max(|z|^2 - 1, 0), as in the authors' code. gradient (rows, d) is *weight times the derivative of loss. The weight is
// read from device memory, so one captured launch works for every weight.
// Launch: one block, because the sum needs a single block and a batch has some thousand rows at most; any number of
// threads.
#include "device.h"

namespace gputae {

enum BallPenalty { kNorm = 0, kSquared = 1 };

extern "C" __global__ void __launch_bounds__(kMostThreads)
    ball_penalty(const float* __restrict__ z, int32_t penalty, const float* __restrict__ weight, int32_t rows,
                 int32_t d, float* __restrict__ gradient, float* __restrict__ loss) {
  const float factor = *weight;
  double sum = 0;
  for (int r = static_cast<int>(threadIdx.x); r < rows; r += static_cast<int>(blockDim.x)) {
    const float* row = z + static_cast<int64_t>(r) * d;
    double square = 0;
    for (int k = 0; k < d; k++) square += static_cast<double>(row[k]) * row[k];
    const double norm = sqrt(square);
    const double excess = (penalty == kNorm ? norm : square) - 1;
    // This comparison is false for a NaN, so a NaN is added to the sum and does not count as a point inside the ball.
    const bool inside = excess <= 0;
    if (!inside) sum += excess;
    const double slope = inside ? 0 : penalty == kNorm ? factor / norm : 2.0 * factor;
    for (int k = 0; k < d; k++) gradient[static_cast<int64_t>(r) * d + k] = static_cast<float>(slope * row[k]);
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0) *loss = static_cast<float>(sum);
}

}  // namespace gputae
