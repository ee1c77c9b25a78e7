// The activations of dense layers, forward and backward, for rows of numbers. Definitions: kernels/activation.h. Each
// loop has neither branches nor calls, so that g++ vectorises it. A NaN stays a NaN.
//
// native/testing/cpu/operations/exponentials.cpp measures and bounds the worst errors, in units in the last place: tanh
// 2.5, GELU above 0 1.6.
#pragma once

#include "exponential.h"

namespace gputae::GPUTAE_NAMESPACE {

constexpr float kLeakySlope = 0.01f;
constexpr float kRootOfHalf = 0.70710678118654752f;    // 1 / sqrt(2)
constexpr float kPeakOfNormal = 0.39894228040143268f;  // 1 / sqrt(2 pi)

// tanh(|x|) = (1 - e) / (1 + e) with e = exp(-2 |x|).
static inline float hyperbolic_tangent(float x) {
  const float e = exponential_minus_one(-2 * __builtin_fabsf(x));
  return __builtin_copysignf(-e / (e + 2), x);
}

// erf(x) = 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x.
//
// Up to |x| = 0.9 it is the Maclaurin series 2 / sqrt(pi) sum (-1)^n x^(2n+1) / (n! (2n+1)) (Abramowitz, Stegun 1964,
// 7.1.5) up to n = 9; the first term that is left out is below 6e-9. It is summed as x + x q, so that the rounding of
// 2 / sqrt(pi) does not count. Beyond 0.9 it is 1 - exp(-p). The polynomial p is close to -log(1 - erf) from 0.9 to 4:
// it has the least sum of squared differences at 400 Chebyshev points, each weighted by 1 - erf, computed with 40
// digits. From 4 on, erf rounds to 1.
static inline float error_function(float x) {
  constexpr double kFactor = 1.12837916709551257;  // 2 / sqrt(pi)
  const float size = __builtin_fabsf(x);
  const float square = x * x;
  float q = static_cast<float>(-kFactor / (362880.0 * 19));
  q = multiply_add(q, square, static_cast<float>(kFactor / (40320.0 * 17)));
  q = multiply_add(q, square, static_cast<float>(-kFactor / (5040.0 * 15)));
  q = multiply_add(q, square, static_cast<float>(kFactor / (720.0 * 13)));
  q = multiply_add(q, square, static_cast<float>(-kFactor / (120.0 * 11)));
  q = multiply_add(q, square, static_cast<float>(kFactor / (24.0 * 9)));
  q = multiply_add(q, square, static_cast<float>(-kFactor / (6.0 * 7)));
  q = multiply_add(q, square, static_cast<float>(kFactor / (2.0 * 5)));
  q = multiply_add(q, square, static_cast<float>(-kFactor / 3.0));
  q = multiply_add(q, square, static_cast<float>(kFactor - 1));
  const float near = multiply_add(x, q, x);
  const float far = size > 4 ? 4 : size;
  float p = -1.98549154e-4f;
  p = multiply_add(p, far, 3.06806504e-3f);
  p = multiply_add(p, far, -2.23231986e-2f);
  p = multiply_add(p, far, 1.04126185e-1f);
  p = multiply_add(p, far, 6.36965752e-1f);
  p = multiply_add(p, far, 1.12780142f);
  p = multiply_add(p, far, 1.65832331e-4f);
  const float beyond = __builtin_copysignf(1 - exponential_below_zero(-p), x);
  return size > 0.9f ? beyond : near;
}

// The standard normal distribution function.
static inline float normal_distribution(float v) { return 0.5f * (1 + error_function(v * kRootOfHalf)); }

// y = activation(y), `count` numbers.
static inline void activate(int activation, float* y, int64_t count) {
  switch (activation) {
    case GPUTAE_ELU:
      for (int64_t j = 0; j < count; j++) y[j] = y[j] > 0 ? y[j] : exponential_minus_one(y[j]);
      break;
    case GPUTAE_RELU:
      for (int64_t j = 0; j < count; j++) y[j] = y[j] < 0 ? 0 : y[j];
      break;
    case GPUTAE_LEAKY_RELU:
      for (int64_t j = 0; j < count; j++) y[j] = y[j] > 0 ? y[j] : kLeakySlope * y[j];
      break;
    case GPUTAE_TANH:
      for (int64_t j = 0; j < count; j++) y[j] = hyperbolic_tangent(y[j]);
      break;
    case GPUTAE_GELU:
      for (int64_t j = 0; j < count; j++) y[j] = y[j] * normal_distribution(y[j]);
      break;
    default:
      break;
  }
}

// dy, the gradient after the activation, becomes the gradient before it. kept is what the activation keeps: the value v
// before it for GELU, the output y for the others.
static inline void activate_backward(int activation, const float* kept, float* dy, int64_t count) {
  switch (activation) {
    case GPUTAE_ELU:
      for (int64_t i = 0; i < count; i++) dy[i] *= kept[i] > 0 ? 1.0f : kept[i] + 1;
      break;
    case GPUTAE_RELU:
      for (int64_t i = 0; i < count; i++) dy[i] *= kept[i] > 0 ? 1.0f : kept[i];  // 0 or a NaN
      break;
    case GPUTAE_LEAKY_RELU:
      for (int64_t i = 0; i < count; i++) {
        const float below = kept[i] <= 0 ? kLeakySlope : kept[i];
        dy[i] *= kept[i] > 0 ? 1.0f : below;
      }
      break;
    case GPUTAE_TANH:
      for (int64_t i = 0; i < count; i++) dy[i] *= 1 - kept[i] * kept[i];
      break;
    case GPUTAE_GELU:
      for (int64_t i = 0; i < count; i++) {
        const float v = kept[i];
        dy[i] *= multiply_add(v, kPeakOfNormal * exponential_below_zero(-0.5f * v * v), normal_distribution(v));
      }
      break;
    default:
      break;
  }
}

}  // namespace gputae::GPUTAE_NAMESPACE
