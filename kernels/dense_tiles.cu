// Products of dense layers for many rows. With x (rows, in), w (out, in), b (out), g (rows, out):
//
//   dense_tiles_forward    y = activation(x w^T + b)
//   dense_tiles_backward   dx = g w
//
// A block computes a tile of 64 x 64 outputs. Its threads bring 16 steps of the inner dimension at a time to shared
// memory, so that each value that a block reads is used 64 times. While they multiply, the values of the next 16 steps
// are under way.
//
// Every output is one chain of fused multiply-adds in the order of the inner dimension. So equal rows give equal bits,
// for any number of rows. Any shape with at least one row and one column works; the inner dimension may be 0. Values
// beyond the ends are taken as 0, and are never stored.
#include "activation.h"
#include "device.h"
#include "exact_distance.h"

namespace gputae {
namespace {

constexpr int kTile = 64;
constexpr int kTileDepth = 16;
constexpr int kTileThreads = 256;
// A thread computes 4 neighbouring rows of its tile, and in them every 16th of the 64 columns.
constexpr int kTileRows = 4;
constexpr int kTileColumns = 4;
constexpr int kTileLanes = kTile / kTileColumns;
// Number of values that a thread brings for each of the two factors.
constexpr int kTileLoads = kTile * kTileDepth / kTileThreads;
// Rows of shared memory are so long that 16 steps of two neighbouring rows lie in 32 different banks.
constexpr int kTileStride = kTile + 2;

// Adds left right to the sums of the calling thread; left is (rows, inner). right is (columns, inner) if kTransposed is
// true, else (inner, columns).
template <bool kTransposed>
__device__ inline void add_tile(const float* __restrict__ left, const float* __restrict__ right, int rows, int inner,
                                int columns, float (*sums)[kTileColumns]) {
  __shared__ float lefts[kTileDepth][kTileStride];
  __shared__ float rights[kTileDepth][kTileStride];
  const int thread = static_cast<int>(threadIdx.x);
  const int first_row = static_cast<int>(blockIdx.x) * kTile;
  const int first_column = static_cast<int>(blockIdx.y) * kTile;
  float next_left[kTileLoads], next_right[kTileLoads];
  const auto fetch = [&](int from) {
#pragma unroll
    for (int i = 0; i < kTileLoads; i++) {
      const int at = thread + i * kTileThreads;
      const int row = first_row + at / kTileDepth, step = from + at % kTileDepth;
      next_left[i] = row < rows && step < inner ? left[static_cast<int64_t>(row) * inner + step] : 0;
      if (kTransposed) {
        const int column = first_column + at / kTileDepth;
        next_right[i] = column < columns && step < inner ? right[static_cast<int64_t>(column) * inner + step] : 0;
      } else {
        const int column = first_column + at % kTile, other_step = from + at / kTile;
        next_right[i] =
            column < columns && other_step < inner ? right[static_cast<int64_t>(other_step) * columns + column] : 0;
      }
    }
  };
  const int lane = thread % kTileLanes;
  const int row = thread / kTileLanes * kTileRows;
  fetch(0);
  for (int from = 0; from < inner; from += kTileDepth) {
#pragma unroll
    for (int i = 0; i < kTileLoads; i++) {
      const int at = thread + i * kTileThreads;
      lefts[at % kTileDepth][at / kTileDepth] = next_left[i];
      if (kTransposed) {
        rights[at % kTileDepth][at / kTileDepth] = next_right[i];
      } else {
        rights[at / kTile][at % kTile] = next_right[i];
      }
    }
    __syncthreads();
    fetch(from + kTileDepth);
#pragma unroll 4
    for (int k = 0; k < kTileDepth; k++) {
      float a[kTileRows], b[kTileColumns];
#pragma unroll
      for (int i = 0; i < kTileRows; i++) a[i] = lefts[k][row + i];
#pragma unroll
      for (int j = 0; j < kTileColumns; j++) b[j] = rights[k][lane + j * kTileLanes];
#pragma unroll
      for (int i = 0; i < kTileRows; i++) {
#pragma unroll
        for (int j = 0; j < kTileColumns; j++) sums[i][j] = fused_multiply_add(a[i], b[j], sums[i][j]);
      }
    }
    __syncthreads();
  }
}

// Calls store(row, column, sum) for the outputs of the calling thread that are within (rows, columns).
template <typename Store>
__device__ inline void for_each_output(int rows, int columns, const float (*sums)[kTileColumns], const Store& store) {
  const int thread = static_cast<int>(threadIdx.x);
  const int row = static_cast<int>(blockIdx.x) * kTile + thread / kTileLanes * kTileRows;
  const int column = static_cast<int>(blockIdx.y) * kTile + thread % kTileLanes;
#pragma unroll
  for (int i = 0; i < kTileRows; i++) {
#pragma unroll
    for (int j = 0; j < kTileColumns; j++) {
      const int to = column + j * kTileLanes;
      if (row + i < rows && to < columns) store(row + i, to, sums[i][j]);
    }
  }
}

}  // namespace

// y = activation(x w^T + b). Unless `before` is null, it gets x w^T + b.
// Launch: grid (rows / 64, out / 64), 256 threads.
extern "C" __global__ void __launch_bounds__(256, 2)
    dense_tiles_forward(const float* __restrict__ x, const float* __restrict__ w, const float* __restrict__ b,
                        int32_t activation, int32_t rows, int32_t in, int32_t out, float* __restrict__ before,
                        float* __restrict__ y) {
  float sums[kTileRows][kTileColumns] = {};
  add_tile<true>(x, w, rows, in, out, sums);
  for_each_output(rows, out, sums, [&](int row, int column, float sum) {
    store_activated(sum + b[column], activation, static_cast<int64_t>(row) * out + column, before, y);
  });
}

// dx (rows, in) = g w.
// Launch: grid (rows / 64, in / 64), 256 threads.
extern "C" __global__ void __launch_bounds__(256, 2)
    dense_tiles_backward(const float* __restrict__ g, const float* __restrict__ w, int32_t rows, int32_t in,
                         int32_t out, float* __restrict__ dx) {
  float sums[kTileRows][kTileColumns] = {};
  add_tile<false>(g, w, rows, out, in, sums);
  for_each_output(rows, in, sums,
                  [&](int row, int column, float sum) { dx[static_cast<int64_t>(row) * in + column] = sum; });
}

}  // namespace gputae
