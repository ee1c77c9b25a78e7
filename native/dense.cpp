// Dense layers: oneDNN's single-precision matrix product with bias, activation and their gradients around it. Formulas and shapes: gputae.h.
//
// One parallel region per call: every thread multiplies its own rows (or, for a weight's gradient, its own columns) with a product of one thread and
// finishes them while they are in its cache. This measured faster than oneDNN's own threading of each product (282 against 306 microseconds for the
// 17 products of a step at batch 128, 2 threads) and needs one wake-up instead of two.
//
// dnnl_sgemm is row-major like everything here, so nothing is swapped: C (m, n) = op(A) (m, k) op(B) (k, n).
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>

#include "exponential.h"

namespace gputae::GPUTAE_NAMESPACE {

namespace {

// Rows of a float32 matrix that share no cache line need not be told apart; columns are split at whole cache lines.
constexpr int64_t kLineFloats = 16;

// Multiply-adds below which a second thread costs more than it saves.
constexpr int64_t kParallelProducts = 32768;

int threads_for(int64_t rows, int64_t in, int64_t out, int threads) { return rows * in * out < kParallelProducts ? 1 : threads; }

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

int dense(const float* x, const float* w, const float* b, int activation, float* y, int64_t rows, int64_t in, int64_t out, int threads) {
  int failure = 0;
  // oneDNN sizes a product's own team by this setting of the calling thread, so that `threads` 1 means one.
  omp_set_num_threads(threads);
#pragma omp parallel num_threads(threads_for(rows, in, out, threads)) reduction(max : failure)
  {
    const Part own = part(rows, 1, omp_get_thread_num(), omp_get_num_threads());
    const int64_t count = own.last - own.first;
    if (count > 0) {
      failure = dnnl_sgemm('N', 'T', count, out, in, 1, x + own.first * in, in, w, in, 0, y + own.first * out, out);
      activate(b, activation, y + own.first * out, count, out);
    }
  }
  return failure;
}

int dense_backward(const float* x, const float* w, const float* y, int activation, float* dy, float* dw, float* db, float* dx, int64_t rows,
                   int64_t in, int64_t out, int threads) {
  int failure = 0;
  omp_set_num_threads(threads);
#pragma omp parallel num_threads(threads_for(rows, in, out, threads)) reduction(max : failure)
  {
    const int thread = omp_get_thread_num(), team = omp_get_num_threads();
    const Part own = part(rows, 1, thread, team);
    const int64_t count = own.last - own.first;
    if (count > 0) {
      if (activation == GPUTAE_ELU) elu_backward(y + own.first * out, dy + own.first * out, count * out);
      if (dx != nullptr) failure = dnnl_sgemm('N', 'N', count, in, out, 1, dy + own.first * out, out, w, in, 0, dx + own.first * in, in);
    }
#pragma omp barrier
    // The longer side of the gradient is the one that is split.
    int status = 0;
    if (in >= out) {
      const Part columns = part(in, kLineFloats, thread, team);
      if (columns.last > columns.first) {
        status = dnnl_sgemm('T', 'N', out, columns.last - columns.first, rows, 1, dy, out, x + columns.first, in, 1, dw + columns.first, in);
      }
    } else {
      const Part outputs = part(out, kLineFloats, thread, team);
      if (outputs.last > outputs.first) {
        status = dnnl_sgemm('T', 'N', outputs.last - outputs.first, in, rows, 1, dy + outputs.first, out, x, in, 1, dw + outputs.first * in, in);
      }
    }
    failure = failure > status ? failure : status;
    const Part outputs = part(out, kLineFloats, thread, team);
    for (int64_t r = 0; r < rows; r++) {
      for (int64_t j = outputs.first; j < outputs.last; j++) db[j] += dy[r * out + j];
    }
  }
  return failure;
}

}  // namespace gputae::GPUTAE_NAMESPACE
