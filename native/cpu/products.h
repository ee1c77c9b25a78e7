// The forward product of a dense layer: y (rows, out) = b (out) + x (rows, in) w (out, in)^T.
//
// Each number of y is one chain of multiply-adds in ascending order of the inputs, which begins with the bias. So its
// bits depend on its own row of x and on the weights alone, not on the place of the row, the number of rows or the
// number of threads. Equal images of a batch get embeddings with equal bits; otherwise the death time between them
// would get a direction made of rounding errors.
//
// The outputs are taken in panels of a few registers. A panel of the weights is transposed into memory of its own, some
// inputs at a time. A block is some rows of y on one panel. Its sums stay in registers over all inputs of a panel.
#pragma once

#include "simd.h"

namespace gputae::GPUTAE_NAMESPACE {

// The registers of a panel at most, and for each number of registers the rows of a block at most. The sums, one row of
// the panel and one number of x fill the processor's registers.
#if defined(__AVX512F__)
constexpr int kPanelRegisters = 4;
constexpr int kBlockRows[kPanelRegisters + 1] = {0, 12, 12, 8, 6};
#else
constexpr int kPanelRegisters = 2;
constexpr int kBlockRows[kPanelRegisters + 1] = {0, 6, 6};
#endif

// Numbers in a panel: 24 KiB, which leave room for x in a first-level cache of 32 KiB.
constexpr int64_t kPanelFloats = 6144;

// One block. panel (inputs, registers x kWidth) holds the weights; the rows of x and y are x_row and y_row numbers
// apart.
struct Block {
  int64_t inputs;
  const float* x;
  int64_t x_row;
  const float* panel;
  const float* start;  // its rows are start_row numbers apart, 0 for the bias
  int64_t start_row;
  float* y;
  int64_t y_row;
  Mask last;  // the lanes of the last register that are outputs
};

// y = start + x panel for kRows rows and kRegisters registers.
template <int kRows, int kRegisters>
static void multiply(const Block& block) {
  Lanes sums[kRows][kRegisters];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; i++) {
    const float* start = block.start + i * block.start_row;
#pragma GCC unroll 16
    for (int j = 0; j < kRegisters - 1; j++) sums[i][j] = load(start + j * kWidth);
    sums[i][kRegisters - 1] = load_where(block.last, start + (kRegisters - 1) * kWidth);
  }
  const float* x = block.x;
  const float* panel = block.panel;
  const int64_t x_row = block.x_row;
  for (int64_t k = block.inputs; k > 0; k--) {
    Lanes weights[kRegisters];
#pragma GCC unroll 16
    for (int j = 0; j < kRegisters; j++) weights[j] = load(panel + j * kWidth);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; i++) {
      const Lanes input = broadcast(x[i * x_row]);
#pragma GCC unroll 16
      for (int j = 0; j < kRegisters; j++) sums[i][j] = multiply_add(input, weights[j], sums[i][j]);
    }
    x++;
    panel += kRegisters * kWidth;
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; i++) {
    float* y = block.y + i * block.y_row;
#pragma GCC unroll 16
    for (int j = 0; j < kRegisters - 1; j++) store(y + j * kWidth, sums[i][j]);
    store_where(block.last, y + (kRegisters - 1) * kWidth, sums[i][kRegisters - 1]);
  }
}

using Multiply = void (*)(const Block&);

// The function for blocks of `rows` rows.
template <int kRegisters, int... kLess>
static inline Multiply multiply_for(int64_t rows, std::integer_sequence<int, kLess...>) {
  static constexpr Multiply kAll[] = {multiply<kLess + 1, kRegisters>...};
  return kAll[rows - 1];
}

template <int kRegisters = kPanelRegisters>
static inline Multiply multiply_for(int64_t rows, int64_t registers) {
  if constexpr (kRegisters > 1) {
    if (registers < kRegisters) return multiply_for<kRegisters - 1>(rows, registers);
  }
  return multiply_for<kRegisters>(rows, std::make_integer_sequence<int, kBlockRows[kRegisters]>());
}

// panel (inputs, registers x kWidth) = the transpose of w (outputs, inputs), whose rows are w_row numbers apart.
// Columns that are no outputs become zeros.
static inline void pack(const float* w, int64_t w_row, int64_t inputs, int64_t outputs, int64_t registers,
                        float* panel) {
  const int64_t width = registers * kWidth;
  for (int64_t k = 0; k < inputs; k += kWidth) {
    const int64_t steps = inputs - k < kWidth ? inputs - k : kWidth;
    for (int64_t j = 0; j < width; j += kWidth) {
      const float* from = w + j * w_row + k;
      float* to = panel + k * width + j;
      Lanes square[kWidth];
      if (steps == kWidth && j + kWidth <= outputs) {
#pragma GCC unroll 16
        for (int i = 0; i < kWidth; i++) square[i] = load(from + i * w_row);
        transpose(square);
#pragma GCC unroll 16
        for (int i = 0; i < kWidth; i++) store(to + i * width, square[i]);
      } else {
        for (int i = 0; i < kWidth; i++)
          square[i] = j + i < outputs ? load_where(first_lanes(steps), from + i * w_row) : broadcast(0);
        transpose(square);
        for (int64_t i = 0; i < steps; i++) store(to + i * width, square[i]);
      }
    }
  }
}

// Computes y, and calls finish(y, rows, outputs) for each block when it is complete, while it is in the cache.
template <typename Finish>
static inline void forward_product(const float* x, const float* w, const float* b, float* y, int64_t rows, int64_t in,
                                   int64_t out, Finish finish) {
  alignas(64) float panel[kPanelFloats];
  const int64_t registers = (out + kWidth - 1) / kWidth;
  // Panels, blocks and depths have nearly equal sizes: a narrow rest would be slower than its share of the work.
  const int panels = static_cast<int>((registers + kPanelRegisters - 1) / kPanelRegisters);
  constexpr int64_t kMostInputs = kPanelFloats / (kPanelRegisters * kWidth);
  const int depths = static_cast<int>((in + kMostInputs - 1) / kMostInputs);
  for (int d = 0; d < depths; d++) {
    const Share deep = share(in, 1, d, depths);
    const int64_t inputs = deep.last - deep.first;
    for (int q = 0; q < panels; q++) {
      const Share wide = share(registers, 1, q, panels);
      const int64_t own = wide.last - wide.first, column = wide.first * kWidth;
      const int64_t outputs = (out < wide.last * kWidth ? out : wide.last * kWidth) - column;
      pack(w + column * in + deep.first, in, inputs, outputs, own, panel);
      const int blocks = static_cast<int>((rows + kBlockRows[own] - 1) / kBlockRows[own]);
      for (int r = 0; r < blocks; r++) {
        const Share tall = share(rows, 1, r, blocks);
        const int64_t count = tall.last - tall.first;
        float* to = y + tall.first * out + column;
        const bool begins = d == 0, ends = d == depths - 1;
        multiply_for(count, own)({inputs, x + tall.first * in + deep.first, in, panel, begins ? b + column : to,
                                  begins ? 0 : out, to, out, first_lanes(outputs - (own - 1) * kWidth)});
        if (ends) finish(to, count, outputs);
      }
    }
  }
}

}  // namespace gputae::GPUTAE_NAMESPACE
