// Products of matrices: c (rows, columns) = start + a (rows, depth) b (depth, columns).
//
// Each number of c is one chain of multiply-adds in ascending order of the depth, which begins with its number of
// `start`. So its bits depend on its own row of a and its own column of b alone, not on its place, the size of c or the
// number of threads. Equal images of a batch get embeddings with equal bits; otherwise the death time between them
// would get a direction made of rounding errors.
//
// The columns are taken in panels of a few registers, and the depth in pieces. A block is some rows of c on one panel.
// Its sums stay in registers over a piece of the depth. The numbers of b are read where they are, unless b is stored
// transposed, or the last register of a panel has lanes that are no columns. Then the piece of the panel is copied into
// memory of its own.
#pragma once

#include "simd.h"

namespace gputae::GPUTAE_NAMESPACE {

// The registers of a panel at most, and for each number of registers, from 1 on, the rows of a block at most. The sums,
// one row of the panel and one number of a fill the processor's registers.
#if defined(__AVX512F__)
constexpr int kPanelRegisters = 4;
constexpr int kBlockRows[kPanelRegisters + 1] = {1, 12, 12, 8, 6};
#elif defined(__AVX2__)
constexpr int kPanelRegisters = 3;
constexpr int kBlockRows[kPanelRegisters + 1] = {1, 8, 6, 4};
#else
constexpr int kPanelRegisters = 2;
constexpr int kBlockRows[kPanelRegisters + 1] = {1, 6, 6};
#endif
constexpr int64_t kPanelWidth = kPanelRegisters * kWidth;

// Numbers in the copy of a panel's piece: 64 KiB, which stay in a second-level cache.
constexpr int64_t kCopiedFloats = 16384;

// The most depth of a piece that is read where it is. Deeper pieces of a and b leave a first-level cache of 48 KiB
// before they are read again; with shallower ones the sums come from memory too often (measured: 32 to 512).
constexpr int64_t kDirectDepth = 96;

// Floats in a cache line.
constexpr int64_t kLineFloats = 16;

alignas(64) constexpr float kZeros[kPanelWidth] = {};

// The operands of a product; rows, columns and depth are at least 1, or nothing is computed.
struct Product {
  int64_t rows, columns, depth;
  const float* a;  // number (i, k) is a[i * a_row + k * a_step]
  int64_t a_row, a_step;
  const float* b;  // number (k, j) is b[k * b_row + j], or b[j * b_row + k] if b is stored transposed
  int64_t b_row;
  bool b_transposed;
  const float* start;  // (columns), the same for all rows; or c itself, and then c accumulates; or null for zeros
  float* c;            // number (i, j) is c[i * c_row + j]
  int64_t c_row;
};

// The operands of one block.
struct Block {
  int64_t depth;
  const float* a;
  int64_t a_row, a_step;
  const float* panel;
  int64_t panel_row;
  const float* start;
  int64_t start_row;
  float* c;
  int64_t c_row;
  Mask last;  // the lanes of the last register that are columns
};

// c = start + a panel for a block of kRows rows and kRegisters registers.
template <int kRows, int kRegisters>
[[gnu::noinline]] static void multiply_block(const Block& block) {
  Lanes sums[kRows][kRegisters];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; i++) {
    const float* start = block.start + i * block.start_row;
#pragma GCC unroll 16
    for (int j = 0; j < kRegisters - 1; j++) sums[i][j] = load(start + j * kWidth);
    sums[i][kRegisters - 1] = load_where(block.last, start + (kRegisters - 1) * kWidth);
  }
  const float* a = block.a;
  const float* panel = block.panel;
  const int64_t a_row = block.a_row, a_step = block.a_step, panel_row = block.panel_row;
  // With two steps in one turn, the counting takes fewer of the ports that multiply (measured: 195 instead of 183
  // GFLOP/s).
#pragma GCC unroll 2
  for (int64_t k = block.depth; k > 0; k--) {
    Lanes row[kRegisters];
#pragma GCC unroll 16
    for (int j = 0; j < kRegisters; j++) row[j] = load(panel + j * kWidth);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; i++) {
      const Lanes factor = broadcast(a[i * a_row]);
#pragma GCC unroll 16
      for (int j = 0; j < kRegisters; j++) sums[i][j] = multiply_add(factor, row[j], sums[i][j]);
    }
    a += a_step;
    panel += panel_row;
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; i++) {
    float* c = block.c + i * block.c_row;
#pragma GCC unroll 16
    for (int j = 0; j < kRegisters - 1; j++) store(c + j * kWidth, sums[i][j]);
    store_where(block.last, c + (kRegisters - 1) * kWidth, sums[i][kRegisters - 1]);
  }
}

// The same for a block of `rows` rows and `registers` registers.
template <int kRegisters = kPanelRegisters, int kRows = kBlockRows[kRegisters]>
static inline void multiply(const Block& block, int64_t rows, int64_t registers) {
  if constexpr (kRegisters > 1) {
    if (registers < kRegisters) return multiply<kRegisters - 1>(block, rows, registers);
  }
  if constexpr (kRows > 1) {
    if (rows < kRows) return multiply<kRegisters, kRows - 1>(block, rows, registers);
  }
  multiply_block<kRows, kRegisters>(block);
}

// panel (depth, registers x kWidth) = the transpose of b (columns, depth), whose rows are b_row numbers apart. Lanes
// that are no columns become zeros.
static inline void copy_transposed(const float* b, int64_t b_row, int64_t depth, int64_t columns, int64_t registers,
                                   float* panel) {
  const int64_t width = registers * kWidth;
  for (int64_t k = 0; k < depth; k += kWidth) {
    const int64_t steps = depth - k < kWidth ? depth - k : kWidth;
    for (int64_t j = 0; j < width; j += kWidth) {
      const float* from = b + j * b_row + k;
      float* to = panel + k * width + j;
      Lanes square[kWidth];
      if (steps == kWidth && j + kWidth <= columns) {
#pragma GCC unroll 16
        for (int i = 0; i < kWidth; i++) square[i] = load(from + i * b_row);
        transpose(square);
#pragma GCC unroll 16
        for (int i = 0; i < kWidth; i++) store(to + i * width, square[i]);
      } else {
        for (int i = 0; i < kWidth; i++)
          square[i] = j + i < columns ? load_where(first_lanes(steps), from + i * b_row) : broadcast(0);
        transpose(square);
        for (int64_t i = 0; i < steps; i++) store(to + i * width, square[i]);
      }
    }
  }
}

// panel (depth, registers x kWidth) = b (depth, columns), whose rows are b_row numbers apart. Lanes that are no columns
// become zeros.
static inline void copy(const float* b, int64_t b_row, int64_t depth, int64_t columns, int64_t registers,
                        float* panel) {
  for (int64_t k = 0; k < depth; k++) {
    for (int64_t j = 0; j < registers; j++)
      store(panel + (k * registers + j) * kWidth,
            load_where(first_lanes(columns - j * kWidth), b + k * b_row + j * kWidth));
  }
}

// The part of b that is taken at a time: the rows in memory, which are b_row numbers apart, and their length.
struct Piece {
  const float* b;
  int64_t rows, length;
};

// Asks for a share of the lines of a piece, so that they come to the cache while the processor multiplies. The other
// thread of the team may have written them, and such a line takes as long as a hundred multiplications.
static inline void prefetch(const Piece& piece, int64_t b_row, int number, int parts) {
  const Share own = share(piece.rows, 1, number, parts);
  for (int64_t i = own.first; i < own.last; i++) {
    for (int64_t j = 0; j < piece.length; j += kLineFloats) __builtin_prefetch(piece.b + i * b_row + j, 0, 3);
  }
}

// Computes c, and calls finish(c, rows, columns) for each block when it is complete, while it is in the cache.
template <typename Finish>
[[gnu::noinline]] static void multiply(const Product& p, Finish finish) {
  alignas(64) float copied[kCopiedFloats];
  // Panels, blocks and depths have nearly equal sizes: a narrow rest would be slower than its share of the work.
  const int64_t registers = (p.columns + kWidth - 1) / kWidth;
  const int panels = static_cast<int>((registers + kPanelRegisters - 1) / kPanelRegisters);
  const bool rest = p.columns % kWidth != 0;
  const int64_t most = p.b_transposed || rest ? kCopiedFloats / kPanelWidth : kDirectDepth;
  const int depths = static_cast<int>((p.depth + most - 1) / most);
  const auto piece_of = [&](int q, int d) -> Piece {
    if (d == depths) return {};
    const Share wide = share(registers, 1, q, panels), deep = share(p.depth, 1, d, depths);
    const int64_t column = wide.first * kWidth, depth = deep.last - deep.first;
    const int64_t columns = (p.columns < wide.last * kWidth ? p.columns : wide.last * kWidth) - column;
    if (p.b_transposed) return {p.b + column * p.b_row + deep.first, columns, depth};
    return {p.b + deep.first * p.b_row + column, depth, columns};
  };
  for (int d = 0; d < depths; d++) {
    const Share deep = share(p.depth, 1, d, depths);
    const int64_t depth = deep.last - deep.first;
    for (int q = 0; q < panels; q++) {
      const Share wide = share(registers, 1, q, panels);
      const int64_t own = wide.last - wide.first, column = wide.first * kWidth;
      const int blocks = static_cast<int>((p.rows + kBlockRows[own] - 1) / kBlockRows[own]);
      const Piece piece = piece_of(q, d), next = q + 1 < panels ? piece_of(q + 1, d) : piece_of(0, d + 1);
      const int64_t columns = p.b_transposed ? piece.rows : piece.length;
      const bool copies = p.b_transposed || columns < own * kWidth;
      if (p.b_transposed) {
        copy_transposed(piece.b, p.b_row, depth, columns, own, copied);
      } else if (copies) {
        copy(piece.b, p.b_row, depth, columns, own, copied);
      }
      for (int r = 0; r < blocks; r++) {
        const Share tall = share(p.rows, 1, r, blocks);
        const int64_t count = tall.last - tall.first;
        float* c = p.c + tall.first * p.c_row + column;
        const bool continues = d > 0 || p.start == p.c;
        prefetch(next, p.b_row, r, blocks);
        if (continues && r + 1 < blocks) {
          const Share following = share(p.rows, 1, r + 1, blocks);
          prefetch({p.c + following.first * p.c_row + column, following.last - following.first, columns}, p.c_row, 0,
                   1);
        }
        const float* start = continues ? c : p.start == nullptr ? kZeros : p.start + column;
        const Block block = {depth,
                             p.a + tall.first * p.a_row + deep.first * p.a_step,
                             p.a_row,
                             p.a_step,
                             copies ? copied : piece.b,
                             copies ? own * kWidth : p.b_row,
                             start,
                             continues ? p.c_row : 0,
                             c,
                             p.c_row,
                             first_lanes(columns - (own - 1) * kWidth)};
        multiply(block, count, own);
        if (d == depths - 1) finish(c, count, columns);
      }
    }
  }
}

}  // namespace gputae::GPUTAE_NAMESPACE
