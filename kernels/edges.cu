// Lengths of given edges of a cloud, and a loss of these lengths: the parts of the signature loss (Moor, Horn, Rieck,
// Borgwardt 2020: Topological autoencoders). Also the largest of many lengths, the longest edges, and a cloud whose
// classes lie far apart.
#include "device.h"
#include "exact_distance.h"

namespace gputae {

// lengths (count) = the lengths of edges int32 (count, 2) between the points x (n, d) under the exact rule.
//
// Each warp has one edge. A lane sums a chunk of the rule, and the chunks are added in their order.
// Launch: any grid, whole warps.
extern "C" __global__ void edge_lengths(const float* __restrict__ x, const int32_t* __restrict__ edges, int64_t count,
                                        int32_t d, float* __restrict__ lengths) {
  for (int64_t e = grid_thread() / kWarp; e < count; e += grid_threads() / kWarp) {
    const float* u = x + static_cast<int64_t>(edges[2 * e]) * d;
    const float* v = x + static_cast<int64_t>(edges[2 * e + 1]) * d;
    float s = 0;
    for (int first = 0; first < d; first += kWarp * kDistanceChunk) {
      const int own = first + lane_number() * kDistanceChunk;
      float c = 0;
      for (int k = own; k < own + kDistanceChunk && k < d; k++) {
        const float t = u[k] - v[k];
        c = fused_multiply_add(t, t, c);
      }
      for (int lane = 0; lane < kWarp && first + lane * kDistanceChunk < d; lane++) {
        s = s + __shfl_sync(kAllLanes, c, lane);
      }
    }
    if (lane_number() == 0) lengths[e] = sqrtf(s);
  }
}

// *out = the largest of values (count), none of which is negative; NaN if one of them is NaN. *out is 0 before.
//
// The bits of such values, as unsigned integers, have the order of the values, and those of a NaN are above all.
// Launch: any grid, whole warps.
extern "C" __global__ void largest(const float* __restrict__ values, int64_t count, unsigned* __restrict__ out) {
  unsigned most = 0;
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) most = max(most, __float_as_uint(values[i]));
  for (int distance = kWarp / 2; distance > 0; distance /= 2) {
    most = max(most, __shfl_xor_sync(kAllLanes, most, distance));
  }
  if (lane_number() == 0) atomicMax(out, most);
}

// out (count) = the lengths of the `most` longest edges at their places, and 0 elsewhere. Between equal lengths,
// the edge with the larger ids (smaller id, then larger id) counts as longer.
// Launch: any grid, any number of threads.
// Shapes: edges int32 (count, 2), the smaller id first; lengths (count).
extern "C" __global__ void keep_longest(const int32_t* __restrict__ edges, const float* __restrict__ lengths,
                                        int32_t count, int32_t most, float* __restrict__ out) {
  for (int64_t e = grid_thread(); e < count; e += grid_threads()) {
    const float length = lengths[e];
    const uint64_t ids = edge_ids(static_cast<uint32_t>(edges[2 * e]), static_cast<uint32_t>(edges[2 * e + 1]));
    int longer = 0;
    for (int64_t other = 0; other < count; other++) {
      longer += lengths[other] > length;
      if (lengths[other] == length) {
        longer += edge_ids(static_cast<uint32_t>(edges[2 * other]), static_cast<uint32_t>(edges[2 * other + 1])) > ids;
      }
    }
    out[e] = longer < most ? length : 0;
  }
}

namespace {

constexpr int kStressThreads = 256;

// How far a length is from its target, in their units. If the unit of the targets is 0, so are all targets.
__device__ inline double residue(float length, float target, double scale, double unit) {
  return length / scale - (unit == 0 ? 0 : target / unit);
}

}  // namespace

// The stress of edges: loss = sum of r^2 / n over edges int32 (count, 2) between the points z (n, d), where the residue
// of an edge is r = length / *scale - target / sqrt(*target_square). gradient (n, d) = *weight times the derivative of
// the loss with respect to z: edge (i, j) adds 2 *weight r / (n *scale) (z_i - z_j) / length to point i and the
// opposite to point j, and nothing if its length is 0. *scale_gradient += *weight times the derivative with respect to
// *scale.
//
// As in death_times, each warp has one point and takes the edges that meet it in their order.
// Launch: one warp for each of the n points, 256 threads in a block, at least one block.
// Shapes: lengths (count), targets (count).
extern "C" __global__ void __launch_bounds__(kStressThreads)
    edge_stress(const float* __restrict__ z, const int32_t* __restrict__ edges, const float* __restrict__ lengths,
                const float* __restrict__ targets, const float* __restrict__ target_square,
                const float* __restrict__ scale, const float* __restrict__ weight, int32_t count, int32_t n, int32_t d,
                float* __restrict__ gradient, float* __restrict__ scale_gradient, float* __restrict__ loss) {
  constexpr int kTile = 1024, kPoints = kStressThreads / kWarp;
  __shared__ int32_t from[kTile], to[kTile];
  __shared__ float slope[kTile];
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  const int lane = lane_number(), block = static_cast<int>(blockIdx.x);
  const int point = static_cast<int>(grid_thread() / kWarp);
  const double latent = *scale, unit = sqrt(static_cast<double>(*target_square));
  // Lanes beyond the last coordinate compute the last coordinate again and do not store it.
  for (int first_coordinate = 0; first_coordinate < d; first_coordinate += kWarp) {
    const int k = first_coordinate + lane < d ? first_coordinate + lane : d - 1;
    float sum = 0;
    for (int first = 0; first < count; first += kTile) {
      const int here = count - first < kTile ? count - first : kTile;
      __syncthreads();  // all threads have read the previous tile
      for (int e = thread; e < here; e += threads) {
        const int32_t i = edges[2 * static_cast<int64_t>(first + e)],
                      j = edges[2 * static_cast<int64_t>(first + e) + 1];
        const float length = lengths[first + e];
        const bool meets_block = length != 0 && (i / kPoints == block || j / kPoints == block);
        from[e] = meets_block ? i : -1;
        to[e] = meets_block ? j : -1;
        if (meets_block) {
          const double r = residue(length, targets[first + e], latent, unit);
          slope[e] = static_cast<float>(2.0 * *weight * r / (n * latent * length));
        }
      }
      __syncthreads();
      for (int base = 0; base < here; base += kWarp) {
        const int e = base + lane;
        const bool meets = e < here && (from[e] == point || to[e] == point);
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
    double squares = 0, slopes = 0;
    for (int e = thread; e < count; e += threads) {
      const double r = residue(lengths[e], targets[e], latent, unit);
      squares += r * r;
      slopes += r * lengths[e];
    }
    squares = block_sum(squares);
    __syncthreads();
    slopes = block_sum(slopes);
    if (thread == 0) {
      *loss = static_cast<float>(squares / n);
      *scale_gradient += static_cast<float>(-2.0 * *weight * slopes / (n * latent * latent));
    }
  }
}

// out (n, d + 1) = the points z (n, d) with one more coordinate: spacing times the number of the point's class, which
// is the first column of classes (n, c) that is not 0. A point without a class has a class of its own.
// Launch: any grid, any number of threads.
extern "C" __global__ void labelled_cloud(const float* __restrict__ z, const float* __restrict__ classes, float spacing,
                                          int32_t n, int32_t d, int32_t c, float* __restrict__ out) {
  for (int64_t i = grid_thread(); i < n; i += grid_threads()) {
    for (int k = 0; k < d; k++) out[i * (d + 1) + k] = z[i * d + k];
    int64_t own = 0;
    while (own < c && classes[i * c + own] == 0) own++;
    out[i * (d + 1) + d] = spacing * static_cast<float>(own < c ? own : c + i);
  }
}

}  // namespace gputae
