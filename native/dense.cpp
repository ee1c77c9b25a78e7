// Dense layers: oneDNN's single-precision matrix product with bias, activation and their gradients around it. Formulas and shapes: gputae.h.
//
// Every part multiplies its own rows (or, for a weight's gradient, its own columns) with a product of one thread and finishes them while they are in
// that thread's cache. This measured faster than oneDNN's own threading of each product (282 against 306 microseconds for the 17 products of a step
// at batch 128, 2 threads) and needs one wake-up instead of two.
//
// dnnl_sgemm is row-major like everything here, so nothing is swapped: C (m, n) = op(A) (m, k) op(B) (k, n).
#include <oneapi/dnnl/dnnl.h>

#include <atomic>

#include "exponential.h"

namespace gputae::GPUTAE_NAMESPACE {

namespace {

// Rows of a float32 matrix that share no cache line need not be told apart; columns are split at whole cache lines.
constexpr int64_t kLineFloats = 16;

// Multiply-adds below which a second thread costs more than it saves.
constexpr int64_t kParallelProducts = 32768;

// Keeps a status other than success.
void note(std::atomic<int>& failure, int status) {
  if (status != 0) failure.store(status, std::memory_order_relaxed);
}

void activate(const float* b, int activation, float* y, int64_t rows, int64_t out) {
  for (int64_t r = 0; r < rows; r++) {
    float* row = y + r * out;
    if (activation == GPUTAE_ELU) {
      for (int64_t j = 0; j < out; j++) {
        const float x = row[j] + b[j];
        row[j] = x > 0 ? x : exponential_minus_one(x);
      }
    } else {
      for (int64_t j = 0; j < out; j++) row[j] += b[j];
    }
  }
}

// ELU's derivative from its output: 1 where y > 0, else exp(x) = y + 1.
void elu_backward(const float* y, float* dy, int64_t count) {
  for (int64_t i = 0; i < count; i++) dy[i] *= y[i] > 0 ? 1.0f : y[i] + 1;
}

}  // namespace

int dense(const float* x, const float* w, const float* b, int activation, float* y, int64_t rows, int64_t in, int64_t out, GputaeTeam* team) {
  std::atomic<int> failure = 0;
  const int parts = parts_for(team, rows * in * out, kParallelProducts);
  in_parts(team, parts, [&](int number) {
    const Share own = share(rows, 1, number, parts);
    const int64_t count = own.last - own.first;
    if (count == 0) return;
    note(failure, dnnl_sgemm('N', 'T', count, out, in, 1, x + own.first * in, in, w, in, 0, y + own.first * out, out));
    activate(b, activation, y + own.first * out, count, out);
  });
  return failure;
}

int dense_backward(const float* x, const float* w, const float* y, int activation, float* dy, float* dw, float* db, float* dx, int64_t rows,
                   int64_t in, int64_t out, GputaeTeam* team) {
  std::atomic<int> failure = 0;
  const int parts = parts_for(team, rows * in * out, kParallelProducts);
  in_parts(team, parts, [&](int number) {
    const Share own = share(rows, 1, number, parts);
    const int64_t count = own.last - own.first;
    if (count == 0) return;
    if (activation == GPUTAE_ELU) elu_backward(y + own.first * out, dy + own.first * out, count * out);
    if (dx != nullptr) note(failure, dnnl_sgemm('N', 'N', count, in, out, 1, dy + own.first * out, out, w, in, 0, dx + own.first * in, in));
  });
  // The weight's gradient sums over all rows, so it waits for them; the longer side of the weight is the one that is split.
  in_parts(team, parts, [&](int number) {
    const Share columns = in >= out ? share(in, kLineFloats, number, parts) : Share{0, in};
    const Share outputs = in >= out ? Share{0, out} : share(out, kLineFloats, number, parts);
    const int64_t width = columns.last - columns.first, height = outputs.last - outputs.first;
    if (width > 0 && height > 0) {
      note(failure, dnnl_sgemm('T', 'N', height, width, rows, 1, dy + outputs.first, out, x + columns.first, in, 1,
                               dw + outputs.first * in + columns.first, in));
    }
    const Share biases = share(out, kLineFloats, number, parts);
    for (int64_t r = 0; r < rows; r++) {
      for (int64_t j = biases.first; j < biases.last; j++) db[j] += dy[r * out + j];
    }
  });
  return failure;
}

}  // namespace gputae::GPUTAE_NAMESPACE
