// The squared maximum mean discrepancy between the points z (n, d) and samples of the prior p (n, d), its unbiased
// estimate (Gretton et al. 2012), with the kernel function k of mmd.h:
//
//   loss = sum over i != j of (k(|z_i - z_j|^2) + k(|p_i - p_j|^2)) / (n (n - 1)) - 2 sum over i, j of k(|z_i - p_j|^2)
//          / n^2
//
// It needs n >= 2.
#include "device.h"
#include "mmd.h"

namespace gputae {

namespace {

constexpr int kMmdThreads = 256;  // of a block

// A value of k, and the derivative with respect to r.
struct Similarity {
  float value, slope;
};

__device__ inline Similarity similarity(float r, float square) {
  Similarity sum = {0, 0};
  each_scale(square, [&](float c) { add_multiquadric(c, r, sum.value, sum.slope); });
  return sum;
}

// Returns this lane's share of the sum of k(|u - x_j|^2) over the points x (n, d), of which number `skip` is left out.
// *pulled += factor times the sum of k'(|u - x_j|^2) (u - x_j), coordinate k.
//
// A lane has one point of 32 for its distance, and then one coordinate for the derivative, which takes the points in
// their order.
__device__ inline double sum_of_similarities(const float* __restrict__ u, const float* __restrict__ x, int32_t n,
                                             int32_t d, int32_t skip, float square, float factor, int k,
                                             float* pulled) {
  double sum = 0;
  for (int32_t base = 0; base < n; base += kWarp) {
    const int32_t j = base + lane_number();
    float slope = 0;
    if (j < n && j != skip) {
      const Similarity s = similarity(squared_length(u, 1, x + static_cast<int64_t>(j) * d, 1, d), square);
      sum += s.value;
      slope = factor * s.slope;
    }
    const int here = n - base < kWarp ? n - base : kWarp;
    for (int l = 0; l < here; l++) {
      *pulled += __shfl_sync(kAllLanes, slope, l) * (u[k] - x[static_cast<int64_t>(base + l) * d + k]);
    }
  }
  return sum;
}

}  // namespace

// row_sums (n): the sum of row_sums is the loss; *weight times its derivative with respect to z is gradient (n, d).
// square is the scale of squared distances in k.
// Launch: one warp for each of the n >= 2 points, kMmdThreads threads in a block.
extern "C" __global__ void __launch_bounds__(kMmdThreads)
    maximum_mean_discrepancy(const float* __restrict__ z, const float* __restrict__ prior, float square,
                             const float* __restrict__ weight, int32_t n, int32_t d, float* __restrict__ gradient,
                             double* __restrict__ row_sums) {
  const int32_t row = static_cast<int32_t>(grid_thread() / kWarp);
  if (row >= n) return;  // a whole warp
  const double among = 1.0 / (static_cast<double>(n) * (n - 1)), between = 2.0 / (static_cast<double>(n) * n);
  // The derivative of |u - x|^2 is 2 (u - x), and each pair of points of z counts twice in the loss.
  const float attraction = static_cast<float>(4 * among * *weight);
  const float repulsion = static_cast<float>(-2 * between * *weight);
  const float* own = z + static_cast<int64_t>(row) * d;
  double sum = 0;
  // Lanes beyond the last coordinate compute the last coordinate again and do not store it.
  for (int first = 0; first < d; first += kWarp) {
    const int k = first + lane_number() < d ? first + lane_number() : d - 1;
    float pulled = 0;
    const double points = sum_of_similarities(own, z, n, d, row, square, attraction, k, &pulled);
    const double samples = sum_of_similarities(own, prior, n, d, -1, square, repulsion, k, &pulled);
    // Every turn gives the same sums.
    sum = among * points - between * samples;
    if (first + lane_number() < d) gradient[static_cast<int64_t>(row) * d + k] = pulled;
  }
  const float* sample = prior + static_cast<int64_t>(row) * d;
  for (int32_t j = row + 1 + lane_number(); j < n; j += kWarp) {
    const float* other = prior + static_cast<int64_t>(j) * d;
    sum += 2 * among * similarity(squared_length(sample, 1, other, 1, d), square).value;
  }
  for (int distance = kWarp / 2; distance > 0; distance /= 2) sum += __shfl_xor_sync(kAllLanes, sum, distance);
  if (lane_number() == 0) row_sums[row] = sum;
}

}  // namespace gputae
