// exp, expm1 and the inverse hyperbolic tangent for float32 in a form that g++ vectorises without fast-math: no
// branches, no calls, no integer conversions that overflow.
//
// exp(x) = 2^n (1 + q), n = round(x / ln 2), q = expm1(r), r = x - n ln 2 in [-0.347, 0.347]. Adding 1.5 * 2^23 rounds
// to an integer and leaves it in the low bits. native/testing/cpu/operations/exponentials.cpp measures and bounds the
// worst errors, in units in the last place: exp 1.01, exp - 1 0.83, sigmoid 2.4, log(1 + exp) 3.8. NaN passes through:
// every result is computed from x by multiplication and addition.
#pragma once

#include "isa.h"

namespace gputae::GPUTAE_NAMESPACE {

struct Exponential {
  float scale;  // 2^n
  float q;      // expm1(r)
};

static inline uint32_t bits(float x) {
  uint32_t b;
  __builtin_memcpy(&b, &x, sizeof b);
  return b;
}

static inline float from_bits(uint32_t b) {
  float x;
  __builtin_memcpy(&x, &b, sizeof x);
  return x;
}

// Beyond these bounds exp is nearly 0 or infinite in float32 anyway. Within them the scale is a normal number. A NaN
// fails the comparisons, so it passes through.
static inline float at_least(float x) { return x < -87.0f ? -87.0f : x; }
static inline float at_most(float x) { return x > 88.0f ? 88.0f : x; }

// x in [-87, 88]
static inline Exponential split_exponential(float x) {
  const float kRound = 12582912.0f;
  const float shifted = multiply_add(x, 1.44269504088896341f, kRound);
  const float n = shifted - kRound;
  // ln 2 has two parts. The first one has 9 significant bits, so n times this part is exact.
  float r = multiply_add(n, -0.693359375f, x);
  r = multiply_add(n, 2.12194440e-4f, r);
  // Taylor's series up to r^7. The first term that is left out is below 5e-9 relative on the interval.
  float p = 1.0f / 5040;
  p = multiply_add(p, r, 1.0f / 720);
  p = multiply_add(p, r, 1.0f / 120);
  p = multiply_add(p, r, 1.0f / 24);
  p = multiply_add(p, r, 1.0f / 6);
  p = multiply_add(p, r, 0.5f);
  const float q = multiply_add(p * r, r, r);
  return {from_bits((bits(shifted) << 23) + 0x3F800000u), q};
}

static inline float exponential(float x) {
  const Exponential e = split_exponential(at_most(at_least(x)));
  return multiply_add(e.scale, e.q, e.scale);
}

// For x that is not above 0.
static inline float exponential_below_zero(float x) {
  const Exponential e = split_exponential(at_least(x));
  return multiply_add(e.scale, e.q, e.scale);
}

static inline float exponential_minus_one(float x) {
  const Exponential e = split_exponential(at_most(at_least(x)));
  return multiply_add(e.scale, e.q, e.scale - 1);
}

// 2 atanh(s) = log((1 + s) / (1 - s)) for s in [0, 1/3]; with s = x / (2 + x) it is log(1 + x) for x in [0, 1].
static inline float twice_inverse_tanh(float s) {
  const float t = s * s;
  float p = 2.0f / 15;
  p = multiply_add(p, t, 2.0f / 13);
  p = multiply_add(p, t, 2.0f / 11);
  p = multiply_add(p, t, 2.0f / 9);
  p = multiply_add(p, t, 2.0f / 7);
  p = multiply_add(p, t, 2.0f / 5);
  p = multiply_add(p, t, 2.0f / 3);
  return multiply_add(p * t, s, 2 * s);
}

}  // namespace gputae::GPUTAE_NAMESPACE
