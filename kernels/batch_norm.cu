// Batch normalisation of the outputs of a dense layer, with the activation after it (Ioffe, Szegedy 2015; PyTorch's
// BatchNorm1d, eps 1e-5, momentum 0.1). With x (rows, c), and the mean m and the biased variance s of each of its
// columns:
//
//   batch_norm            u = (x - m) r scale + shift with r = 1 / sqrt(s + eps), y = activation(u); the running mean
//                         and variance go a tenth of the way to m and to s rows / (rows - 1)
//   batch_norm_backward   g = dy activation'(u), n = (x - m) r;  dshift += sum of g,  dscale += sum of g n,
//                         dy becomes scale r (g - (sum of g) / rows - n (sum of g n) / rows), the gradient of x
//   batch_norm_running    y = activation((y - running mean) scale / sqrt(running variance + eps) + shift)
//
// A column needs the sums over all rows, so one block has 32 columns and all rows: each lane has one column, and each
// of the 16 warps takes every 16th row. The sums are in double precision. Their order depends on the number of rows
// alone.
#include "activation.h"
#include "device.h"

namespace gputae {
namespace {

constexpr int kNormWarps = 16;
constexpr float kNormEpsilon = 1e-5f;
constexpr float kNormMomentum = 0.1f;
// The count of batches has two parts, low + 2^24 high, since float32 has all integers up to 2^24.
constexpr float kCountBase = 16777216;

// Returns the sum over all warps of the values of the calling thread's lane, to every thread. All threads of the block
// call this function; it begins and ends with a barrier.
__device__ inline double column_sum(double value, double (*sums)[kWarp]) {
  __syncthreads();
  sums[warp_number()][lane_number()] = value;
  __syncthreads();
  double sum = 0;
  for (int w = 0; w < warp_count(); w++) sum += sums[w][lane_number()];
  __syncthreads();
  return sum;
}

}  // namespace

// batch (2, c) gets m and r; before (rows, c), unless it is null, u. count (2) is the number of batches so far. rows is
// at least 2. The parameters and the running statistics may lie in one allocation.
// Launch: c / 32 blocks of 16 warps, or fewer warps.
extern "C" __global__ void __launch_bounds__(512)
    batch_norm(const float* __restrict__ x, const float* scale, const float* shift, int32_t activation, int32_t rows,
               int32_t c, float* running_mean, float* running_variance, float* count, float* __restrict__ batch,
               float* __restrict__ before, float* __restrict__ y) {
  __shared__ double sums[kNormWarps][kWarp];
  const int column = static_cast<int>(blockIdx.x) * kWarp + lane_number();
  const bool here = column < c;
  double sum = 0;
  for (int r = warp_number(); here && r < rows; r += warp_count()) sum += x[static_cast<int64_t>(r) * c + column];
  const double mean = column_sum(sum, sums) / rows;
  double squares = 0;
  for (int r = warp_number(); here && r < rows; r += warp_count()) {
    const double t = x[static_cast<int64_t>(r) * c + column] - mean;
    squares += t * t;
  }
  squares = column_sum(squares, sums);
  if (!here) return;
  const float m = static_cast<float>(mean);
  const float inverse = static_cast<float>(1 / sqrt(squares / rows + static_cast<double>(kNormEpsilon)));
  const float factor = scale[column], offset = shift[column];
  if (warp_number() == 0) {
    batch[column] = m;
    batch[c + column] = inverse;
    const float variance = static_cast<float>(squares / (rows - 1));
    running_mean[column] = (1 - kNormMomentum) * running_mean[column] + kNormMomentum * m;
    running_variance[column] = (1 - kNormMomentum) * running_variance[column] + kNormMomentum * variance;
    if (column == 0) {
      const bool full = count[0] + 1 == kCountBase;
      count[0] = full ? 0 : count[0] + 1;
      if (full) count[1] += 1;
    }
  }
  for (int r = warp_number(); r < rows; r += warp_count()) {
    const int64_t at = static_cast<int64_t>(r) * c + column;
    store_activated((x[at] - m) * inverse * factor + offset, activation, at, before, y);
  }
}

// batch (2, c) holds m and r; kept (rows, c) is what the activation keeps, which is not read with kIdentity.
// Launch: as batch_norm.
extern "C" __global__ void __launch_bounds__(512)
    batch_norm_backward(const float* __restrict__ x, const float* __restrict__ scale, const float* __restrict__ batch,
                        const float* __restrict__ kept, int32_t activation, int32_t rows, int32_t c,
                        float* __restrict__ dscale, float* __restrict__ dshift, float* __restrict__ dy) {
  __shared__ double sums[kNormWarps][kWarp];
  const int column = static_cast<int>(blockIdx.x) * kWarp + lane_number();
  const bool here = column < c;
  const float m = here ? batch[column] : 0, inverse = here ? batch[c + column] : 0;
  double sum = 0, products = 0;
  for (int r = warp_number(); here && r < rows; r += warp_count()) {
    const int64_t at = static_cast<int64_t>(r) * c + column;
    const float g = before_activation(dy[at], activation != kIdentity ? kept[at] : 1, activation);
    dy[at] = g;
    sum += g;
    products += static_cast<double>(g) * ((x[at] - m) * inverse);
  }
  sum = column_sum(sum, sums);
  products = column_sum(products, sums);
  if (!here) return;
  if (warp_number() == 0) {
    dshift[column] += static_cast<float>(sum);
    dscale[column] += static_cast<float>(products);
  }
  const float factor = scale[column] * inverse;
  const float mean = static_cast<float>(sum / rows), slope = static_cast<float>(products / rows);
  for (int r = warp_number(); r < rows; r += warp_count()) {
    const int64_t at = static_cast<int64_t>(r) * c + column;
    // The same thread wrote g.
    dy[at] = factor * (dy[at] - mean - (x[at] - m) * inverse * slope);
  }
}

// y (rows, c) in its place.
// Launch: any number of threads.
extern "C" __global__ void batch_norm_running(const float* __restrict__ scale, const float* __restrict__ shift,
                                              const float* __restrict__ running_mean,
                                              const float* __restrict__ running_variance, int32_t activation,
                                              int64_t values, int32_t c, float* __restrict__ y) {
  for (int64_t i = grid_thread(); i < values; i += grid_threads()) {
    const int column = static_cast<int>(i % c);
    const float inverse = 1 / sqrtf(running_variance[column] + kNormEpsilon);
    y[i] = activated((y[i] - running_mean[column]) * inverse * scale[column] + shift[column], activation);
  }
}

}  // namespace gputae
