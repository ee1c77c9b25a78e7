// Death times as a loss: the sum of d^degree over the lengths d of the spanning tree that are not longer than max_edge,
// and its gradient. With k = degree, edge (i, j) adds *weight k d^(k-1) (z_i - z_j) / d to point i and the opposite to
// point j. An edge with d = 0 adds nothing, whatever the degree. The weight is read from device memory, so one captured
// launch works for every weight.
//
// Launch: as pull_points, at least one block.
// Shapes: z (n, d), edges int32 (n - 1, 2), lengths (n - 1).
#include "death_times.h"
#include "pulls.h"

namespace gputae {

extern "C" __global__ void __launch_bounds__(kPullThreads)
    death_times(const float* __restrict__ z, const int32_t* __restrict__ edges, const float* __restrict__ lengths,
                float degree, float max_edge, const float* __restrict__ weight, int32_t n, int32_t d,
                float* __restrict__ gradient, float* __restrict__ loss) {
  __shared__ PullTile tile;
  const auto pulls = [=](int e) { return counts(lengths[e], max_edge); };
  const auto slope = [=](int e) { return death_slope(*weight, degree, power_below(lengths[e], degree), lengths[e]); };
  pull_points(z, edges, n - 1, n, d, tile, pulls, slope, gradient);
  if (blockIdx.x == 0) {
    double deaths = 0;
#pragma unroll 1
    for (int e = static_cast<int>(threadIdx.x); e < n - 1; e += static_cast<int>(blockDim.x)) {
      if (pulls(e)) deaths += power_below(lengths[e], degree) * lengths[e];
    }
    deaths = block_sum(deaths);
    if (threadIdx.x == 0) *loss = static_cast<float>(deaths);
  }
}

}  // namespace gputae
