// Two dense layers one after the other, both narrow, in one launch forward and two backward. With x (rows, in), w1
// (middle, in), b1 (middle), w2 (out, middle), b2 (out), y1 and dy1 (rows, middle), y2 and dy2 (rows, out):
//
//   dense_pair_forward    v1 = x w1^T + b1,  y1 = activation1(v1),  v2 = y1 w2^T + b2,  y2 = activation2(v2)
//   dense_pair_backward   g2 = (dy2 + more) activation2'(v2), which replaces dy2;
//                         g1 = (g2 w2) activation1'(v1), which dy1 gets;  dx = g1 w1
//   dense_pair_gradients  dw1 += g1^T x,  db1 += column sums of g1,  dw2 += g2^T y1,  db2 += column sums of g2
//
// A row of a layer depends on the same row of the layer before. So a block computes four rows of both layers, and what
// is between the layers stays in shared memory: a step has fewer launches that wait for each other. Sums have the order
// of kernels/dense.cu, so both ways give the same bits. No layer is wider than kPairWidth: up to this width one warp
// computes a tile there, and has the whole inner dimension.
#include "dense.h"

namespace gputae {

namespace {

constexpr int kPairWidth = 160;
constexpr int kPairForwardThreads = 512;
constexpr int kPairBatch = kPairWidth / kBackwardSlices;  // all loads of a column

}  // namespace

// Unless they are null, before1 and before2 get v1 and v2.
// Launch: one block for four rows, up to kPairForwardThreads threads. Each warp computes one tile of 4 x 4 outputs
// after the other.
extern "C" __global__ void __launch_bounds__(kPairForwardThreads)
    dense_pair_forward(const float* __restrict__ x, const float* __restrict__ w1, const float* __restrict__ b1,
                       int32_t activation1, const float* __restrict__ w2, const float* __restrict__ b2,
                       int32_t activation2, int32_t rows, int32_t in, int32_t middle, int32_t out,
                       float* __restrict__ before1, float* __restrict__ y1, float* __restrict__ before2,
                       float* __restrict__ y2) {
  __shared__ float between[kSide][kPairWidth];
  const int row = static_cast<int>(blockIdx.x) * kSide;
  const int place = lane_number() / 2;
  const int r = place / kSide;
  const float* inputs[kSide];
  const float* weights[kSide];
  point_to_rows(x, row, rows, in, inputs);
  for (int first = warp_number() * kSide; first < middle; first += warp_count() * kSide) {
    point_to_rows(w1, first, middle, in, weights);
    const float sum = sum_tile(inputs, weights, in, 0, 1);
    const int c = first + place % kSide;
    if (lane_number() % 2 == 0 && c < middle) {
      const float before = sum + b1[c];
      if (row + r < rows) {
        between[r][c] = store_activated(before, activation1, static_cast<int64_t>(row + r) * middle + c, before1, y1);
      } else {
        between[r][c] = activated(before, activation1);
      }
    }
  }
  __syncthreads();
#pragma unroll
  for (int i = 0; i < kSide; i++) inputs[i] = between[i];
  for (int first = warp_number() * kSide; first < out; first += warp_count() * kSide) {
    point_to_rows(w2, first, out, middle, weights);
    const float sum = sum_tile(inputs, weights, middle, 0, 1);
    const int c = first + place % kSide;
    if (lane_number() % 2 == 0 && row + r < rows && c < out) {
      store_activated(sum + b2[c], activation2, static_cast<int64_t>(row + r) * out + c, before2, y2);
    }
  }
}

// more (rows, out) may be null. kept1 and kept2 are what the activations keep. With kIdentity, they are not read and
// may be null.
// Launch: one block for four rows, 16 x tiles warps, 1 or 2 tiles. A tile is 32 columns of dy1 or of dx.
extern "C" __global__ void __launch_bounds__(1024)
    dense_pair_backward(const float* __restrict__ w1, const float* __restrict__ kept1, int32_t activation1,
                        const float* __restrict__ w2, const float* __restrict__ kept2, int32_t activation2,
                        const float* __restrict__ more, int32_t rows, int32_t in, int32_t middle, int32_t out,
                        float* dy2, float* __restrict__ dy1, float* __restrict__ dx) {
  __shared__ __align__(16) float g2[kPairWidth][kSide];
  __shared__ __align__(16) float g1[kPairWidth][kSide];
  __shared__ float partial[kMostThreads / kWarp][kSide][kWarp];
  const int row = static_cast<int>(blockIdx.x) * kSide;
  const int threads = static_cast<int>(blockDim.x);
  // Until its place gets g1, it holds kept1, so that all loads wait for memory together. 1 stands for no activation.
  for (int t = static_cast<int>(threadIdx.x); t < middle * kSide; t += threads) {
    const int i = t / middle, c = t % middle;
    const bool reads = row + i < rows && activation1 != kIdentity;
    g1[c][i] = reads ? kept1[static_cast<int64_t>(row + i) * middle + c] : 1;
  }
  for (int t = static_cast<int>(threadIdx.x); t < out * kSide; t += threads) {
    const int i = t / out, c = t % out;
    const int64_t at = static_cast<int64_t>(row + i) * out + c;
    if (row + i >= rows) {
      g2[c][i] = 0;
      continue;
    }
    const float gradient = more == nullptr ? dy2[at] : dy2[at] + more[at];
    g2[c][i] = before_activation(gradient, activation2 != kIdentity ? kept2[at] : 1, activation2);
    if (more != nullptr || activation2 != kIdentity) dy2[at] = g2[c][i];
  }
  __syncthreads();
  const int columns = warp_count() / kBackwardSlices * kWarp;
  multiply_back<kPairBatch>(g2, out, w2, middle, 0, columns, partial, [&](int i, int column, float sum) {
    g1[column][i] = before_activation(sum, g1[column][i], activation1);
    if (row + i < rows) dy1[static_cast<int64_t>(row + i) * middle + column] = g1[column][i];
  });
  multiply_back<kPairBatch>(g1, middle, w1, in, 0, columns, partial, [&](int i, int column, float sum) {
    if (row + i < rows) dx[static_cast<int64_t>(row + i) * in + column] = sum;
  });
}

// Launch: grid (tiles of the outputs of the wider layer, in / 32 + middle / 32), 8 warps, each quotient rounded up. A
// tile is 4 outputs and 32 inputs. The first in / 32 blocks along y belong to the first layer.
extern "C" __global__ void __launch_bounds__(256)
    dense_pair_gradients(const float* __restrict__ x, const float* __restrict__ g1, const float* __restrict__ y1,
                         const float* __restrict__ g2, int32_t rows, int32_t in, int32_t middle, int32_t out,
                         float* __restrict__ dw1, float* __restrict__ db1, float* __restrict__ dw2,
                         float* __restrict__ db2) {
  const int outputs = static_cast<int>(blockIdx.x), inputs = static_cast<int>(blockIdx.y);
  const int firsts = (in + kWarp - 1) / kWarp;
  const bool first = inputs < firsts;
  if (outputs * kSide >= (first ? middle : out)) return;
  add_gradients(first ? x : y1, nullptr, kIdentity, first ? g1 : g2, rows, first ? in : middle, first ? middle : out,
                outputs, first ? inputs : inputs - firsts, first ? dw1 : dw2, first ? db1 : db2);
}

}  // namespace gputae
