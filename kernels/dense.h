// What the kernels of dense layers for few rows share: the tile of a forward pass, the columns of a gradient of the
// input, and the tile of the gradients of weights. Kernels that use the same function give the same bits.
#pragma once

#include "activation.h"
#include "device.h"
#include "exact_distance.h"

namespace gputae {
namespace {

// Number of rows of y that one warp computes, and its number of columns of y, except in gradients of inputs.
constexpr int kSide = 4;

// Two steps along the inner dimension wait for memory together. These are 16 loads of a thread, and all steps of a
// layer with 64 inputs.
constexpr int kForwardBatch = 2;

// Number of warps that share the inner dimension of dx. Sharing it puts more loads under way. The number is fixed, so
// that sums never change.
constexpr int kBackwardSlices = 16;

// Number of warps that share the rows in the sums of dw.
constexpr int kGradientSlices = 8;
constexpr int kGradientBatch = 8;
// Number of rows of g that shared memory holds at a time.
constexpr int kGradientPart = 256;

// Adds g[o] w[o] to the sums of one column of dx, for kBatch outputs, every 16th from o on. kWhole is true if all these
// outputs are below count. weights points to the column, whose rows are `in` floats apart.
template <int kBatch, bool kWhole>
__device__ inline void add_batch(const float (*g)[kSide], int o, int count, const float* __restrict__ weights, int in,
                                 float* sums) {
  float weight[kBatch];
#pragma unroll
  for (int u = 0; u < kBatch; u++) {
    const int at = o + u * kBackwardSlices;
    weight[u] = kWhole || at < count ? weights[static_cast<int64_t>(at) * in] : 0;
  }
#pragma unroll
  for (int u = 0; u < kBatch; u++) {
    const int at = o + u * kBackwardSlices;
    if (kWhole || at < count) {
#pragma unroll
      for (int i = 0; i < kSide; i++) sums[i] = fused_multiply_add(g[at][i], weight[u], sums[i]);
    }
  }
}

// The rows of a matrix (rows, columns) that one warp reads for its tile, from `first` on. Beyond the ends, the last row
// is read again.
__device__ inline void point_to_rows(const float* __restrict__ matrix, int first, int rows, int columns,
                                     const float* (&pointers)[kSide]) {
#pragma unroll
  for (int i = 0; i < kSide; i++) pointers[i] = matrix + static_cast<int64_t>(min(first + i, rows - 1)) * columns;
}

// The sums over the inner dimension of a tile of 4 x 4 outputs: inputs points to the four rows, weights to the four
// columns. The lanes of a warp share the inner dimension. The warp takes every slices-th step of 32, from the one with
// its number `slice` on. The sum of row place / 4 and column place % 4 comes to the lanes 2 place and 2 place + 1.
__device__ inline float sum_tile(const float* const (&inputs)[kSide], const float* const (&weights)[kSide], int in,
                                 int slice, int slices) {
  const int lane = lane_number();
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
  return sums[0] + __shfl_xor_sync(kAllLanes, sums[0], 1);
}

// The columns of g w, w (count, in), for four rows of g: take(i, column, sum) gets row i. The gradients g of all
// outputs are in shared memory. A tile is 32 columns, one for each lane; its 16 warps share the outputs. The block has
// one or two tiles, takes its first columns from column on, and goes on `step` columns later. partial is shared memory
// with a place for each warp. kBatch loads of a thread wait for memory together. All threads of the block call this
// function, after a barrier; it ends with one.
template <int kBatch, typename Take>
__device__ inline void multiply_back(const float (*g)[kSide], int count, const float* __restrict__ w, int in,
                                     int column, int step, float (*partial)[kSide][kWarp], Take take) {
  const int lane = lane_number();
  const int slice = warp_number() % kBackwardSlices;
  const int tile = warp_number() / kBackwardSlices;
  const int tiles = warp_count() / kBackwardSlices;
  for (; column < in; column += step) {
    // Beyond the last column, the last column is read again.
    const float* const weights = w + min(column + tile * kWarp + lane, in - 1);
    float sums[kSide] = {};
    int o = slice;
    for (; o + (kBatch - 1) * kBackwardSlices < count; o += kBatch * kBackwardSlices) {
      add_batch<kBatch, true>(g, o, count, weights, in, sums);
    }
    if (o < count) add_batch<kBatch, false>(g, o, count, weights, in, sums);
#pragma unroll
    for (int i = 0; i < kSide; i++) partial[warp_number()][i][lane] = sums[i];
    __syncthreads();
    // One warp for each row of a tile adds up the slices.
    const int i = warp_number() % kSide, of = warp_number() / kSide;
    const int to = column + of * kWarp + lane;
    if (of < tiles && to < in) {
      float sum = 0;
#pragma unroll
      for (int s = 0; s < kBackwardSlices; s++) sum += partial[of * kBackwardSlices + s][i][lane];
      take(i, to, sum);
    }
    __syncthreads();
  }
}

// dw += g^T x and db += column sums of g, where g is the gradient before the activation, for 4 outputs and 32 inputs:
// those of the tile (outputs, inputs). The tiles of the first 32 inputs compute db. Every warp takes every eighth row,
// and every lane one input. All threads of a block of 8 warps call this function. kept (rows, out) is what the
// activation keeps. With kIdentity, it is not read and may be null.
__device__ inline void add_gradients(const float* __restrict__ x, const float* __restrict__ kept, int32_t activation,
                                     const float* __restrict__ dy, int32_t rows, int32_t in, int32_t out, int outputs,
                                     int inputs, float* __restrict__ dw, float* __restrict__ db) {
  __shared__ __align__(16) float g[kGradientPart][kSide];
  __shared__ float partial[kGradientSlices][kSide][kWarp];
  __shared__ float bias[kGradientSlices][kSide];
  const int lane = lane_number();
  const int slice = warp_number();
  const int column = inputs * kWarp + lane;
  const int output = outputs * kSide;
  const int thread = static_cast<int>(threadIdx.x);
  float sums[kSide] = {}, biases[kSide] = {};
  for (int first = 0; first < rows; first += kGradientPart) {
    const int count = min(rows - first, kGradientPart);
    for (int t = thread; t < count * kSide; t += static_cast<int>(blockDim.x)) {
      const int r = t / kSide, o = output + t % kSide;
      const int64_t at = static_cast<int64_t>(first + r) * out + o;
      const float value = o < out ? dy[at] : 0;
      const float after = o < out && activation != kIdentity ? kept[at] : 1;
      g[r][t % kSide] = before_activation(value, after, activation);
    }
    __syncthreads();
    for (int r = slice; r < count; r += kGradientBatch * kGradientSlices) {
      float values[kGradientBatch];
#pragma unroll
      for (int u = 0; u < kGradientBatch; u++) {
        const int at = r + u * kGradientSlices;
        values[u] = at < count ? x[static_cast<int64_t>(first + at) * in + min(column, in - 1)] : 0;
      }
#pragma unroll
      for (int u = 0; u < kGradientBatch; u++) {
        const int at = r + u * kGradientSlices;
        if (at < count) {
#pragma unroll
          for (int i = 0; i < kSide; i++) {
            sums[i] = fused_multiply_add(g[at][i], values[u], sums[i]);
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
  if (inputs == 0 && lane == 0) {
    sum = 0;
#pragma unroll
    for (int s = 0; s < kGradientSlices; s++) sum += bias[s][slice];
    db[o] += sum;
  }
}

}  // namespace
}  // namespace gputae
