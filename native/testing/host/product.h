// The matrix product of the host runner and of the stand-in for cuBLAS (native/testing/fake). Both use it, so that they
// give the same bits: it sums over k in ascending order and rounds each product before adding it, whatever the number
// of rows. It is compiled with -ffp-contract=off.
#pragma once

#include <cstddef>
#include <cstring>
#include <vector>

namespace gputae_host {
namespace {

constexpr int kLanes = 8;
using Vector [[gnu::vector_size(kLanes * sizeof(float)), gnu::aligned(alignof(float))]] = float;
constexpr int kPanel = 2 * kLanes;  // columns of C at a time: with four rows, eight sums in registers

// kRows rows of C in one panel of columns.
// a: (kRows, k) with lda floats between rows; b: (k, kPanel); sums: (kRows, kPanel)
template <int kRows>
void multiply(const float* a, size_t lda, const float* b, size_t k, float* sums) {
  Vector c[kRows][2] = {};
  for (size_t i = 0; i < k; i++, b += kPanel) {
    const Vector left = *reinterpret_cast<const Vector*>(b), right = *reinterpret_cast<const Vector*>(b + kLanes);
    for (int row = 0; row < kRows; row++) {
      const float factor = a[static_cast<size_t>(row) * lda + i];
      c[row][0] += factor * left;
      c[row][1] += factor * right;
    }
  }
  std::memcpy(sums, c, sizeof c);
}

// C = alpha op(A) op(B) + beta C, all row-major: op(A) (m, k), op(B) (k, n), C (m, n). lda, ldb and ldc are the
// numbers of floats between rows as stored. If beta is 0, the old C is not read.
inline void product(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, float alpha, const float* a,
                    size_t lda, const float* b, size_t ldb, float beta, float* c, size_t ldc) {
  std::vector<float> rows;  // op(A), if A must be transposed
  if (transpose_a) {
    rows.resize(m * k);
    for (size_t i = 0; i < k; i++) {
      for (size_t row = 0; row < m; row++) rows[row * k + i] = a[i * lda + row];
    }
    a = rows.data();
    lda = k;
  }
  std::vector<float> panel(k * kPanel);
  float sums[4 * kPanel];
  for (size_t first = 0; first < n; first += kPanel) {
    const size_t columns = n - first < kPanel ? n - first : kPanel;  // the other columns of the panel are 0
    for (size_t i = 0; i < k; i++) {
      for (size_t j = 0; j < kPanel; j++) {
        panel[i * kPanel + j] = j >= columns ? 0 : transpose_b ? b[(first + j) * ldb + i] : b[i * ldb + first + j];
      }
    }
    for (size_t row = 0; row < m;) {
      const size_t count = m - row < 4 ? 1 : 4;
      (count == 4 ? multiply<4> : multiply<1>)(a + row * lda, lda, panel.data(), k, sums);
      for (size_t r = 0; r < count; r++) {
        float* target = c + (row + r) * ldc + first;
        for (size_t j = 0; j < columns; j++) {
          const float sum = alpha * sums[r * kPanel + j];
          target[j] = beta == 0 ? sum : sum + beta * target[j];
        }
      }
      row += count;
    }
  }
}

}  // namespace
}  // namespace gputae_host
