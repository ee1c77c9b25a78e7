// The gradient of a loss of edge lengths. Every edge pulls its two ends along the line between them.
#pragma once

#include "device.h"

namespace gputae {

namespace {

constexpr int kPullThreads = 256;  // of a block

// Some edges that a block looks at together, in its shared memory. An edge that pulls no point of the block has no
// ends.
struct PullTile {
  static constexpr int kEdges = 1024;
  int32_t from[kEdges], to[kEdges];
  float slope[kEdges];
};

// gradient (n, d) = for each of the points z (n, d) the sum over the edges int32 (count, 2) that end there: edge e =
// (i, j) adds slope(e) (z_i - z_j) to point i and the opposite to point j, if pulls(e).
//
// Each warp has one point. Its lanes look through all edges, 32 at a time. The warp takes the edges that meet the point
// in the order of the edges, so the order of the sum is fixed without sorting. In the sum each lane has one coordinate.
// Before that, the block computes the slope once for each edge that meets one of its points.
// Launch: one warp for each of the n points, kPullThreads threads in a block. All threads of the block call this
// function with one tile.
template <typename Pulls, typename Slope>
__device__ inline void pull_points(const float* __restrict__ z, const int32_t* __restrict__ edges, int32_t count,
                                   int32_t n, int32_t d, PullTile& tile, Pulls pulls, Slope slope,
                                   float* __restrict__ gradient) {
  constexpr int kPoints = kPullThreads / kWarp;
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  const int lane = lane_number(), block = static_cast<int>(blockIdx.x);
  const int point = static_cast<int>(grid_thread() / kWarp);
  // Lanes beyond the last coordinate compute the last coordinate again and do not store it.
  for (int first_coordinate = 0; first_coordinate < d; first_coordinate += kWarp) {
    const int k = first_coordinate + lane < d ? first_coordinate + lane : d - 1;
    float sum = 0;
    for (int first = 0; first < count; first += PullTile::kEdges) {
      const int here = count - first < PullTile::kEdges ? count - first : PullTile::kEdges;
      __syncthreads();  // all threads have read the previous tile

      // If this loop were unrolled, calls of pow in a slope would leave too few registers.
#pragma unroll 1
      for (int e = thread; e < here; e += threads) {
        const int32_t i = edges[2 * static_cast<int64_t>(first + e)],
                      j = edges[2 * static_cast<int64_t>(first + e) + 1];
        const bool meets_block = pulls(first + e) && (i / kPoints == block || j / kPoints == block);
        tile.from[e] = meets_block ? i : -1;
        tile.to[e] = meets_block ? j : -1;
        if (meets_block) tile.slope[e] = slope(first + e);
      }
      __syncthreads();
      for (int base = 0; base < here; base += kWarp) {
        const int e = base + lane;
        const bool meets = e < here && (tile.from[e] == point || tile.to[e] == point);
        for (unsigned met = __ballot_sync(kAllLanes, meets); met != 0; met &= met - 1) {
          const int edge = base + __ffs(static_cast<int>(met)) - 1;
          const int64_t i = tile.from[edge], j = tile.to[edge];
          const float pull = tile.slope[edge] * (z[i * d + k] - z[j * d + k]);
          sum = i == point ? sum + pull : sum - pull;
        }
      }
    }
    if (point < n && first_coordinate + lane < d) gradient[static_cast<int64_t>(point) * d + k] = sum;
  }
}

}  // namespace
}  // namespace gputae
