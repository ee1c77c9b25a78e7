// Losses and their gradients: cross-entropy, squared error, ball penalty, discrepancy from a prior, divergence of a
// variational encoder.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "operations.h"

namespace operations {

namespace {

void sigmoid() {
  Numbers numbers(8);
  for (const int64_t count : kCounts) {
    Guarded<float> logits(with_specials(numbers, count, -20, 20));
    Floats first;
    for (GputaeTeam* team : teams) {
      Guarded<float> probability(count);
      kernels->sigmoid(logits.get(), probability.get(), count, team);
      if (team == teams[0]) first = probability.values();
      same_bits(first, probability.values(), "sigmoid on another team");
      // exp(-87), about 1.7e-38, replaces all smaller values.
      const auto reference = [&](int64_t i) { return 1 / (1 + std::exp(-static_cast<double>(logits[i]))); };
      all_near(
          probability, reference, [&](int64_t i) { return 6 * kEpsilon * reference(i) + 2e-38; }, "sigmoid");
    }
  }
}

double cross_entropy(double x, double t) { return std::max(x, 0.0) - t * x + std::log1p(std::exp(-std::fabs(x))); }

void sigmoid_cross_entropy() {
  Numbers numbers(9);
  for (const auto& [rows, p] : kShapes) {
    const int64_t count = rows * p;
    Guarded<float> logits(numbers.floats(count, -20, 20)), target(numbers.floats(count, 0, 1));
    for (int64_t i = 0; i < count; i += 3) target[i] = i % 2 == 0 ? 0 : 1;
    double sum = 0, size = 0;
    for (int64_t i = 0; i < count; i++) {
      const double x = static_cast<double>(logits[i]), t = static_cast<double>(target[i]);
      sum += cross_entropy(x, t);
      size += std::max(x, 0.0) + std::fabs(t * x) + 1;
    }
    const auto values = static_cast<double>(count);
    Floats first;
    for (GputaeTeam* team : teams) {
      const std::string name = "cross-entropy of " + std::to_string(rows) + " x " + std::to_string(p);
      Guarded<float> gradient(count), loss(1), loss_alone(1), in_place(logits.values());
      Guarded<double> row_sums(rows);
      kernels->sigmoid_cross_entropy(logits.get(), target.get(), gradient.get(), loss.get(), row_sums.get(), rows, p,
                                     team);
      if (team == teams[0]) first = gradient.values();
      same_bits(first, gradient.values(), "its gradient on another team");
      that(near(loss[0], sum / values, kEpsilon * (static_cast<double>(p) / 16 + 8) * size / values),
           "%s is %g, not %g", name.c_str(), static_cast<double>(loss[0]), sum / values);
      all_near(
          gradient,
          [&](int64_t i) {
            return (1 / (1 + std::exp(-static_cast<double>(logits[i]))) - static_cast<double>(target[i])) / values;
          },
          [&](int64_t) { return 6 * kEpsilon / values; }, name.c_str());
      kernels->sigmoid_cross_entropy(logits.get(), target.get(), nullptr, loss_alone.get(), row_sums.get(), rows, p,
                                     team);
      that(check::same(loss[0], loss_alone[0]), "%s without gradient", name.c_str());
      kernels->sigmoid_cross_entropy(in_place.get(), target.get(), in_place.get(), loss_alone.get(), row_sums.get(),
                                     rows, p, team);
      that(check::same(loss[0], loss_alone[0]), "%s with the gradient in place of the logits", name.c_str());
      same_bits(first, in_place.values(), "its gradient in place of the logits");
    }
  }
  // One value each; exp(-87) replaces all smaller values.
  for (const float special : kSpecial) {
    for (const float t : {0.0f, 0.5f, 1.0f}) {
      Guarded<float> logit(Floats{special}), target(Floats{t}), gradient(1), loss(1);
      Guarded<double> row_sums(1);
      kernels->sigmoid_cross_entropy(logit.get(), target.get(), gradient.get(), loss.get(), row_sums.get(), 1, 1,
                                     teams[0]);
      const double x = static_cast<double>(special), wanted = cross_entropy(x, static_cast<double>(t));
      that(near(loss[0], wanted, 4 * kEpsilon * std::fabs(wanted) + 2e-38), "loss of logit %g, target %g is %g", x,
           static_cast<double>(t), static_cast<double>(loss[0]));
      that(near(gradient[0], 1 / (1 + std::exp(-x)) - static_cast<double>(t), 4 * kEpsilon),
           "gradient of logit %g, target %g is %g", x, static_cast<double>(t), static_cast<double>(gradient[0]));
    }
  }
  // A NaN, in a register or in the tail, appears in the loss, and in the gradient only in its own place.
  for (const int64_t place : {0, 16, 32}) {
    Guarded<float> logits(numbers.floats(33, -1, 1)), target(numbers.floats(33, 0, 1)), gradient(33), loss(1);
    Guarded<double> row_sums(1);
    logits[place] = kNaN;
    kernels->sigmoid_cross_entropy(logits.get(), target.get(), gradient.get(), loss.get(), row_sums.get(), 1, 33,
                                   teams[0]);
    that(std::isnan(loss[0]), "a loss without its NaN");
    for (int64_t i = 0; i < 33; i++) that(std::isnan(gradient[i]) == (i == place), "NaN at %ld", static_cast<long>(i));
  }
}

void squared_error() {
  Numbers numbers(12);
  for (const auto& [rows, p] : kShapes) {
    const int64_t count = rows * p;
    Guarded<float> outputs(numbers.floats(count, -5, 5)), target(numbers.floats(count, -5, 5));
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
      const double difference = static_cast<double>(outputs[i]) - static_cast<double>(target[i]);
      sum += difference * difference;
    }
    const auto values = static_cast<double>(count);
    Floats first;
    for (GputaeTeam* team : teams) {
      const std::string name = "squared error of " + std::to_string(rows) + " x " + std::to_string(p);
      Guarded<float> gradient(count), loss(1), loss_alone(1), in_place(outputs.values());
      Guarded<double> row_sums(rows);
      kernels->squared_error(outputs.get(), target.get(), gradient.get(), loss.get(), row_sums.get(), rows, p, team);
      if (team == teams[0]) first = gradient.values();
      same_bits(first, gradient.values(), "its gradient on another team");
      that(near(loss[0], sum / values, kEpsilon * (static_cast<double>(p) / 16 + 8) * sum / values), "%s is %g, not %g",
           name.c_str(), static_cast<double>(loss[0]), sum / values);
      const auto reference = [&](int64_t i) {
        return 2 * (static_cast<double>(outputs[i]) - static_cast<double>(target[i])) / values;
      };
      all_near(
          gradient, reference, [&](int64_t i) { return 3 * kEpsilon * std::fabs(reference(i)); }, name.c_str());
      kernels->squared_error(outputs.get(), target.get(), nullptr, loss_alone.get(), row_sums.get(), rows, p, team);
      that(check::same(loss[0], loss_alone[0]), "%s without gradient", name.c_str());
      kernels->squared_error(in_place.get(), target.get(), in_place.get(), loss_alone.get(), row_sums.get(), rows, p,
                             team);
      that(check::same(loss[0], loss_alone[0]), "%s with the gradient in place of the outputs", name.c_str());
      same_bits(first, in_place.values(), "its gradient in place of the outputs");
    }
  }
}

void ball_penalty() {
  Numbers numbers(10);
  const float weight = 0.37f;
  for (const int penalty : {GPUTAE_NORM, GPUTAE_SQUARED_NORM}) {
    for (const int64_t d : {1, 2, 3, 8, 15, 16, 17, 33}) {
      for (const int64_t rows : {1, 2, 33, 500}) {
        Guarded<float> z(numbers.floats(rows * d, -1, 1)), gradient(rows * d), loss(1);
        if (rows > 2) {
          for (int64_t k = 0; k < d; k++)
            z[k] = 0, z[d + k] = k == 0 ? 1 : 0, z[2 * d + k] = k == 0 ? 1e30f : kDenormal;
        }
        kernels->ball_penalty(z.get(), penalty, &weight, gradient.get(), loss.get(), rows, d);
        double sum = 0;
        std::vector<double> slopes(static_cast<size_t>(rows));
        for (int64_t r = 0; r < rows; r++) {
          double square = 0;
          for (int64_t k = 0; k < d; k++)
            square += static_cast<double>(z[r * d + k]) * static_cast<double>(z[r * d + k]);
          const double excess = (penalty == GPUTAE_NORM ? std::sqrt(square) : square) - 1;
          sum += std::max(excess, 0.0);
          if (excess > 0)
            slopes[static_cast<size_t>(r)] =
                static_cast<double>(weight) * (penalty == GPUTAE_NORM ? 1 / std::sqrt(square) : 2);
        }
        that(near(loss[0], sum, 2 * kEpsilon * sum), "ball penalty %g, not %g", static_cast<double>(loss[0]), sum);
        const auto reference = [&](int64_t i) {
          return slopes[static_cast<size_t>(i / d)] * static_cast<double>(z[i]);
        };
        all_near(
            gradient, reference, [&](int64_t i) { return 2 * kEpsilon * std::fabs(reference(i)) + 0x1p-149; },
            "gradient of the ball penalty");
      }
    }
    // A point that is not a number, or infinitely far away, appears in the loss. It does not change the gradients of
    // the other points.
    for (const float bad : {kNaN, kInfinity, -kInfinity}) {
      Guarded<float> z(Floats{0.1f, 0.2f, bad, 0, 3, 4}), gradient(6), loss(1);
      const float weight = 1;
      kernels->ball_penalty(z.get(), penalty, &weight, gradient.get(), loss.get(), 3, 2);
      that(std::isnan(bad) ? std::isnan(loss[0]) : loss[0] == kInfinity, "the penalty of %g is %g",
           static_cast<double>(bad), static_cast<double>(loss[0]));
      that(!std::isfinite(gradient[2]), "the gradient of %g is %g", static_cast<double>(bad),
           static_cast<double>(gradient[2]));
      that(gradient[0] == 0 && gradient[1] == 0 && near(gradient[4], penalty == GPUTAE_NORM ? 0.6 : 6, 6 * kEpsilon),
           "the gradient beside %g", static_cast<double>(bad));
    }
  }
}

// k(r) of kernels/mmd.h and its derivative, written a second time.
void similarity(double r, double square, double* value, double* slope) {
  *value = *slope = 0;
  for (const double scale : {0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0}) {
    const double c = scale * square;
    *value += c / (c + r);
    *slope -= c / ((c + r) * (c + r));
  }
}

double squared_distance(const float* x, int64_t i, const float* y, int64_t j, int64_t d) {
  double sum = 0;
  for (int64_t k = 0; k < d; k++) {
    const double t = static_cast<double>(x[i * d + k]) - static_cast<double>(y[j * d + k]);
    sum += t * t;
  }
  return sum;
}

void maximum_mean_discrepancy() {
  Numbers numbers(13);
  const float weight = -0.37f;
  for (const int64_t d : {1, 2, 3, 10, 33}) {
    for (const int64_t n : {0, 1, 2, 15, 16, 17, 33, 130}) {
      Guarded<float> z(numbers.floats(n * d, -2, 2)), prior(numbers.floats(n * d, -1, 1));
      const float square = 0.5f * static_cast<float>(d);
      double loss_sum = 0, loss_size = 0;
      std::vector<double> slopes(static_cast<size_t>(n * d)), sizes(static_cast<size_t>(n * d));
      const double among = 1.0 / (static_cast<double>(n) * static_cast<double>(n - 1)),
                   between = 2.0 / (static_cast<double>(n) * static_cast<double>(n));
      for (int64_t i = 0; i < n && n > 1; i++) {
        for (int64_t j = 0; j < n; j++) {
          double alike, alike_slope, across, across_slope, others, unused;
          similarity(squared_distance(z.get(), i, z.get(), j, d), square, &alike, &alike_slope);
          similarity(squared_distance(z.get(), i, prior.get(), j, d), square, &across, &across_slope);
          similarity(squared_distance(prior.get(), i, prior.get(), j, d), square, &others, &unused);
          if (i == j) alike = alike_slope = others = 0;
          loss_sum += among * (alike + others) - between * across;
          loss_size += among * (alike + others) + between * across;
          for (int64_t k = 0; k < d; k++) {
            const auto u = static_cast<double>(z[i * d + k]);
            const double pull = 4 * among * alike_slope * (u - static_cast<double>(z[j * d + k])),
                         push = 2 * between * across_slope * (u - static_cast<double>(prior[j * d + k]));
            slopes[static_cast<size_t>(i * d + k)] += static_cast<double>(weight) * (pull - push);
            sizes[static_cast<size_t>(i * d + k)] +=
                std::fabs(static_cast<double>(weight)) * (std::fabs(pull) + std::fabs(push));
          }
        }
      }
      Floats first;
      for (GputaeTeam* team : teams) {
        Guarded<float> gradient(n * d), loss(1);
        Guarded<double> work(n * (d + 1));
        kernels->maximum_mean_discrepancy(z.get(), prior.get(), square, &weight, gradient.get(), loss.get(), work.get(),
                                          n, d, team);
        if (team == teams[0]) first = gradient.values();
        same_bits(first, gradient.values(), "gradient of the mean discrepancy on another team");
        that(near(loss[0], loss_sum, (std::sqrt(static_cast<double>(d)) + 12) * kEpsilon * loss_size),
             "mean discrepancy %g, not %g", static_cast<double>(loss[0]), loss_sum);
        all_near(
            gradient, [&](int64_t i) { return slopes[static_cast<size_t>(i)]; },
            [&](int64_t i) {
              return (std::sqrt(2.0 * static_cast<double>(n)) + 8) * kEpsilon * sizes[static_cast<size_t>(i)];
            },
            "gradient of the mean discrepancy");
      }
    }
  }
}

void reparameterise() {
  Numbers numbers(11);
  for (const int64_t d : {1, 2, 3, 8, 15, 16, 17, 33}) {
    for (const int64_t rows : {1, 2, 33, 500}) {
      const int64_t pixels = 784;
      Guarded<float> statistics(numbers.floats(rows * 2 * d, -4, 4)), noise(numbers.floats(rows * d, -3, 3)),
          dz(numbers.floats(rows * d, -1, 1));
      Guarded<float> z(rows * d), mean(rows * d), d_statistics(rows * 2 * d), loss(1);
      const auto mu = [&](int64_t i) { return static_cast<double>(statistics[i / d * 2 * d + i % d]); };
      const auto logvar = [&](int64_t i) { return static_cast<double>(statistics[i / d * 2 * d + d + i % d]); };
      const auto deviating = [&](int64_t i) { return std::exp(logvar(i) / 2) * static_cast<double>(noise[i]); };
      kernels->reparameterise(statistics.get(), noise.get(), z.get(), rows, d);
      all_near(
          z, [&](int64_t i) { return mu(i) + deviating(i); },
          [&](int64_t i) { return kEpsilon * (std::fabs(mu(i)) + 6 * std::fabs(deviating(i))); }, "mu + sigma noise");
      kernels->reparameterise(statistics.get(), nullptr, mean.get(), rows, d);
      all_near(
          mean, mu, [](int64_t) { return 0; }, "mu");

      kernels->reparameterise_backward(statistics.get(), noise.get(), dz.get(), pixels, d_statistics.get(), loss.get(),
                                       rows, d);
      const double scale = 1 / static_cast<double>(rows * pixels);
      double sum = 0, size = 0;
      for (int64_t i = 0; i < rows * d; i++) {
        sum += 0.5 * scale * (std::expm1(logvar(i)) - logvar(i) + mu(i) * mu(i));
        size += 0.5 * scale * (std::exp(logvar(i)) + 1 + std::fabs(logvar(i)) + mu(i) * mu(i));
      }
      that(near(loss[0], sum, 6 * kEpsilon * size), "divergence %g, not %g", static_cast<double>(loss[0]), sum);
      const auto of_row = [&](int64_t i) { return i / (2 * d) * d + i % d; };
      all_near(
          d_statistics,
          [&](int64_t j) {
            const int64_t i = of_row(j);
            const auto g = static_cast<double>(dz[i]);
            return j % (2 * d) < d ? g + scale * mu(i) : 0.5 * (g * deviating(i) + scale * std::expm1(logvar(i)));
          },
          [&](int64_t j) {
            const int64_t i = of_row(j);
            return kEpsilon * (1 + std::fabs(mu(i)) + 8 * std::fabs(deviating(i)) + 8 * std::exp(logvar(i)) * scale);
          },
          "gradient of mu and logvar");
    }
  }
  // A value that is not finite changes its own place alone. exp saturates near 1.7e38 and 1.6e-38, not at
  // infinity and 0.
  Guarded<float> statistics(Floats{1, kNaN, 3, 0, 0, kNaN}), noise(Floats{1, 1, 1}), z(3);
  kernels->reparameterise(statistics.get(), noise.get(), z.get(), 1, 3);
  that(z[0] == 2 && std::isnan(z[1]) && std::isnan(z[2]), "NaN in mu and logvar");
  Guarded<float> extremes(Floats{0, kInfinity, 0, -kInfinity, 0, 1000, 0, -1000}), ones(Floats{1, 1, 1, 1}),
      saturated(4);
  kernels->reparameterise(extremes.get(), ones.get(), saturated.get(), 4, 1);
  for (int64_t r = 0; r < 4; r++)
    that(r % 2 == 0 ? saturated[r] > 1.6e38f : saturated[r] >= 0 && saturated[r] < 1.7e-38f, "saturation in row %ld",
         static_cast<long>(r));
}

}  // namespace

void test_losses() {
  check::group("sigmoid", sigmoid);
  check::group("sigmoid and cross-entropy", sigmoid_cross_entropy);
  check::group("squared error", squared_error);
  check::group("ball penalty", ball_penalty);
  check::group("mean discrepancy", maximum_mean_discrepancy);
  check::group("reparameterisation", reparameterise);
}

}  // namespace operations
