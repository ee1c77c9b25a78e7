// A dense layer and its backward pass for few rows, or few columns. The forward pass is one launch, the backward pass
// two. With x (rows, in), w (out, in), b (out), y and dy (rows, out):
//
//   dense_forward    v = x w^T + b,  y = activation(v)
//   dense_backward   g = dy activation'(v), which replaces dy;  dx = g w
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
#include "dense.h"

namespace gputae {

namespace {

constexpr int kForwardWarps = 8;

// Number of loads of a thread of dense_backward that wait for memory together. With 16 slices, 784 outputs take four
// rounds.
constexpr int kBackwardBatch = 16;
// Number of gradients of a row that shared memory holds at a time. Wider layers take several turns.
constexpr int kBackwardPart = 1024;

}  // namespace

// y = activation(x w^T + b). Unless `before` is null, it gets x w^T + b.
// Launch: grid (rows / 4, columns of tiles / tiles in a block), slices x tiles warps, at most 8. A tile is 4 x 4
// outputs. The lanes of a warp share the inner dimension. A tile has 1 to 8 warps, its slices; each takes every
// slices-th step of 32.
extern "C" __global__ void __launch_bounds__(256, 4)
    dense_forward(const float* __restrict__ x, const float* __restrict__ w, const float* __restrict__ b,
                  int32_t activation, int32_t rows, int32_t in, int32_t out, int32_t slices, float* __restrict__ before,
                  float* __restrict__ y) {
  __shared__ float partial[kForwardWarps][kSide * kSide];
  const int lane = lane_number();
  const int slice = warp_number() % slices;
  const int tile = static_cast<int>(blockIdx.y) * (warp_count() / slices) + warp_number() / slices;
  const int row = static_cast<int>(blockIdx.x) * kSide;
  const int column = tile * kSide;
  const float* inputs[kSide];
  const float* weights[kSide];
  point_to_rows(x, row, rows, in, inputs);
  point_to_rows(w, column, out, in, weights);
  float sum = sum_tile(inputs, weights, in, slice, slices);
  const int place = lane / 2;
  if (slices > 1) {
    if (lane % 2 == 0) partial[warp_number()][place] = sum;
    __syncthreads();
    if (slice > 0) return;
    for (int s = 1; s < slices; s++) sum += partial[warp_number() + s][place];
  }
  const int r = row + place / kSide, c = column + place % kSide;
  if (lane % 2 == 0 && r < rows && c < out) {
    store_activated(sum + b[c], activation, static_cast<int64_t>(r) * out + c, before, y);
  }
}

// dy becomes g, and dx (rows, in) = g w. kept (rows, out) is what the activation keeps. With kIdentity dy is already g,
// and kept is not read and may be null.
// Launch: grid (rows / 4, n), 16 slices x tiles warps, 1 or 2 tiles. A block has four rows. A tile is 32 columns of dx,
// one for each lane. n blocks share the columns. n is 1 unless activation is kIdentity, because another block would
// read values of dy that this block has replaced.
extern "C" __global__ void __launch_bounds__(1024)
    dense_backward(const float* __restrict__ w, const float* __restrict__ kept, int32_t activation, int32_t rows,
                   int32_t in, int32_t out, float* dy, float* __restrict__ dx) {
  __shared__ __align__(16) float g[kBackwardPart][kSide];
  __shared__ float partial[kMostThreads / kWarp][kSide][kWarp];
  const int row = static_cast<int>(blockIdx.x) * kSide;
  const int thread = static_cast<int>(threadIdx.x);
  for (int first = 0; first < out; first += kBackwardPart) {
    const int count = min(out - first, kBackwardPart);
    for (int o = thread; o < count; o += static_cast<int>(blockDim.x)) {
      const int64_t place = static_cast<int64_t>(row) * out + first + o;
      float value[kSide], after[kSide];
#pragma unroll
      for (int i = 0; i < kSide; i++) {
        const int64_t at = place + static_cast<int64_t>(i) * out;
        value[i] = row + i < rows ? dy[at] : 0;
        after[i] = row + i < rows && activation != kIdentity ? kept[at] : 1;
      }
      before_activations(value, after, activation);
#pragma unroll
      for (int i = 0; i < kSide; i++) {
        g[o][i] = value[i];
        if (row + i < rows && activation != kIdentity) dy[place + static_cast<int64_t>(i) * out] = g[o][i];
      }
    }
    __syncthreads();
    const int columns = warp_count() / kBackwardSlices * kWarp;
    multiply_back<kBackwardBatch>(g, count, w + static_cast<int64_t>(first) * in, in,
                                  static_cast<int>(blockIdx.y) * columns, static_cast<int>(gridDim.y) * columns,
                                  partial, [=](int i, int column, float sum) {
                                    if (row + i >= rows) return;
                                    float* const target = dx + static_cast<int64_t>(row + i) * in + column;
                                    // The same thread wrote the sum of the earlier parts.
                                    *target = first > 0 ? *target + sum : sum;
                                  });
  }
}

// dw += g^T x and db += column sums of g, where g is the gradient before the activation. dy does not change. kept
// (rows, out) is what the activation keeps. With kIdentity, it is not read and may be null.
// Launch: grid (out / 4, in / 32), 8 warps. A warp has 4 outputs and 32 inputs, one input for each lane. Each warp
// takes every eighth row. The blocks of the first 32 inputs compute db.
extern "C" __global__ void __launch_bounds__(256)
    dense_gradients(const float* __restrict__ x, const float* __restrict__ kept, int32_t activation,
                    const float* __restrict__ dy, int32_t rows, int32_t in, int32_t out, float* __restrict__ dw,
                    float* __restrict__ db) {
  add_gradients(x, kept, activation, dy, rows, in, out, static_cast<int>(blockIdx.x), static_cast<int>(blockIdx.y), dw,
                db);
}

}  // namespace gputae
