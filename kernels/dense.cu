// A dense layer and its backward pass for few rows, or few columns. The forward pass is one launch, the backward pass
// two. With x (rows, in), w (out, in), b (out), y and dy (rows, out):
//
//   dense_forward    y = activation(x w^T + b)
//   dense_backward   g = dy activation'(y), which replaces dy;  dx = g w
//   dense_gradients  dw += g^T x,  db += column sums of g
//
// With some hundred rows a layer is about a microsecond of arithmetic. A training step is a chain of layers, and each
// layer waits for the one before it. So two numbers matter: the number of launches, and the number of loads of a thread
// that wait for memory together. A library's product needs two launches, because it splits the inner dimension and then
// adds up the parts. Bias and activation need a third launch.
//
// Lanes, slices and the inner dimension fix the order of a sum. The order is the same for every row, and for any number
// of rows, so equal rows give equal bits. Any shape with at least one row and one column works. Values beyond the ends
// are never stored.
#include "activation.h"
#include "device.h"
#include "exact_distance.h"

namespace gputae {
namespace {

// Number of rows of y that one warp computes, and in dense_forward and dense_gradients its number of columns of y.
constexpr int kSide = 4;

// Two steps along the inner dimension wait for memory together. These are 16 loads of a thread, and all steps of a
// layer with 64 inputs.
constexpr int kForwardBatch = 2;
constexpr int kForwardWarps = 8;

// Number of warps that share the inner dimension of dx. Sharing it puts more loads under way. The number is fixed, so
// that sums never change.
constexpr int kBackwardSlices = 16;
// Number of loads of a thread that wait for memory together. With the slices above, 784 outputs take four rounds.
constexpr int kBackwardBatch = 16;
// Number of gradients of a row that shared memory holds at a time. Wider layers take several turns.
constexpr int kBackwardPart = 1024;

// Number of warps that share the rows in the sums of dw.
constexpr int kGradientSlices = 8;
constexpr int kGradientBatch = 8;
// Number of rows of g that shared memory holds at a time.
constexpr int kGradientPart = 256;

// Adds g[o] w[o] to the sums of one column of dx, for a batch of every 16th output from o on. kWhole is true if all
// these outputs are below count. weights points to the column, whose rows are `in` floats apart.
template <bool kWhole>
__device__ inline void add_batch(const float (*g)[kSide], int o, int count, const float* __restrict__ weights, int in,
                                 float* sums) {
  float weight[kBackwardBatch];
#pragma unroll
  for (int u = 0; u < kBackwardBatch; u++) {
    const int at = o + u * kBackwardSlices;
    weight[u] = kWhole || at < count ? weights[static_cast<int64_t>(at) * in] : 0;
  }
#pragma unroll
  for (int u = 0; u < kBackwardBatch; u++) {
    const int at = o + u * kBackwardSlices;
    if (kWhole || at < count) {
#pragma unroll
      for (int i = 0; i < kSide; i++) sums[i] = fused_multiply_add(g[at][i], weight[u], sums[i]);
    }
  }
}

}  // namespace

// y = activation(x w^T + b).
// Launch: grid (rows / 4, columns of tiles / tiles in a block), slices x tiles warps, at most 8. A tile is 4 x 4
// outputs. The lanes of a warp share the inner dimension. A tile has 1 to 8 warps, its slices; each takes every
// slices-th step of 32.
extern "C" __global__ void __launch_bounds__(256, 4)
    dense_forward(const float* __restrict__ x, const float* __restrict__ w, const float* __restrict__ b,
                  int32_t activation, int32_t rows, int32_t in, int32_t out, int32_t slices, float* __restrict__ y) {
  __shared__ float partial[kForwardWarps][kSide * kSide];
  const int lane = lane_number();
  const int slice = warp_number() % slices;
  const int tile = static_cast<int>(blockIdx.y) * (warp_count() / slices) + warp_number() / slices;
  const int row = static_cast<int>(blockIdx.x) * kSide;
  const int column = tile * kSide;
  // Beyond the ends, the last row is read again.
  const float* inputs[kSide];
  const float* weights[kSide];
#pragma unroll
  for (int i = 0; i < kSide; i++) {
    inputs[i] = x + static_cast<int64_t>(min(row + i, rows - 1)) * in;
    weights[i] = w + static_cast<int64_t>(min(column + i, out - 1)) * in;
  }
  float sums[kSide * kSide] = {};
  const int stride = slices * kWarp;
  for (int k = slice * kWarp + lane; k - lane < in; k += kForwardBatch * stride) {
    float left[kForwardBatch][kSide], right[kForwardBatch][kSide];
#pragma unroll
    for (int u = 0; u < kForwardBatch; u++) {
      const int at = k + u * stride;
#pragma unroll
      for (int i = 0; i < kSide; i++) {
        left[u][i] = at < in ? inputs[i][at] : 0;
        right[u][i] = at < in ? weights[i][at] : 0;
      }
    }
#pragma unroll
    for (int u = 0; u < kForwardBatch; u++) {
#pragma unroll
      for (int i = 0; i < kSide * kSide; i++) {
        sums[i] = fused_multiply_add(left[u][i / kSide], right[u][i % kSide], sums[i]);
      }
    }
  }
  // Sums over the lanes. In each turn a lane gives half of its outputs to its partner, and takes the other half of the
  // partner's outputs, until two lanes have one output. This takes 16 shuffles instead of 5 for each of the 16 outputs.
#pragma unroll
  for (int turn = 0; turn < 4; turn++) {
    const int half = kSide * kSide >> (turn + 1);
    const bool upper = (lane & (2 * half)) != 0;
#pragma unroll
    for (int i = 0; i < half; i++) {
      const float first = sums[i], second = sums[half + i];
      sums[i] = (upper ? second : first) + __shfl_xor_sync(kAllLanes, upper ? first : second, 2 * half);
    }
  }
  float sum = sums[0] + __shfl_xor_sync(kAllLanes, sums[0], 1);
  const int place = lane / 2;
  if (slices > 1) {
    if (lane % 2 == 0) partial[warp_number()][place] = sum;
    __syncthreads();
    if (slice > 0) return;
    for (int s = 1; s < slices; s++) sum += partial[warp_number() + s][place];
  }
  const int r = row + place / kSide, c = column + place % kSide;
  if (lane % 2 == 0 && r < rows && c < out) {
    y[static_cast<int64_t>(r) * out + c] = activated(sum + b[c], activation);
  }
}

// dy becomes g, and dx (rows, in) = g w. With kIdentity dy is already g, and y is not read and may be null.
// Launch: grid (rows / 4, n), 16 slices x tiles warps, 1 or 2 tiles. A block has four rows. A tile is 32 columns of dx,
// one for each lane. n blocks share the columns. n is 1 unless activation is kIdentity, because another block would
// read values of dy that this block has replaced.
extern "C" __global__ void __launch_bounds__(1024)
    dense_backward(const float* __restrict__ w, const float* __restrict__ y, int32_t activation, int32_t rows,
                   int32_t in, int32_t out, float* dy, float* __restrict__ dx) {
  __shared__ __align__(16) float g[kBackwardPart][kSide];
  __shared__ float partial[kMostThreads / kWarp][kSide][kWarp];
  const int lane = lane_number();
  const int slice = warp_number() % kBackwardSlices;
  const int tile = warp_number() / kBackwardSlices;
  const int tiles = warp_count() / kBackwardSlices;
  const int row = static_cast<int>(blockIdx.x) * kSide;
  const int thread = static_cast<int>(threadIdx.x);
  for (int first = 0; first < out; first += kBackwardPart) {
    const int count = min(out - first, kBackwardPart);
    for (int o = thread; o < count; o += static_cast<int>(blockDim.x)) {
      float* const gradient = dy + static_cast<int64_t>(row) * out + first + o;
      const float* const output = activation == kElu ? y + static_cast<int64_t>(row) * out + first + o : nullptr;
      float value[kSide], after[kSide];
#pragma unroll
      for (int i = 0; i < kSide; i++) {
        const int64_t at = static_cast<int64_t>(i) * out;
        value[i] = row + i < rows ? gradient[at] : 0;
        after[i] = row + i < rows && activation == kElu ? output[at] : 1;
      }
#pragma unroll
      for (int i = 0; i < kSide; i++) {
        g[o][i] = before_elu(value[i], after[i]);
        if (row + i < rows && activation == kElu) gradient[static_cast<int64_t>(i) * out] = g[o][i];
      }
    }
    __syncthreads();
    const int columns = tiles * kWarp;
    for (int column = static_cast<int>(blockIdx.y) * columns; column < in;
         column += static_cast<int>(gridDim.y) * columns) {
      // Beyond the last column, the last column is read again.
      const float* const weights = w + static_cast<int64_t>(first) * in + min(column + tile * kWarp + lane, in - 1);
      float sums[kSide] = {};
      int o = slice;
      for (; o + (kBackwardBatch - 1) * kBackwardSlices < count; o += kBackwardBatch * kBackwardSlices) {
        add_batch<true>(g, o, count, weights, in, sums);
      }
      if (o < count) add_batch<false>(g, o, count, weights, in, sums);
#pragma unroll
      for (int i = 0; i < kSide; i++) partial[warp_number()][i][lane] = sums[i];
      __syncthreads();
      // One warp for each row of a tile adds up the slices.
      const int i = warp_number() % kSide, of = warp_number() / kSide;
      const int to = column + of * kWarp + lane;
      if (of < tiles && row + i < rows && to < in) {
        float sum = 0;
#pragma unroll
        for (int s = 0; s < kBackwardSlices; s++) sum += partial[of * kBackwardSlices + s][i][lane];
        float* const target = dx + static_cast<int64_t>(row + i) * in + to;
        // The same thread wrote the sum of the earlier parts.
        *target = first > 0 ? *target + sum : sum;
      }
      __syncthreads();
    }
  }
}

// dw += g^T x and db += column sums of g, with g = dy activation'(y). dy does not change. With kIdentity, y is not read
// and may be null.
// Launch: grid (out / 4, in / 32), 8 warps. A warp has 4 outputs and 32 inputs, one input for each lane. Each warp
// takes every eighth row. The blocks of the first 32 inputs compute db.
extern "C" __global__ void __launch_bounds__(256)
    dense_gradients(const float* __restrict__ x, const float* __restrict__ y, int32_t activation,
                    const float* __restrict__ dy, int32_t rows, int32_t in, int32_t out, float* __restrict__ dw,
                    float* __restrict__ db) {
  __shared__ __align__(16) float g[kGradientPart][kSide];
  __shared__ float partial[kGradientSlices][kSide][kWarp];
  __shared__ float bias[kGradientSlices][kSide];
  const int lane = lane_number();
  const int slice = warp_number();
  const int column = static_cast<int>(blockIdx.y) * kWarp + lane;
  const int output = static_cast<int>(blockIdx.x) * kSide;
  const int thread = static_cast<int>(threadIdx.x);
  float sums[kSide] = {}, biases[kSide] = {};
  for (int first = 0; first < rows; first += kGradientPart) {
    const int count = min(rows - first, kGradientPart);
    for (int t = thread; t < count * kSide; t += static_cast<int>(blockDim.x)) {
      const int r = t / kSide, o = output + t % kSide;
      const int64_t at = static_cast<int64_t>(first + r) * out + o;
      const float value = o < out ? dy[at] : 0;
      const float after = o < out && activation == kElu ? y[at] : 1;
      g[r][t % kSide] = before_elu(value, after);
    }
    __syncthreads();
    for (int r = slice; r < count; r += kGradientBatch * kGradientSlices) {
      float inputs[kGradientBatch];
#pragma unroll
      for (int u = 0; u < kGradientBatch; u++) {
        const int at = r + u * kGradientSlices;
        inputs[u] = at < count ? x[static_cast<int64_t>(first + at) * in + min(column, in - 1)] : 0;
      }
#pragma unroll
      for (int u = 0; u < kGradientBatch; u++) {
        const int at = r + u * kGradientSlices;
        if (at < count) {
#pragma unroll
          for (int i = 0; i < kSide; i++) {
            sums[i] = fused_multiply_add(g[at][i], inputs[u], sums[i]);
            biases[i] += g[at][i];
          }
        }
      }
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < kSide; i++) {
    partial[slice][i][lane] = sums[i];
    if (lane == 0) bias[slice][i] = biases[i];
  }
  __syncthreads();
  // One warp for each output adds up the slices.
  const int o = output + slice;
  if (slice >= kSide || o >= out) return;
  float sum = 0;
#pragma unroll
  for (int s = 0; s < kGradientSlices; s++) sum += partial[s][slice][lane];
  if (column < in) dw[static_cast<int64_t>(o) * in + column] += sum;
  if (blockIdx.y == 0 && lane == 0) {
    sum = 0;
#pragma unroll
    for (int s = 0; s < kGradientSlices; s++) sum += bias[s][slice];
    db[o] += sum;
  }
}

}  // namespace gputae
