// Dense layers: oneDNN's single-precision matrix product with bias, activation and their gradients around it. Formulas
// and shapes: gputae.h.
//
// Each part multiplies its own rows (or, for the gradient of a weight, its own columns) with a product of one thread,
// and finishes them while they are in the cache of that thread. This is faster than oneDNN's own threading of each
// product (measured: 282 against 306 microseconds for the 17 products of a step at batch 128, 2 threads), and it needs
// one wake-up instead of two.
//
// dnnl_sgemm is row-major like everything here, so nothing is swapped: C (m, n) = op(A) (m, k) op(B) (k, n).
#include <oneapi/dnnl/dnnl.h>

#include <atomic>
#include <cstdlib>

#include "exponential.h"

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

// The number of rows of a forward product is a multiple of this. For few rows, and for the rows that remain after a
// division, oneDNN takes other kernels, which round differently (AVX-512: fewer than 16; AVX2: a remainder of 1 to 3
// after division by 6, and the last rows above 144; SSE: a single row). Then equal images of a batch would get
// embeddings that differ in their last bits, and the death time between them would get a direction made of rounding
// errors.
#if defined(__AVX512F__)
constexpr int64_t kRowGrain = 16, kMostRows = INT64_MAX;
#elif defined(__AVX2__)
constexpr int64_t kRowGrain = 6, kMostRows = 144;
#else
constexpr int64_t kRowGrain = 2, kMostRows = INT64_MAX;
#endif

// y (rows, out) = x (rows, in) w (out, in)^T for fewer rows than kRowGrain. Rows of zeros are added. Returns oneDNN's
// status.
int padded_product(const float* x, const float* w, float* y, int64_t rows, int64_t in, int64_t out) {
  const size_t row = static_cast<size_t>(in + out);
  auto* room = static_cast<float*>(std::calloc(static_cast<size_t>(kRowGrain) * row, sizeof(float)));
  if (room == nullptr) return dnnl_out_of_memory;
  float* padded_y = room + kRowGrain * in;
  __builtin_memcpy(room, x, static_cast<size_t>(rows * in) * sizeof(float));
  const int status = dnnl_sgemm('N', 'T', kRowGrain, out, in, 1, room, in, w, in, 0, padded_y, out);
  __builtin_memcpy(y, padded_y, static_cast<size_t>(rows * out) * sizeof(float));
  std::free(room);
  return status;
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

// ELU's derivative from its output: 1 if y > 0, otherwise exp(x) = y + 1.
void elu_backward(const float* y, float* dy, int64_t count) {
  for (int64_t i = 0; i < count; i++) dy[i] *= y[i] > 0 ? 1.0f : y[i] + 1;
}

}  // namespace

int dense(const float* x, const float* w, const float* b, int activation, float* y, int64_t rows, int64_t in,
          int64_t out, GputaeTeam* team) {
  std::atomic<int> failure = 0;
  const int parts = parts_for(team, rows * in * out, kParallelProducts);
  in_parts(team, parts, [&](int number) {
    const Share own = share(rows, kRowGrain, number, parts);
    const int64_t count = own.last - own.first, whole = count / kRowGrain * kRowGrain, rest = count - whole;
    const float* from = x + own.first * in;
    float* to = y + own.first * out;
    for (int64_t first = 0; first < whole; first += kMostRows) {
      const int64_t some = whole - first < kMostRows ? whole - first : kMostRows;
      note(failure, dnnl_sgemm('N', 'T', some, out, in, 1, from + first * in, in, w, in, 0, to + first * out, out));
      if (some < kMostRows) break;
    }
    if (rest > 0) note(failure, padded_product(from + whole * in, w, to + whole * out, rest, in, out));
    activate(b, activation, to, count, out);
  });
  return failure;
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
