// Death times as a loss: the sum of d^degree over the lengths d of the spanning tree that are not longer than max_edge,
// and its gradient. With k = degree, edge (i, j) adds *weight k d^(k-1) (z_i - z_j) / d to point i and the opposite to
// point j. An edge with d = 0 adds nothing, whatever the degree. The weight is read from device memory, so one captured
// launch works for every weight.
//
// Each warp has one point. Its lanes look through all edges, 32 at a time. The warp takes the edges that meet the point
// in the order of the edges, so the order of the sum is fixed without sorting. In the sum each lane has one coordinate.
// Before that, the block computes how strongly an edge pulls, once for each edge that meets one of its points.
// Launch: one warp for each of the n points, 256 threads in a block, at least one block.
// Shapes: z (n, d), edges int32 (n - 1, 2), lengths (n - 1).
#include "device.h"

namespace gputae {

namespace {

constexpr int kThreads = 256;

// d^degree / d. For degree 1 this is 1 even if d is 0.
__device__ inline double power_below(float length, float degree) {
  return degree == 1 ? 1 : pow(static_cast<double>(length), static_cast<double>(degree) - 1);
}

}  // namespace

extern "C" __global__ void __launch_bounds__(kThreads)
    death_times(const float* __restrict__ z, const int32_t* __restrict__ edges, const float* __restrict__ lengths,
                float degree, float max_edge, const float* __restrict__ weight, int32_t n, int32_t d,
                float* __restrict__ gradient, float* __restrict__ loss) {
  constexpr int kTile = 1024, kPoints = kThreads / kWarp;
  __shared__ int32_t from[kTile], to[kTile];
  __shared__ float slope[kTile];
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  const int lane = lane_number(), block = static_cast<int>(blockIdx.x);
  const int point = static_cast<int>(grid_thread() / kWarp);
  // Lanes beyond the last coordinate compute the last coordinate again and do not store it.
  for (int first_coordinate = 0; first_coordinate < d; first_coordinate += kWarp) {
    const int k = first_coordinate + lane < d ? first_coordinate + lane : d - 1;
    float sum = 0;
    for (int first = 0; first < n - 1; first += kTile) {
      const int count = n - 1 - first < kTile ? n - 1 - first : kTile;
      __syncthreads();  // all threads have read the previous tile

      // If this loop were unrolled, the calls of pow would leave too few registers.
#pragma unroll 1
      for (int e = thread; e < count; e += threads) {
        const int32_t i = edges[2 * static_cast<int64_t>(first + e)],
                      j = edges[2 * static_cast<int64_t>(first + e) + 1];
        const float length = lengths[first + e];
        // The condition is written so that a NaN pulls.
        const bool pulls = !(length > max_edge || length == 0);
        const bool meets_block = pulls && (i / kPoints == block || j / kPoints == block);
        from[e] = meets_block ? i : -1;
        to[e] = meets_block ? j : -1;
        if (meets_block) slope[e] = static_cast<float>(*weight * degree * power_below(length, degree) / length);
      }
      __syncthreads();
      for (int base = 0; base < count; base += kWarp) {
        const int e = base + lane;
        const bool meets = e < count && (from[e] == point || to[e] == point);
        for (unsigned met = __ballot_sync(kAllLanes, meets); met != 0; met &= met - 1) {
          const int edge = base + __ffs(static_cast<int>(met)) - 1;
          const float pull =
              slope[edge] * (z[static_cast<int64_t>(from[edge]) * d + k] - z[static_cast<int64_t>(to[edge]) * d + k]);
          sum = from[edge] == point ? sum + pull : sum - pull;
        }
      }
    }
    if (point < n && first_coordinate + lane < d) gradient[static_cast<int64_t>(point) * d + k] = sum;
  }
  if (block == 0) {
    double deaths = 0;
#pragma unroll 1
    for (int e = thread; e < n - 1; e += threads) {
      const float length = lengths[e];
      // For a degree below 1, 0 to the power of the degree minus 1 would be infinite.
      if (!(length > max_edge || length == 0)) deaths += power_below(length, degree) * length;
    }
    deaths = block_sum(deaths);
    if (thread == 0) *loss = static_cast<float>(deaths);
  }
}

}  // namespace gputae
