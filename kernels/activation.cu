// The parts of a dense layer y = activation(x w^T + b) around its matrix products, with w (out, in) and y (rows, out).
// The forward pass adds the bias and applies the activation after its product. The backward pass computes the
// activation's derivative and the bias's gradient before its products.
#include "activation.h"
#include "device.h"

namespace gputae {

// y = activation(y + b). Unless `before` is null, it gets y + b.
// Launch: one block for each row, any number of threads.
extern "C" __global__ void bias_activation(const float* __restrict__ b, int32_t activation, int32_t out,
                                           float* __restrict__ before, float* __restrict__ y) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * out;
  for (int j = static_cast<int>(threadIdx.x); j < out; j += static_cast<int>(blockDim.x)) {
    store_activated(y[row + j] + b[j], activation, row + j, before, y);
  }
}

// dy (rows, out) becomes the gradient before the activation. If one block sees all rows, it adds the column sums of
// this gradient to db (out). Otherwise each block stores its sums in partial (parts, out), for add_partial_sums. kept
// (rows, out) is what the activation keeps. With kIdentity, it is not read and may be null.
// Launch: grid (columns / 32, rows / rows_a_part), 256 threads. Each lane has one column. Each of the eight warps takes
// every eighth row.
extern "C" __global__ void __launch_bounds__(256)
    activation_backward(const float* __restrict__ kept, int32_t activation, int32_t rows, int32_t out,
                        int32_t rows_a_part, float* __restrict__ dy, float* __restrict__ partial,
                        float* __restrict__ db) {
  constexpr int kWarps = 8;
  // Number of rows that a thread loads before it uses them, so that the loads wait for memory together.
  constexpr int kRows = 8;
  __shared__ float sums[kWarps][kWarp];
  const int column = static_cast<int>(blockIdx.x) * kWarp + lane_number();
  const int first = static_cast<int>(blockIdx.y) * rows_a_part;
  const int last = rows - first < rows_a_part ? rows : first + rows_a_part;
  float sum = 0;
  if (column < out) {
    for (int r = first + warp_number(); r < last; r += kRows * kWarps) {
      const int64_t place = static_cast<int64_t>(r) * out + column;
      const int64_t step = static_cast<int64_t>(kWarps) * out;
      float g[kRows], value[kRows];
#pragma unroll
      for (int k = 0; k < kRows; k++) {
        const bool here = r + k * kWarps < last;
        g[k] = here ? dy[place + k * step] : 0;
        value[k] = here && activation != kIdentity ? kept[place + k * step] : 1;
      }
#pragma unroll
      for (int k = 0; k < kRows; k++) {
        g[k] = before_activation(g[k], value[k], activation);
        if (activation != kIdentity && r + k * kWarps < last) dy[place + k * step] = g[k];
        sum += g[k];
      }
    }
  }
  sums[warp_number()][lane_number()] = sum;
  __syncthreads();
  if (warp_number() == 0 && column < out) {
    for (int w = 1; w < kWarps; w++) sum += sums[w][lane_number()];
    if (gridDim.y == 1) {
      db[column] += sum;
    } else {
      partial[static_cast<int64_t>(blockIdx.y) * out + column] = sum;
    }
  }
}

// dy becomes the gradient before the activation; kept is what the activation keeps. Both have count values.
// Launch: any number of threads.
extern "C" __global__ void activation_derivative(const float* __restrict__ kept, int32_t activation, int64_t count,
                                                 float* __restrict__ dy) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) dy[i] = before_activation(dy[i], kept[i], activation);
}

// total (count) += the sum of the parts of partial (parts, count), in their order.
// Launch: at least count threads in all.
extern "C" __global__ void add_partial_sums(const float* __restrict__ partial, int32_t parts, int32_t count,
                                            float* __restrict__ total) {
  const int64_t j = grid_thread();
  if (j >= count) return;
  float sum = 0;
  for (int part = 0; part < parts; part++) sum += partial[static_cast<int64_t>(part) * count + j];
  total[j] += sum;
}

}  // namespace gputae
