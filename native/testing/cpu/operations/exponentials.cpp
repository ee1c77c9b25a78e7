// The exponential and its relatives (native/cpu/exponential.h), tested through operations that add no error. Each test
// finds the worst error over a sweep, in units in the last place.
#include <algorithm>
#include <cmath>

#include "operations.h"

namespace operations {

namespace {

// The distance between float32 numbers at x.
double unit_in_the_last_place(double x) { return std::ldexp(1.0, std::max(std::ilogb(x), -126) - 23); }

template <typename Value, typename Reference>
void worst_error(const char* name, double low, double high, double most, Value value, Reference reference) {
  double worst = 0, where = 0;
  const int64_t count = 400'000;
  Numbers numbers(7);
  Floats inputs = numbers.floats(count, low, high);
  for (size_t i = 0; i < inputs.size(); i += 2) inputs[i] *= std::ldexp(1.0f, -static_cast<int>(numbers.below(30)));
  const Floats outputs = value(inputs);
  for (size_t i = 0; i < inputs.size(); i++) {
    const double wanted = reference(static_cast<double>(inputs[i]));
    const double error = std::fabs(static_cast<double>(outputs[i]) - wanted) / unit_in_the_last_place(wanted);
    if (!(error <= worst)) worst = error, where = static_cast<double>(inputs[i]);
  }
  std::printf("  %s: at most %.2f units in the last place, at %.9g\n", name, worst, where);
  that(worst <= most, "%s: more than %.1f", name, most);
}

void exponentials() {
  worst_error(
      "exp", -86.5, 88, 1.2,
      [](const Floats& x) {
        // z = 0 + exp(logvar / 2) * 1
        Floats statistics;
        for (const float value : x) statistics.insert(statistics.end(), {0, 2 * value});
        const Floats ones(x.size(), 1);
        Floats z(x.size());
        kernels->reparameterise(statistics.data(), ones.data(), z.data(), static_cast<int64_t>(x.size()), 1);
        return z;
      },
      [](double x) { return std::exp(x); });
  worst_error(
      "exp - 1 below 0", -86.5, 0, 1,
      [](const Floats& x) {
        Floats y(x.size());
        const float one = 1, none = 0;
        kernels->dense(x.data(), &one, &none, GPUTAE_ELU, nullptr, y.data(), static_cast<int64_t>(x.size()), 1, 1,
                       teams[0]);
        return y;
      },
      [](double x) { return std::expm1(x); });
  worst_error(
      "tanh", -20, 20, 3,
      [](const Floats& x) {
        Floats y(x.size());
        const float one = 1, none = 0;
        kernels->dense(x.data(), &one, &none, GPUTAE_TANH, nullptr, y.data(), static_cast<int64_t>(x.size()), 1, 1,
                       teams[0]);
        return y;
      },
      [](double x) { return std::tanh(x); });
  const auto gelu = [](const Floats& x) {
    Floats y(x.size());
    const float one = 1, none = 0;
    kernels->dense(x.data(), &one, &none, GPUTAE_GELU, nullptr, y.data(), static_cast<int64_t>(x.size()), 1, 1,
                   teams[0]);
    return y;
  };
  const auto distribution = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
  worst_error("GELU above 0", 1e-30, 20, 3, gelu, [&](double x) { return x * distribution(x); });
  // GELU is x times a distribution function. Where this function is small, its error is that of 1 plus a number near
  // -1.
  worst_error(
      "1 + GELU / x", -20, 20, 2,
      [&](const Floats& x) {
        Floats y = gelu(x);
        for (size_t i = 0; i < x.size(); i++) y[i] = 1 + y[i] / x[i];
        return y;
      },
      [&](double x) { return 1 + distribution(x); });
  worst_error(
      "sigmoid", -86.5, 88, 3,
      [](const Floats& x) {
        Floats y(x.size());
        kernels->sigmoid(x.data(), y.data(), static_cast<int64_t>(x.size()), teams[0]);
        return y;
      },
      [](double x) { return 1 / (1 + std::exp(-x)); });
  worst_error(
      "log(1 + exp(x)) below 0", -86.5, 0, 4.5,
      [](const Floats& x) {
        // Cross-entropy of one logit against 0.
        Floats losses(x.size());
        const float target = 0;
        double row_sum;
        for (size_t i = 0; i < x.size(); i++)
          kernels->sigmoid_cross_entropy(&x[i], &target, nullptr, &losses[i], &row_sum, 1, 1, teams[0]);
        return losses;
      },
      [](double x) { return std::log1p(std::exp(x)); });
}

}  // namespace

void test_exponentials() { check::group("exponentials", exponentials); }

}  // namespace operations
