// The PH dimension of the weights of the last training steps, as a term of the objective: iterates.h says what it is.
#include "device.h"
#include "exact_distance.h"
#include "iterates.h"

namespace gputae {

namespace {

constexpr int kKeepThreads = 256;

}  // namespace

// iterates (window, size)[step % window] = point (size), and row and column step % window of distances (window, window)
// = the lengths under the exact rule between it and all points of the ring.
//
// Each block has one place of the ring. The block of the new point copies it. In every other block each thread sums one
// chunk of the rule, and thread 0 adds the chunks in their order.
// Launch: `window` blocks of kKeepThreads threads.
extern "C" __global__ void __launch_bounds__(kKeepThreads)
    keep_iterate(const float* __restrict__ point, const int64_t* __restrict__ step, int64_t size, int32_t window,
                 float* iterates, float* __restrict__ distances) {
  __shared__ float chunks[kKeepThreads];
  const int thread = static_cast<int>(threadIdx.x), place = static_cast<int>(blockIdx.x);
  const int newest = static_cast<int>(*step % window);
  float* own = iterates + place * size;
  if (place == newest) {
    for (int64_t k = thread; k < size; k += kKeepThreads) own[k] = point[k];
    if (thread == 0) distances[newest * window + newest] = 0;
    return;
  }
  float s = 0;
  for (int64_t first = 0; first < size; first += kKeepThreads * kDistanceChunk) {
    float c = 0;
    const int64_t begin = first + thread * kDistanceChunk;
    for (int64_t k = begin; k < begin + kDistanceChunk && k < size; k++) {
      const float t = point[k] - own[k];
      c = fused_multiply_add(t, t, c);
    }
    __syncthreads();  // thread 0 has read the previous chunks
    chunks[thread] = c;
    __syncthreads();
    if (thread == 0) {
      // A chunk beyond the last one is 0, so it adds nothing.
      for (int i = 0; i < kKeepThreads; i++) s = s + chunks[i];
    }
  }
  if (thread == 0) {
    distances[newest * window + place] = sqrtf(s);
    distances[place * window + newest] = sqrtf(s);
  }
}

namespace {

// One subset of the ring, in shared memory.
struct Subset {
  uint32_t keys[kMostWindow];
  float shortest[kMostWindow];  // length of the shortest edge into the tree
  int32_t inside[kMostWindow];  // the end of that edge in the tree; -1: in the tree, or not in the subset
  bool near[kMostWindow];       // whether the tree has an edge from here to the newest point
};

// Returns the sum of the lengths of the subset's spanning tree and marks the neighbours of the newest point. One warp.
// Each lane has every 32nd place of the ring, and it alone writes there.
__device__ inline double grow_tree(const float* __restrict__ distances, int window, int size, int newest,
                                   Subset& subset) {
  const int lane = lane_number();
  int first = window;
  for (int v = lane; v < window; v += kWarp) {
    int before = 0;
    for (int u = 0; u < window; u++) {
      before += subset.keys[u] < subset.keys[v] || (subset.keys[u] == subset.keys[v] && u < v);
    }
    subset.shortest[v] = __uint_as_float(0x7F800000u);
    subset.inside[v] = before < size ? window : -1;  // a place that is no point: any edge is better
    subset.near[v] = false;
    if (before < size) first = min(first, v);
  }
  for (int distance = kWarp / 2; distance > 0; distance /= 2) {
    first = min(first, __shfl_xor_sync(kAllLanes, first, distance));
  }
  double sum = 0;
  int joined = first;
  for (int round = 1; round < size; round++) {
    // The edge with the least bits of (length, smaller place, larger place) and the place that it adds.
    uint64_t best = ~uint64_t{0};
    for (int v = lane; v < window; v += kWarp) {
      if (v == joined) subset.inside[v] = -1;
      if (subset.inside[v] >= 0) {
        const float length = distances[joined * window + v];
        if (length < subset.shortest[v] || (length == subset.shortest[v] && joined < subset.inside[v])) {
          subset.shortest[v] = length;
          subset.inside[v] = joined;
        }
        const uint32_t low = min(subset.inside[v], v), high = max(subset.inside[v], v);
        const uint64_t edge = static_cast<uint64_t>(__float_as_uint(subset.shortest[v])) << 32 | low << 16 | high << 8;
        best = min(best, edge | static_cast<unsigned>(v));
      }
    }
    for (int distance = kWarp / 2; distance > 0; distance /= 2) {
      best = min(best, static_cast<uint64_t>(__shfl_xor_sync(kAllLanes, best, distance)));
    }
    const int low = static_cast<int>(best >> 16 & 0xff), high = static_cast<int>(best >> 8 & 0xff);
    joined = static_cast<int>(best & 0xff);
    sum += static_cast<double>(__uint_as_float(static_cast<uint32_t>(best >> 32)));
    // The edge ends at the newest point: its other end is a neighbour.
    if (low == newest || high == newest) {
      const int other = low == newest ? high : low;
      if (other % kWarp == lane && other < window) subset.near[other] = true;
    }
  }
  return sum;
}

}  // namespace

// *value = the PH dimension of the ring whose distances (window, window) are given. coefficients (window) = for each
// place the derivative of the value with respect to its distance from the newest point, divided by that distance. It is
// 0 where no tree has this edge, or where the distance is 0. Before the ring is full, all of them are 0.
//
// Each warp has one subset.
// Launch: one block of kSubsets warps.
extern "C" __global__ void __launch_bounds__(kSubsets* kWarp)
    ph_dimension(const float* __restrict__ distances, const int64_t* __restrict__ step, uint64_t seed, uint32_t stream,
                 int32_t window, float* __restrict__ coefficients, float* __restrict__ value) {
  __shared__ Subset subsets[kSubsets];
  __shared__ double x[kSubsets], y[kSubsets], derivatives[kSubsets];
  const int thread = static_cast<int>(threadIdx.x), warp = warp_number();
  const int newest = static_cast<int>(*step % window);
  if (*step + 1 < window) {
    if (thread < window) coefficients[thread] = 0;
    if (thread == 0) *value = 0;
    return;
  }
  Subset& own = subsets[warp];
  for (int v = lane_number(); v < window; v += kWarp) {
    own.keys[v] = subset_key(seed, stream, *step, window, warp, v);
  }
  __syncthreads();
  const double sum = grow_tree(distances, window, subset_size(window, warp), newest, own);
  if (lane_number() == 0) {
    x[warp] = log(static_cast<double>(subset_size(window, warp)));
    y[warp] = log(sum);
  }
  __syncthreads();
  if (thread == 0) *value = static_cast<float>(fit_dimension(x, y, derivatives));
  __syncthreads();
  // With respect to the sum. A sum of 0 has no derivative.
  if (lane_number() == 0) derivatives[warp] = sum == 0 ? 0 : derivatives[warp] / sum;
  __syncthreads();
  if (thread < window) {
    const double length = distances[newest * window + thread];
    double slope = 0;
    for (int j = 0; j < kSubsets; j++) slope += subsets[j].near[thread] ? derivatives[j] : 0;
    coefficients[thread] = length == 0 ? 0 : static_cast<float>(slope / length);
  }
}

// gradient (size) = *weight * the sum over the places v of the ring iterates (window, size) of
// coefficients[v] (newest - iterates[v]), in ascending order of v.
// Launch: any grid, any number of threads.
extern "C" __global__ void pull_newest(const float* __restrict__ iterates, const float* __restrict__ coefficients,
                                       const int64_t* __restrict__ step, const float* __restrict__ weight, int64_t size,
                                       int32_t window, float* __restrict__ gradient) {
  const int newest = static_cast<int>(*step % window);
  for (int64_t k = grid_thread(); k < size; k += grid_threads()) {
    const float x = iterates[newest * size + k];
    float sum = 0;
    for (int v = 0; v < window; v++) {
      if (coefficients[v] != 0) sum += coefficients[v] * (x - iterates[v * size + k]);
    }
    gradient[k] = *weight * sum;
  }
}

}  // namespace gputae
