// Dense layers: matrix products with bias, activation and their gradients around them. Formulas and shapes:
// operations.h.
//
// The forward product is our own (products.h): it is faster than oneDNN's for the shapes of these networks, and it
// gives equal rows equal bits. The two products of the backward pass are oneDNN's: there ours were up to a seventh
// slower (bench/results/2026-11-29-cpu-products.md).
//
// Each part multiplies its own rows (or, for the gradient of a weight, its own columns) with a product of one thread,
// and finishes them while they are in the cache of that thread. This is faster than oneDNN's own threading of each
// product (measured: 282 against 306 microseconds for the 17 products of a step at batch 128, 2 threads), and it needs
// one wake-up instead of two.
//
// dnnl_sgemm is row-major like everything here, so nothing is swapped: C (m, n) = op(A) (m, k) op(B) (k, n).
#include <oneapi/dnnl/dnnl.h>

#include <atomic>

#include "exponential.h"
#include "products.h"

namespace gputae::GPUTAE_NAMESPACE {

namespace {

// Columns are split at whole cache lines.
constexpr int64_t kLineFloats = 16;

// Number of multiply-adds below which a second thread costs more than it saves.
constexpr int64_t kParallelProducts = 32768;

// Keeps a status other than success.
void note(std::atomic<int>& failure, int status) {
  if (status != 0) failure.store(status, std::memory_order_relaxed);
}

// The parts of the backward pass begin at multiples of this. For the rows that remain after a division by it, oneDNN
// takes other kernels, which round differently.
#if defined(__AVX512F__)
constexpr int64_t kRowGrain = 16;
#elif defined(__AVX2__)
constexpr int64_t kRowGrain = 6;
#else
constexpr int64_t kRowGrain = 2;
#endif

void elu(float* y, int64_t count) {
  for (int64_t j = 0; j < count; j++) y[j] = y[j] > 0 ? y[j] : exponential_minus_one(y[j]);
}

// ELU's derivative from its output: 1 if y > 0, otherwise exp(x) = y + 1.
void elu_backward(const float* y, float* dy, int64_t count) {
  for (int64_t i = 0; i < count; i++) dy[i] *= y[i] > 0 ? 1.0f : y[i] + 1;
}

}  // namespace

void dense(const float* x, const float* w, const float* b, int activation, float* y, int64_t rows, int64_t in,
           int64_t out, GputaeTeam* team) {
  const int parts = parts_for(team, rows * in * out, kParallelProducts);
  in_parts(team, parts, [=](int number) {
    const Share own = share(rows, 1, number, parts);
    if (own.first == own.last) return;
    forward_product(x + own.first * in, w, b, y + own.first * out, own.last - own.first, in, out,
                    [=](float* block, int64_t count, int64_t outputs) {
                      if (activation != GPUTAE_ELU) return;
                      for (int64_t r = 0; r < count; r++) elu(block + r * out, outputs);
                    });
  });
}

int dense_backward(const float* x, const float* w, const float* y, int activation, float* dy, float* dw, float* db,
                   float* dx, int64_t rows, int64_t in, int64_t out, GputaeTeam* team) {
  std::atomic<int> failure = 0;
  const int parts = parts_for(team, rows * in * out, kParallelProducts);
  in_parts(team, parts, [&](int number) {
    const Share own = share(rows, kRowGrain, number, parts);
    const int64_t count = own.last - own.first;
    if (count == 0) return;
    if (activation == GPUTAE_ELU) elu_backward(y + own.first * out, dy + own.first * out, count * out);
    if (dx != nullptr)
      note(failure,
           dnnl_sgemm('N', 'N', count, in, out, 1, dy + own.first * out, out, w, in, 0, dx + own.first * in, in));
  });
  // The gradient of the weight is a sum over all rows, so it waits until all rows are finished. The longer side of the
  // weight is split.
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
