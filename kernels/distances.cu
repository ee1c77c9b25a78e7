// The matrix of squared lengths under the exact rule (exact_distance.h): out (n, n) from x (n, d).
//
// A block computes 32 x 32 squared lengths. Each lane has one column, each warp four rows. Coordinates come in chunks
// of 32, which are also the chunks of the rule, so the sum of a thread over a chunk stays in a register.
// Launch: grid (n / 32, rows of blocks), 256 threads. The first row of blocks computes the rows of out from first_row
// on, which is a multiple of 32.
#include "device.h"
#include "exact_distance.h"

namespace gputae {

extern "C" __global__ void __launch_bounds__(256)
    squared_distances(const float* __restrict__ x, int32_t n, int32_t d, int32_t first_row, float* __restrict__ out) {
  constexpr int kSide = kWarp, kRows = 4;
  // `columns` is coordinate-major with one float of padding, so that the lanes of a warp use different banks, both when
  // they store and when they read.
  __shared__ float rows[kSide][kDistanceChunk], columns[kDistanceChunk][kSide + 1];
  const int block_row = first_row + static_cast<int>(blockIdx.y) * kSide;
  const int first_column = static_cast<int>(blockIdx.x) * kSide;
  const int lane = lane_number(), warp = warp_number();
  float s[kRows] = {};
  for (int chunk = 0; chunk < d; chunk += kDistanceChunk) {
    const int width = d - chunk < kDistanceChunk ? d - chunk : kDistanceChunk;
    __syncthreads();  // all threads have read the previous chunk
    for (int r = warp; r < kSide; r += warp_count()) {
      // Points beyond the last one are read as 0, so that no read leaves x. Their results are never stored.
      rows[r][lane] = block_row + r < n && lane < width ? x[static_cast<int64_t>(block_row + r) * d + chunk + lane] : 0;
      columns[lane][r] =
          first_column + r < n && lane < width ? x[static_cast<int64_t>(first_column + r) * d + chunk + lane] : 0;
    }
    __syncthreads();
    for (int r = 0; r < kRows; r++) {
      float c = 0;
      for (int k = 0; k < width; k++) {
        const float t = rows[warp * kRows + r][k] - columns[k][lane];
        c = fused_multiply_add(t, t, c);
      }
      s[r] = s[r] + c;
    }
  }
  for (int r = 0; r < kRows; r++) {
    const int row = block_row + warp * kRows + r, column = first_column + lane;
    if (row < n && column < n) out[static_cast<int64_t>(row) * n + column] = s[r];
  }
}

}  // namespace gputae
