// The squared maximum mean discrepancy between points and samples of the prior. Formula and shapes: operations.h.
#include "../../kernels/mmd.h"

#include "isa.h"

namespace gputae::GPUTAE_NAMESPACE {

namespace {

// Number of points whose distances from another point are computed together.
constexpr int kTogether = 16;

// Less work than this many coordinates of pairs is not worth a second thread.
constexpr int64_t kParallelWork = 16384;

// Points with their coordinates: rows (n, d), and the same coordinate by coordinate, columns (d, n).
struct Cloud {
  const float *rows, *columns;
  int64_t n, d;
};

void transpose(const float* rows, int64_t n, int64_t d, float* columns) {
  for (int64_t i = 0; i < n; i++) {
    for (int64_t k = 0; k < d; k++) columns[k * n + i] = rows[i * d + k];
  }
}

// Returns the sum of k(|u - x_j|^2) over the points x of a cloud from `first` on; number `skip` is left out. If
// gradient (d) is not null, gradient += factor times the sum of k'(|u - x_j|^2) (u - x_j).
double sum_of_similarities(const float* u, const Cloud& x, int64_t first, int64_t skip, float square, float factor,
                           float* gradient) {
  double sum = 0;
  for (int64_t base = first; base < x.n; base += kTogether) {
    const int64_t here = x.n - base < kTogether ? x.n - base : kTogether;
    float r[kTogether] = {}, values[kTogether] = {}, slopes[kTogether] = {};
    for (int64_t k = 0; k < x.d; k++) {
      const float* column = x.columns + k * x.n + base;
      if (here == kTogether) {
        for (int l = 0; l < kTogether; l++) {
          const float t = u[k] - column[l];
          r[l] = multiply_add(t, t, r[l]);
        }
      } else {
        for (int64_t l = 0; l < here; l++) {
          const float t = u[k] - column[l];
          r[l] = multiply_add(t, t, r[l]);
        }
      }
    }
    each_scale(square, [&](float c) {
      for (int l = 0; l < kTogether; l++) add_multiquadric(c, r[l], values[l], slopes[l]);
    });
    if (skip >= base && skip < base + here) values[skip - base] = 0;
    for (int64_t l = 0; l < here; l++) sum += static_cast<double>(values[l]);
    if (gradient == nullptr) continue;
    for (int64_t l = 0; l < here; l++) {
      // The point itself has no slope, and its coordinates may be infinite.
      if (base + l == skip) continue;
      const float slope = factor * slopes[l];
      const float* point = x.rows + (base + l) * x.d;
      for (int64_t k = 0; k < x.d; k++) gradient[k] = multiply_add(slope, u[k] - point[k], gradient[k]);
    }
  }
  return sum;
}

}  // namespace

void maximum_mean_discrepancy(const float* z, const float* prior, float square, const float* weight, float* gradient,
                              float* loss, double* work, int64_t n, int64_t d, GputaeTeam* team) {
  *loss = 0;
  for (int64_t i = 0; i < n * d; i++) gradient[i] = 0;
  if (n < 2) return;
  const double among = 1.0 / (static_cast<double>(n) * static_cast<double>(n - 1));
  const double between = 2.0 / (static_cast<double>(n) * static_cast<double>(n));
  // The derivative of |u - x|^2 is 2 (u - x), and each pair of points of z counts twice in the loss.
  const float attraction = static_cast<float>(4 * among * *weight);
  const float repulsion = static_cast<float>(-2 * between * *weight);
  auto* columns = reinterpret_cast<float*>(work + n);
  transpose(z, n, d, columns);
  transpose(prior, n, d, columns + n * d);
  const Cloud points = {z, columns, n, d}, samples = {prior, columns + n * d, n, d};
  const int parts = parts_for(team, n * n * d, kParallelWork);
  in_parts(team, parts, [=](int number) {
    const Share own = share(n, 1, number, parts);
    for (int64_t i = own.first; i < own.last; i++) {
      const float* point = z + i * d;
      const double alike = sum_of_similarities(point, points, 0, i, square, attraction, gradient + i * d);
      const double across = sum_of_similarities(point, samples, 0, -1, square, repulsion, gradient + i * d);
      const double others = sum_of_similarities(prior + i * d, samples, i + 1, -1, square, 0, nullptr);
      work[i] = among * (alike + 2 * others) - between * across;
    }
  });
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += work[i];
  *loss = static_cast<float>(sum);
}

}  // namespace gputae::GPUTAE_NAMESPACE
