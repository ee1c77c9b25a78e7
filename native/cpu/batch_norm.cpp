// Batch normalisation with the activation after it. Formulas and shapes: operations.h.
//
// Each part has its own columns, in blocks of a few registers, and all rows. The sums over the rows are in double
// precision and in the order of the rows, so no bits depend on the number of threads.
#include "activations.h"

namespace gputae::GPUTAE_NAMESPACE {

namespace {

constexpr int64_t kBlockColumns = 16;
constexpr float kNormEpsilon = 1e-5f;
constexpr float kNormMomentum = 0.1f;

// The count of batches has two parts, low + 2^24 high, since float32 has all integers up to 2^24.
constexpr float kCountBase = 16777216;

// Number of values below which a second thread costs more than it saves.
constexpr int64_t kParallelNorm = 8192;

// Calls body(first column, number of columns) for the blocks of columns, in parts.
template <typename Body>
void for_blocks(int64_t rows, int64_t c, GputaeTeam* team, Body body) {
  const int parts = parts_for(team, rows * c, kParallelNorm);
  in_parts(team, parts, [&](int number) {
    const Share own = share(c, kBlockColumns, number, parts);
    for (int64_t j = own.first; j < own.last; j += kBlockColumns) {
      body(j, own.last - j < kBlockColumns ? own.last - j : kBlockColumns);
    }
  });
}

}  // namespace

void batch_norm(const float* x, const float* scale, const float* shift, int activation, float* running_mean,
                float* running_variance, float* count, float* batch, float* before, float* y, int64_t rows, int64_t c,
                GputaeTeam* team) {
  for_blocks(rows, c, team, [=](int64_t first, int64_t columns) {
    double sums[kBlockColumns] = {}, squares[kBlockColumns] = {};
    float means[kBlockColumns], inverses[kBlockColumns];
    for (int64_t r = 0; r < rows; r++) {
      for (int64_t j = 0; j < columns; j++) sums[j] += static_cast<double>(x[r * c + first + j]);
    }
    for (int64_t j = 0; j < columns; j++) sums[j] /= static_cast<double>(rows);
    for (int64_t r = 0; r < rows; r++) {
      for (int64_t j = 0; j < columns; j++) {
        const double t = static_cast<double>(x[r * c + first + j]) - sums[j];
        squares[j] += t * t;
      }
    }
    for (int64_t j = 0; j < columns; j++) {
      const int64_t at = first + j;
      const double variance = squares[j] / static_cast<double>(rows);
      means[j] = static_cast<float>(sums[j]);
      inverses[j] = static_cast<float>(1 / __builtin_sqrt(variance + static_cast<double>(kNormEpsilon)));
      batch[at] = means[j];
      batch[c + at] = inverses[j];
      const auto unbiased = static_cast<float>(squares[j] / static_cast<double>(rows - 1));
      running_mean[at] = (1 - kNormMomentum) * running_mean[at] + kNormMomentum * means[j];
      running_variance[at] = (1 - kNormMomentum) * running_variance[at] + kNormMomentum * unbiased;
    }
    for (int64_t r = 0; r < rows; r++) {
      float* row = y + r * c + first;
      for (int64_t j = 0; j < columns; j++) {
        row[j] = (x[r * c + first + j] - means[j]) * inverses[j] * scale[first + j] + shift[first + j];
      }
      if (before != nullptr) {
        __builtin_memcpy(before + r * c + first, row, static_cast<size_t>(columns) * sizeof(float));
      }
      activate(activation, row, columns);
    }
  });
  const bool full = count[0] + 1 == kCountBase;
  count[0] = full ? 0 : count[0] + 1;
  if (full) count[1] += 1;
}

void batch_norm_backward(const float* x, const float* scale, const float* batch, const float* kept, int activation,
                         float* dscale, float* dshift, float* dy, int64_t rows, int64_t c, GputaeTeam* team) {
  for_blocks(rows, c, team, [=](int64_t first, int64_t columns) {
    const float* means = batch + first;
    const float* inverses = batch + c + first;
    double sums[kBlockColumns] = {}, products[kBlockColumns] = {};
    for (int64_t r = 0; r < rows; r++) {
      const int64_t at = r * c + first;
      activate_backward(activation, kept + at, dy + at, columns);
      for (int64_t j = 0; j < columns; j++) {
        const auto g = static_cast<double>(dy[at + j]);
        sums[j] += g;
        products[j] += g * static_cast<double>((x[at + j] - means[j]) * inverses[j]);
      }
    }
    float factors[kBlockColumns], shares[kBlockColumns], slopes[kBlockColumns];
    for (int64_t j = 0; j < columns; j++) {
      dshift[first + j] += static_cast<float>(sums[j]);
      dscale[first + j] += static_cast<float>(products[j]);
      factors[j] = scale[first + j] * inverses[j];
      shares[j] = static_cast<float>(sums[j] / static_cast<double>(rows));
      slopes[j] = static_cast<float>(products[j] / static_cast<double>(rows));
    }
    for (int64_t r = 0; r < rows; r++) {
      const int64_t at = r * c + first;
      for (int64_t j = 0; j < columns; j++) {
        dy[at + j] = factors[j] * (dy[at + j] - shares[j] - (x[at + j] - means[j]) * inverses[j] * slopes[j]);
      }
    }
  });
}

void batch_norm_running(const float* scale, const float* shift, const float* running_mean,
                        const float* running_variance, int activation, float* y, int64_t rows, int64_t c,
                        GputaeTeam* team) {
  for_blocks(rows, c, team, [=](int64_t first, int64_t columns) {
    float inverses[kBlockColumns];
    for (int64_t j = 0; j < columns; j++) inverses[j] = 1 / __builtin_sqrtf(running_variance[first + j] + kNormEpsilon);
    for (int64_t r = 0; r < rows; r++) {
      float* row = y + r * c + first;
      for (int64_t j = 0; j < columns; j++) {
        row[j] = (row[j] - running_mean[first + j]) * inverses[j] * scale[first + j] + shift[first + j];
      }
      activate(activation, row, columns);
    }
  });
}

}  // namespace gputae::GPUTAE_NAMESPACE
