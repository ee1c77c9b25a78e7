// The losses of a batch's points in one launch of one block: the spanning tree, the death times and their gradient, and
// the penalty of the points outside the unit ball. They have the bits of the kernels that compute one each
// (boruvka_small.cu or boruvka.cu, death_times.cu, ball_penalty.cu, reduce.cu), since all sums have the same order.
//
// When the tree is known, some threads have one edge each, and at the same time others have one point each, for the
// penalty. Then each thread has one coordinate of one point. It walks through the edges that end at this point in
// ascending order; for this, a point has a bit for each edge.
//
// Shapes: z (n, d), edges int32 (n - 1, 2), lengths (n - 1), gradient (n, d).
#include "ball_penalty.h"
#include "death_times.h"
#include "small_tree.h"

namespace gputae {

namespace {

template <int kPoints>
struct PointLosses {
  // Bit e % 32 of meets[e / 32][i]: edge e pulls point i.
  uint32_t meets[kPoints / kWarp][kPoints];
  float pull[kPoints];   // of an edge: the slope
  double ball[kPoints];  // of a point: the factor of the point in the gradient of the ball penalty
};

template <int kPoints, int kParts, int kHeld>
__device__ inline void point_losses(const float* __restrict__ z, int n, int d, float degree, float max_edge,
                                    const float* __restrict__ death_weight, int penalty,
                                    const float* __restrict__ ball_weight, int32_t* __restrict__ edges,
                                    float* __restrict__ lengths, float* __restrict__ deaths, float* __restrict__ ball,
                                    float* __restrict__ gradient) {
  __shared__ SmallTree<kPoints> tree;
  __shared__ PointLosses<kPoints> shared;
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  for (int t = thread; t < kPoints / kWarp * kPoints; t += threads) shared.meets[t / kPoints][t % kPoints] = 0;
  grow_tree<kPoints, kParts, kHeld>(z, n, d, tree, reinterpret_cast<uint32_t*>(shared_memory));

  // The first warps have the edges, as many warps after them the points.
  const int warps = (n + kWarp - 1) / kWarp;
  const int e = thread, i = thread - warps * kWarp;
  double term = 0;
  if (e < n - 1) {
    const int lost = tree.lost_label(e);
    const int low = tree.low(lost), high = tree.high(lost);
    const float length = tree.edge_length(lost);
    edges[2 * e] = low;
    edges[2 * e + 1] = high;
    lengths[e] = length;
    if (counts(length, max_edge)) {
      const double power = power_below(length, degree);
      term = power * length;
      shared.pull[e] = death_slope(*death_weight, degree, power, length);
      atomicOr(&shared.meets[e / kWarp][low], 1u << e % kWarp);
      atomicOr(&shared.meets[e / kWarp][high], 1u << e % kWarp);
    }
  }
  if (ball != nullptr && i >= 0 && i < n) {
    const Outside outside = outside_ball(z + static_cast<int64_t>(i) * d, d, penalty, *ball_weight);
    term = outside.excess;
    shared.ball[i] = outside.slope;
  }
  const double sum = sum_of_warps(term, e < warps * kWarp ? 0 : warps, warps);
  if (e == 0) *deaths = static_cast<float>(sum);
  if (ball != nullptr && i == 0) *ball = static_cast<float>(sum);

  for (int t = thread; t < n * d; t += threads) {
    const int point = t / d, k = t % d;
    float pulled = 0;
    for (int word = 0; word < warps; word++) {
      for (uint32_t met = shared.meets[word][point]; met != 0; met &= met - 1) {
        const int edge = word * kWarp + __ffs(static_cast<int>(met)) - 1;
        const int lost = tree.lost_label(edge);
        const int low = tree.low(lost), high = tree.high(lost);
        const float pull = shared.pull[edge] * (z[low * d + k] - z[high * d + k]);
        pulled = low == point ? pulled + pull : pulled - pull;
      }
    }
    gradient[t] = ball == nullptr ? pulled : pulled + static_cast<float>(shared.ball[point] * z[t]);
  }
}

}  // namespace

// For n from 1 to 128.
//   death_weight, degree, max_edge, edges, lengths, deaths   as death_times
//   ball_weight, penalty, ball    as ball_penalty; ball is its loss. If ball is null, there is no penalty
//   gradient                      the sum of the gradients of both losses
// Launch: one block, 8 threads for each point and at least 2 warps, whole warps.
extern "C" __global__ void __launch_bounds__(kMostThreads)
    point_losses_128(const float* __restrict__ z, int32_t n, int32_t d, float degree, float max_edge,
                     const float* __restrict__ death_weight, int32_t penalty, const float* __restrict__ ball_weight,
                     int32_t* __restrict__ edges, float* __restrict__ lengths, float* __restrict__ deaths,
                     float* __restrict__ ball, float* __restrict__ gradient) {
  point_losses<128, 8, 16>(z, n, d, degree, max_edge, death_weight, penalty, ball_weight, edges, lengths, deaths, ball,
                           gradient);
}

// The same for n from 1 to 256.
// Launch: one block, 4 threads for each point and at least 2 warps for each 32 points, whole warps; for n above 128
// dynamic shared memory for ceil((n - 128) / 4) numbers of each thread.
extern "C" __global__ void __launch_bounds__(kMostThreads)
    point_losses_256(const float* __restrict__ z, int32_t n, int32_t d, float degree, float max_edge,
                     const float* __restrict__ death_weight, int32_t penalty, const float* __restrict__ ball_weight,
                     int32_t* __restrict__ edges, float* __restrict__ lengths, float* __restrict__ deaths,
                     float* __restrict__ ball, float* __restrict__ gradient) {
  point_losses<256, 4, 32>(z, n, d, degree, max_edge, death_weight, penalty, ball_weight, edges, lengths, deaths, ball,
                           gradient);
}

}  // namespace gputae
