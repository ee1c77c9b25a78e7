// Parameters: sums, Adam, the end of a step.
#include <cmath>
#include <vector>

#include "operations.h"

namespace operations {

namespace {

void add() {
  Numbers numbers(15);
  for (const int64_t count : kCounts) {
    Guarded<float> term(with_specials(numbers, count, -1, 1)), sum(with_specials(numbers, count, -1, 1));
    Floats wanted;
    for (int64_t i = 0; i < count; i++) wanted.push_back(sum[i] + term[i]);
    kernels->add(term.get(), sum.get(), count);
    same_bits(wanted, sum.values(), "a sum");
  }
}

// Adam's state lies on cache lines, because Adam uses aligned loads.
struct AdamState {
  explicit AdamState(int64_t count) : parameters(count, 64), gradient(count, 64), first(count, 64), second(count, 64) {}
  Guarded<float> parameters, gradient, first, second;
};

constexpr double kRate = 3e-4, kBeta1 = 0.9, kBeta2 = 0.999, kAdamEpsilon = 1e-8;
constexpr double kDust = 0x1p-100;

void step_adam(AdamState& state, int64_t step, GputaeTeam* team) {
  Guarded<int64_t> now(std::vector<int64_t>{step + 1});
  const double rates[] = {kRate, kBeta1, kBeta2, kAdamEpsilon};
  kernels->adam(state.parameters.get(), state.gradient.get(), state.first.get(), state.second.get(), now.get(), rates,
                state.parameters.size(), team);
}

void adam() {
  Numbers numbers(16);
  for (const int64_t count : kCounts) {
    for (const int64_t step : {0, 1, 1000}) {
      AdamState one(count);
      for (int64_t i = 0; i < count; i++) {
        one.parameters[i] = numbers.between(-1, 1);
        // Gradients of all sizes, some of them 0. Moments from 0 up to what many steps leave.
        one.gradient[i] =
            numbers.below(4) == 0 ? 0 : std::ldexp(numbers.between(-1, 1), static_cast<int>(numbers.below(60)) - 50);
        one.first[i] = step == 0 ? 0 : std::ldexp(numbers.between(-1, 1), static_cast<int>(numbers.below(40)) - 30);
        one.second[i] = step == 0 ? 0 : std::ldexp(numbers.between(0, 1), static_cast<int>(numbers.below(60)) - 50);
      }
      const Floats p = one.parameters.values(), g = one.gradient.values(), m = one.first.values(),
                   v = one.second.values();
      const auto at = [](const Floats& values, int64_t i) {
        return static_cast<double>(values[static_cast<size_t>(i)]);
      };
      step_adam(one, step, teams[0]);

      const double t = static_cast<double>(step + 1);
      const double rate = kRate / (1 - std::pow(kBeta1, t)), root_scale = 1 / std::sqrt(1 - std::pow(kBeta2, t));
      const auto first = [&](int64_t i) { return kBeta1 * at(m, i) + (1 - kBeta1) * at(g, i); };
      const auto first_size = [&](int64_t i) {
        return kBeta1 * std::fabs(at(m, i)) + (1 - kBeta1) * std::fabs(at(g, i));
      };
      const auto second = [&](int64_t i) { return kBeta2 * at(v, i) + (1 - kBeta2) * at(g, i) * at(g, i); };
      // Moments below 2^-100 become 0. The first moment, which may be a difference, can become as small as that.
      all_near(
          one.first, first, [&](int64_t i) { return 4 * kEpsilon * first_size(i) + kDust; }, "first moment");
      all_near(
          one.second, second, [&](int64_t i) { return 6 * kEpsilon * second(i) + kDust; }, "second moment");
      const auto denominator = [&](int64_t i) {
        return std::sqrt(second(i) < kDust ? 0 : second(i)) * root_scale + kAdamEpsilon;
      };
      all_near(
          one.parameters, [&](int64_t i) { return at(p, i) - rate * first(i) / denominator(i); },
          [&](int64_t i) {
            return kEpsilon * (std::fabs(at(p, i)) + rate * first_size(i) / denominator(i) * 16 + rate);
          },
          "parameters");
      for (int64_t i = 0; i < count; i++)
        that(one.gradient[i] == 0, "the gradient is left %g", static_cast<double>(one.gradient[i]));

      for (int team = 1; team < kTeams; team++) {
        AdamState other(count);
        for (int64_t i = 0; i < count; i++) {
          other.parameters[i] = p[static_cast<size_t>(i)], other.gradient[i] = g[static_cast<size_t>(i)];
          other.first[i] = m[static_cast<size_t>(i)], other.second[i] = v[static_cast<size_t>(i)];
        }
        step_adam(other, step, teams[team]);
        same_bits(one.parameters.values(), other.parameters.values(), "parameters on another team");
        same_bits(one.first.values(), other.first.values(), "first moment on another team");
        same_bits(one.second.values(), other.second.values(), "second moment on another team");
      }
    }
  }
}

// One gradient among zeros, in a register or in the tail. No other parameter may move.
void adam_specials() {
  for (const int64_t place : {5, 32}) {
    for (const float special : kSpecial) {
      AdamState state(33);
      for (int64_t i = 0; i < 33; i++)
        state.parameters[i] = 1, state.gradient[i] = 0, state.first[i] = 0, state.second[i] = 0;
      state.gradient[place] = special;
      step_adam(state, 0, teams[0]);
      for (int64_t i = 0; i < 33; i++)
        that(i == place || state.parameters[i] == 1, "a gradient %g elsewhere", static_cast<double>(special));
      const double size = std::fabs(static_cast<double>(special));
      if (!std::isfinite(special)) {
        that(!std::isfinite(state.parameters[place]), "a gradient %g is hidden", static_cast<double>(special));
      } else if (size < 1e18) {
        // The first step is as long as the rate, except for gradients near epsilon.
        const double change = kRate * static_cast<double>(special) / (size + kAdamEpsilon);
        that(near(state.parameters[place], 1 - change, 2 * kEpsilon), "a gradient %g moves its parameter to %.9g",
             static_cast<double>(special), static_cast<double>(state.parameters[place]));
      } else {
        // The square of the gradient overflows. Even then no step is longer than the first one.
        that(std::fabs(state.parameters[place] - 1) <= 4e-4f, "a gradient %g moves its parameter to %.9g",
             static_cast<double>(special), static_cast<double>(state.parameters[place]));
      }
    }
  }
  // Without gradients the moments fade and then are 0, never denormal.
  AdamState state(33);
  for (int64_t i = 0; i < 33; i++)
    state.parameters[i] = 1, state.gradient[i] = 0, state.first[i] = 1e-29f, state.second[i] = 1e-29f;
  step_adam(state, 1, teams[0]);
  that(state.first[0] > 0 && state.second[0] > 0 && state.first[32] > 0, "moments that fade");
  for (int64_t i = 0; i < 33; i++) state.first[i] = i % 2 == 0 ? 1e-31f : -1e-31f, state.second[i] = 7e-31f;
  step_adam(state, 2, teams[0]);
  for (int64_t i = 0; i < 33; i++) that(state.first[i] == 0 && state.second[i] == 0, "moments that have faded");
}

void end_step() {
  for (const int64_t width : {1, 4, 7}) {
    const int64_t rows = 3;
    Guarded<float> log(rows * width);
    Guarded<int64_t> step(std::vector<int64_t>{4});
    Numbers numbers(17);
    for (int64_t now = 4; now < 9; now++) {
      Guarded<float> losses(numbers.floats(width, 0, 1));
      Floats wanted = log.values();
      for (int64_t k = 0; k < width; k++) wanted[static_cast<size_t>(now % rows * width + k)] = losses[k];
      kernels->end_step(losses.get(), log.get(), rows, width, step.get());
      same_bits(wanted, log.values(), "the log");
      that(step[0] == now + 1, "the step is %ld", static_cast<long>(step[0]));
    }
  }
}

}  // namespace

void test_parameters() {
  check::group("add", add);
  check::group("Adam", adam);
  check::group("special values in Adam", adam_specials);
  check::group("end of a step", end_step);
}

}  // namespace operations
