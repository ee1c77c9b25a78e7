// Lengths of given edges of a cloud, and a loss of these lengths: the parts of the signature loss (Moor, Horn, Rieck,
// Borgwardt 2020: Topological autoencoders). Also the largest of many lengths, the longest edges, and a cloud whose
// classes lie far apart.
#include "exact_distance.h"
#include "pulls.h"

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
// Launch: as pull_points, at least one block.
// Shapes: lengths (count), targets (count).
extern "C" __global__ void __launch_bounds__(kPullThreads)
    edge_stress(const float* __restrict__ z, const int32_t* __restrict__ edges, const float* __restrict__ lengths,
                const float* __restrict__ targets, const float* __restrict__ target_square,
                const float* __restrict__ scale, const float* __restrict__ weight, int32_t count, int32_t n, int32_t d,
                float* __restrict__ gradient, float* __restrict__ scale_gradient, float* __restrict__ loss) {
  __shared__ PullTile tile;
  const double latent = *scale, unit = sqrt(static_cast<double>(*target_square));
  pull_points(
      z, edges, count, n, d, tile, [=](int e) { return lengths[e] != 0; },
      [=](int e) {
        const double r = residue(lengths[e], targets[e], latent, unit);
        return static_cast<float>(2.0 * *weight * r / (n * latent * lengths[e]));
      },
      gradient);
  if (blockIdx.x == 0) {
    double squares = 0, slopes = 0;
    for (int e = static_cast<int>(threadIdx.x); e < count; e += static_cast<int>(blockDim.x)) {
      const double r = residue(lengths[e], targets[e], latent, unit);
      squares += r * r;
      slopes += r * lengths[e];
    }
    squares = block_sum(squares);
    __syncthreads();
    slopes = block_sum(slopes);
    if (threadIdx.x == 0) {
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
