// Batch normalisation: in training forward and backward, and after it.
#include <cmath>
#include <string>
#include <vector>

#include "operations.h"

namespace operations {

namespace {

constexpr double kNormEpsilon = 1e-5;

double wide(const Floats& values, int64_t i) { return static_cast<double>(values[static_cast<size_t>(i)]); }

// The parameters of c columns, and what a batch leaves.
struct Norm {
  Floats scale, shift, mean, variance;
};

Norm draw(Numbers& numbers, int64_t c) {
  return {numbers.floats(c, -2, 2), numbers.floats(c, -1, 1), numbers.floats(c, -3, 3), numbers.floats(c, 0, 2)};
}

// Without an activation, so that the sums alone are checked; all activations are those of dense layers.
void batch_norm_of(int64_t rows, int64_t c, Numbers& numbers) {
  const std::string name = "batch norm of " + std::to_string(rows) + " x " + std::to_string(c);
  const Norm norm = draw(numbers, c);
  const Floats xs = numbers.floats(rows * c, 1, 3), dys = numbers.floats(rows * c, -1, 1);
  const size_t columns = static_cast<size_t>(c);
  std::vector<double> mean(columns), variance(columns), sums(columns), products(columns);
  for (int64_t i = 0; i < rows * c; i++) mean[static_cast<size_t>(i % c)] += wide(xs, i) / static_cast<double>(rows);
  for (int64_t i = 0; i < rows * c; i++) {
    const double t = wide(xs, i) - mean[static_cast<size_t>(i % c)];
    variance[static_cast<size_t>(i % c)] += t * t / static_cast<double>(rows);
  }
  const auto inverse = [&](int64_t j) { return 1 / std::sqrt(variance[static_cast<size_t>(j)] + kNormEpsilon); };
  const auto normal = [&](int64_t i) { return (wide(xs, i) - mean[static_cast<size_t>(i % c)]) * inverse(i % c); };
  for (int64_t i = 0; i < rows * c; i++) {
    sums[static_cast<size_t>(i % c)] += wide(dys, i);
    products[static_cast<size_t>(i % c)] += wide(dys, i) * normal(i);
  }
  Floats first_y, first_dy;
  for (GputaeTeam* team : teams) {
    Guarded<float> x(xs), scale(norm.scale), shift(norm.shift), running_mean(norm.mean),
        running_variance(norm.variance), count(Floats{16777215, 1}), batch(2 * c), before(rows * c), y(rows * c);
    kernels->batch_norm(x.get(), scale.get(), shift.get(), GPUTAE_IDENTITY, running_mean.get(), running_variance.get(),
                        count.get(), batch.get(), before.get(), y.get(), rows, c, team);
    same_bits(y.values(), before.values(), (name + " before").c_str());
    same_bits(Floats{0, 2}, count.values(), (name + " count").c_str());
    if (team == teams[0]) first_y = y.values();
    same_bits(first_y, y.values(), (name + " on another team").c_str());
    // x is up to 3, and the deviations of two rows may be small.
    const auto room = [&](int64_t j) { return 12 * kEpsilon * 3 * inverse(j) * std::fabs(wide(norm.scale, j)); };
    all_near(
        y, [&](int64_t i) { return normal(i) * wide(norm.scale, i % c) + wide(norm.shift, i % c); },
        [&](int64_t i) { return room(i % c) + 4 * kEpsilon; }, name.c_str());
    all_near(
        running_mean, [&](int64_t j) { return 0.9 * wide(norm.mean, j) + 0.1 * mean[static_cast<size_t>(j)]; },
        [](int64_t) { return 12 * kEpsilon; }, (name + " mean").c_str());
    all_near(
        running_variance,
        [&](int64_t j) {
          return 0.9 * wide(norm.variance, j) +
                 0.1 * variance[static_cast<size_t>(j)] * static_cast<double>(rows) / static_cast<double>(rows - 1);
        },
        [](int64_t) { return 12 * kEpsilon; }, (name + " variance").c_str());

    Guarded<float> dy(dys), dscale(norm.scale), dshift(norm.shift), kept(rows * c);
    kernels->batch_norm_backward(x.get(), scale.get(), batch.get(), kept.get(), GPUTAE_IDENTITY, dscale.get(),
                                 dshift.get(), dy.get(), rows, c, team);
    if (team == teams[0]) first_dy = dy.values();
    same_bits(first_dy, dy.values(), (name + " backward on another team").c_str());
    const double terms = static_cast<double>(rows);
    all_near(
        dshift, [&](int64_t j) { return wide(norm.shift, j) + sums[static_cast<size_t>(j)]; },
        [&](int64_t) { return 4 * kEpsilon * (terms + 1); }, (name + " dshift").c_str());
    all_near(
        dscale, [&](int64_t j) { return wide(norm.scale, j) + products[static_cast<size_t>(j)]; },
        [&](int64_t j) { return 12 * kEpsilon * (3 * inverse(j) * terms + 2); }, (name + " dscale").c_str());
    all_near(
        dy,
        [&](int64_t i) {
          const auto j = static_cast<size_t>(i % c);
          return wide(norm.scale, i % c) * inverse(i % c) *
                 (wide(dys, i) - sums[j] / terms - normal(i) * products[j] / terms);
        },
        [&](int64_t i) { return room(i % c) * (1 + 3 * inverse(i % c)) * 4; }, (name + " dx").c_str());

    Guarded<float> own(norm.mean), spread(norm.variance), z(xs);
    kernels->batch_norm_running(scale.get(), shift.get(), own.get(), spread.get(), GPUTAE_RELU, z.get(), rows, c, team);
    all_near(
        z,
        [&](int64_t i) {
          const double u = (wide(xs, i) - wide(norm.mean, i % c)) * wide(norm.scale, i % c) /
                               std::sqrt(wide(norm.variance, i % c) + kNormEpsilon) +
                           wide(norm.shift, i % c);
          return u > 0 ? u : 0;
        },
        [&](int64_t i) { return 8 * kEpsilon * (1 + 12 / std::sqrt(wide(norm.variance, i % c) + kNormEpsilon)); },
        (name + " running").c_str());
  }
}

void batch_norms() {
  Numbers numbers(31);
  for (const int64_t rows : {2, 3, 17, 128}) {
    for (const int64_t c : {1, 15, 16, 17, 33, 100}) batch_norm_of(rows, c, numbers);
  }
}

}  // namespace

void test_batch_norms() { check::group("batch norms", batch_norms); }

}  // namespace operations
