// Activations of dense layers, and their derivatives. The definitions are PyTorch's. v is the value before the
// activation, y the value after it:
//
//   ELU (Clevert, Unterthiner, Hochreiter 2016, alpha = 1): y = v for v > 0, else exp(v) - 1; derivative 1 for y > 0,
//   else y + 1.
//   ReLU: y = max(v, 0); derivative 1 for y > 0, else 0.
//   Leaky ReLU (Maas, Hannun, Ng 2013, slope 0.01): y = v for v > 0, else 0.01 v; derivative 1 for y > 0, else 0.01.
//   tanh: derivative 1 - y^2.
//   GELU (Hendrycks, Gimpel 2016): y = v P(v), where P(v) = (1 + erf(v / sqrt 2)) / 2 is the distribution function of
//   the standard normal distribution; derivative P(v) + v exp(-v^2 / 2) / sqrt(2 pi).
//
// GELU is not monotone, so v does not follow from y. A backward pass gets what the activation keeps: v for GELU, y for
// the others. erff and tanhf of CUDA are within 2 units in the last place (CUDA C++ Programming Guide, "Mathematical
// Functions").
#pragma once

#include <cstdint>

namespace gputae {
namespace {

enum Activation { kIdentity = 0, kElu = 1, kRelu = 2, kLeakyRelu = 3, kTanh = 4, kGelu = 5 };

constexpr float kLeakySlope = 0.01f;
constexpr float kRootOfHalf = 0.70710678118654752f;    // 1 / sqrt(2)
constexpr float kPeakOfNormal = 0.39894228040143268f;  // 1 / sqrt(2 pi)

// The standard normal distribution function.
__device__ inline float normal_distribution(float v) { return 0.5f * (1 + erff(v * kRootOfHalf)); }

// A NaN before the activation gives a NaN.
__device__ inline float activated(float v, int32_t activation) {
  switch (activation) {
    case kElu:
      return v > 0 ? v : expm1f(v);
    case kRelu:
      return v < 0 ? 0 : v;
    case kLeakyRelu:
      return v > 0 ? v : kLeakySlope * v;
    case kTanh:
      return tanhf(v);
    case kGelu:
      return v * normal_distribution(v);
    default:
      return v;
  }
}

// Stores y = activated(v) at a place of y and, unless `before` is null, v at the same place of `before`.
__device__ inline float store_activated(float v, int32_t activation, int64_t at, float* __restrict__ before,
                                        float* __restrict__ y) {
  if (before != nullptr) before[at] = v;
  return y[at] = activated(v, activation);
}

// Computes the gradient before the activation from the gradient after it and from what the activation keeps. With
// kIdentity, `kept` is ignored.
__device__ inline float before_activation(float gradient, float kept, int32_t activation) {
  switch (activation) {
    case kElu:
      // A NaN is not above 0, so the result is a NaN; in the next two cases too.
      return kept > 0 ? gradient : gradient * (kept + 1);
    case kRelu:
      return kept > 0 ? gradient : gradient * kept;  // kept is 0
    case kLeakyRelu:
      return kept > 0 ? gradient : gradient * (kept <= 0 ? kLeakySlope : kept);
    case kTanh:
      return gradient * (1 - kept * kept);
    case kGelu:
      return gradient * (normal_distribution(kept) + kept * (kPeakOfNormal * expf(-0.5f * kept * kept)));
    default:
      return gradient;
  }
}

// The same for several values of a thread. GELU has a branch of its own, since dense_backward has no register left for
// the constants of erff while it does anything else.
template <int kCount>
__device__ inline void before_activations(float (&gradients)[kCount], const float (&kept)[kCount], int32_t activation) {
  if (activation == kGelu) {
#pragma unroll
    for (int i = 0; i < kCount; i++) gradients[i] = before_activation(gradients[i], kept[i], kGelu);
  } else {
#pragma unroll
    for (int i = 0; i < kCount; i++) gradients[i] = before_activation(gradients[i], kept[i], activation);
  }
}

}  // namespace
}  // namespace gputae
