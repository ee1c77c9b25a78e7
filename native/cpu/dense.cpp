// Dense layers: matrix products with bias, activation and their gradients around them. Formulas and shapes:
// operations.h.
//
// The products are our own (products.h), but those of the backward pass of wide layers are oneDNN's. For the shapes of
// these networks ours are faster, they give equal rows equal bits, and their bits do not depend on the number of
// threads (bench/results/2026-11-29-cpu-products.md).
//
// Each part multiplies its own rows (or, for the gradient of a weight, its own rows or columns), and finishes them
// while they are in the cache of that thread. oneDNN's products run on one thread each for this reason: its own
// threading is slower (measured: 306 against 282 microseconds for the 17 products of a step at batch 128, 2 threads).
//
// dnnl_sgemm is row-major like everything here, so nothing is swapped: C (m, n) = op(A) (m, k) op(B) (k, n).
#include <oneapi/dnnl/dnnl.h>

#include <atomic>

#include "activations.h"
#include "products.h"

namespace gputae::GPUTAE_NAMESPACE {

namespace {

// If a layer has at least so many inputs and outputs, the products of its backward pass are oneDNN's. Ours would read
// the weight and x from rows that are far apart, a few hundred bytes at a time. There this takes longer than the copies
// that oneDNN makes (measured: 1000 -> 1000, batch 512, a quarter longer). A single product of oneDNN between ours is
// not faster: 784 -> 64, batch 128, takes 57 microseconds within a step, and 55 by ours.
constexpr int64_t kWide = 256;

// Number of multiply-adds below which a second thread costs more than it saves.
constexpr int64_t kParallelProducts = 32768;

// oneDNN's parts begin at multiples of this. For the rows that remain after a division by it, oneDNN takes other
// kernels, which round differently.
#if defined(__AVX512F__)
constexpr int64_t kRowGrain = 16;
#elif defined(__AVX2__)
constexpr int64_t kRowGrain = 6;
#else
constexpr int64_t kRowGrain = 2;
#endif

constexpr float kOne = 1;

// One layer's backward pass, as in operations.h.
struct Backward {
  const float *x, *w;
  float *dy, *dw, *db, *dx;
  int64_t rows, in, out;
};

// The part of the weight (out, in) whose gradient a thread computes: the longer side is split, at whole cache lines.
struct Tile {
  Share outputs, columns;
};
Tile tile(int64_t in, int64_t out, int number, int parts) {
  if (in >= out) return {{0, out}, share(in, kLineFloats, number, parts)};
  return {share(out, kLineFloats, number, parts), {0, in}};
}

void multiply(const Product& product) {
  multiply(product, [](float*, int64_t, int64_t) {});
}

// db += column sums of dy, for the columns of one part. The sum is the product of a row of ones with dy.
void add_columns(const Backward& l, int number, int parts) {
  const Share own = share(l.out, kLineFloats, number, parts);
  float* db = l.db + own.first;
  multiply({1, own.last - own.first, l.rows, &kOne, 0, 0, l.dy + own.first, l.out, false, db, db, l.out});
}

// The products of a part, by the products of products.h. dy is finished.
void backward(const Backward& l, int number, int parts) {
  if (l.dx != nullptr) {
    const Share own = share(l.rows, 1, number, parts);
    multiply({own.last - own.first, l.in, l.out, l.dy + own.first * l.out, l.out, 1, l.w, l.in, false, nullptr,
              l.dx + own.first * l.in, l.in});
  }
  const auto [outputs, columns] = tile(l.in, l.out, number, parts);
  float* dw = l.dw + outputs.first * l.in + columns.first;
  multiply({outputs.last - outputs.first, columns.last - columns.first, l.rows, l.dy + outputs.first, 1, l.out,
            l.x + columns.first, l.in, false, dw, dw, l.in});
  add_columns(l, number, parts);
}

// The same by oneDNN. Returns its status.
int backward_of_wide(const Backward& l, int number, int parts) {
  int status = 0;
  const Share own = share(l.rows, kRowGrain, number, parts);
  if (l.dx != nullptr && own.last > own.first) {
    status |= dnnl_sgemm('N', 'N', own.last - own.first, l.in, l.out, 1, l.dy + own.first * l.out, l.out, l.w, l.in, 0,
                         l.dx + own.first * l.in, l.in);
  }
  const auto [outputs, columns] = tile(l.in, l.out, number, parts);
  const int64_t height = outputs.last - outputs.first, width = columns.last - columns.first;
  if (height > 0 && width > 0) {
    status |= dnnl_sgemm('T', 'N', height, width, l.rows, 1, l.dy + outputs.first, l.out, l.x + columns.first, l.in, 1,
                         l.dw + outputs.first * l.in + columns.first, l.in);
  }
  add_columns(l, number, parts);
  return status;
}

}  // namespace

void dense(const float* x, const float* w, const float* b, int activation, float* before, float* y, int64_t rows,
           int64_t in, int64_t out, GputaeTeam* team) {
  const int parts = parts_for(team, rows * in * out, kParallelProducts);
  in_parts(team, parts, [=](int number) {
    const Share own = share(rows, 1, number, parts);
    multiply({own.last - own.first, out, in, x + own.first * in, in, 1, w, in, true, b, y + own.first * out, out},
             [=](float* block, int64_t count, int64_t outputs) {
               for (int64_t r = 0; r < count; r++) {
                 float* row = block + r * out;
                 if (before != nullptr) {
                   __builtin_memcpy(before + (row - y), row, static_cast<size_t>(outputs) * sizeof(float));
                 }
                 activate(activation, row, outputs);
               }
             });
  });
}

int dense_backward(const float* x, const float* w, const float* kept, int activation, float* dy, float* dw, float* db,
                   float* dx, int64_t rows, int64_t in, int64_t out, GputaeTeam* team) {
  const int parts = parts_for(team, rows * in * out, kParallelProducts);
  // The gradient of the weight is a sum over all rows, so it waits until all of dy is finished. Each thread finishes
  // its own rows: they are in its cache.
  if (activation != GPUTAE_IDENTITY) {
    in_parts(team, parts, [=](int number) {
      const Share own = share(rows, 1, number, parts);
      activate_backward(activation, kept + own.first * out, dy + own.first * out, (own.last - own.first) * out);
    });
  }
  std::atomic<int> failure = 0;
  in_parts(team, parts, [&](int number) {
    const Backward layer = {x, w, dy, dw, db, dx, rows, in, out};
    if (in < kWide || out < kWide) {
      backward(layer, number, parts);
    } else if (const int status = backward_of_wide(layer, number, parts)) {
      failure.store(status, std::memory_order_relaxed);
    }
  });
  return failure;
}

}  // namespace gputae::GPUTAE_NAMESPACE
