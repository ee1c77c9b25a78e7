// Death times as a loss: the sum of d^degree over the spanning tree's lengths d that are not longer than max_edge, and its gradient. Edge (i, j) adds
// weight k d^(k-1) (z_i - z_j) / d to point i and the opposite to point j, nothing where d = 0.
//
// A thread owns one coordinate of one point and looks through all edges in their order for those that meet the point, so the sum's order is fixed
// without sorting; comparing integers from shared memory is cheap beside anything that would avoid it at the sizes of a batch.
// Launch: a thread for each of the n d coordinates, 128 threads a block, at least one block; z (n, d), edges int32 (n - 1, 2), lengths (n - 1).
#include "device.h"

namespace gputae {

namespace {

// d^degree / d; 1 for degree 1 even where d is 0.
__device__ inline double power_below(float length, float degree) {
  return degree == 1 ? 1 : pow(static_cast<double>(length), static_cast<double>(degree) - 1);
}

}  // namespace

extern "C" __global__ void __launch_bounds__(128)
    death_times(const float* __restrict__ z, const int32_t* __restrict__ edges, const float* __restrict__ lengths, float degree, float max_edge,
                float weight, int32_t n, int32_t d, float* __restrict__ gradient, float* __restrict__ loss) {
  constexpr int kTile = 128;
  __shared__ int32_t from[kTile], to[kTile];
  __shared__ float slopes[kTile];
  const int64_t element = grid_thread();
  const bool mine = element < static_cast<int64_t>(n) * d;
  const int point = mine ? static_cast<int>(element / d) : -1;
  const int64_t k = element % d;
  float sum = 0;
  double deaths = 0;
  for (int first = 0; first < n - 1; first += kTile) {
    const int count = n - 1 - first < kTile ? n - 1 - first : kTile;
    __syncthreads();  // the last tile has been read
    for (int e = static_cast<int>(threadIdx.x); e < count; e += static_cast<int>(blockDim.x)) {
      const float length = lengths[first + e];
      const double power = power_below(length, degree);
      // Written so that a NaN counts.
      const bool counts = !(length > max_edge);
      if (counts) deaths += power * length;
      const bool pulls = counts && length != 0;
      from[e] = pulls ? edges[2 * (first + e)] : -2;
      to[e] = pulls ? edges[2 * (first + e) + 1] : -2;
      slopes[e] = static_cast<float>(weight * degree * power / length);
    }
    __syncthreads();
    // A thread without a coordinate looks through none, but comes to the barriers.
    for (int e = 0; e < (mine ? count : 0); e++) {
      if (from[e] != point && to[e] != point) continue;
      const float pull = slopes[e] * (z[static_cast<int64_t>(from[e]) * d + k] - z[static_cast<int64_t>(to[e]) * d + k]);
      sum = from[e] == point ? sum + pull : sum - pull;
    }
  }
  if (mine) gradient[element] = sum;
  // Every block has met every edge; the first one reports.
  if (blockIdx.x == 0) {
    deaths = block_sum(deaths);
    if (threadIdx.x == 0) *loss = static_cast<float>(deaths);
  }
}

}  // namespace gputae
