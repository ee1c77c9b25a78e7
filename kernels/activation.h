// Activations of dense layers, and their derivatives, which are computed from the output alone.
//
//   ELU (Clevert, Unterthiner, Hochreiter 2016, alpha = 1): y = v for v > 0, else exp(v) - 1; its derivative is 1 for
//   y > 0, else y + 1.
#pragma once

#include <cstdint>

namespace gputae {
namespace {

enum Activation { kIdentity = 0, kElu = 1 };

__device__ inline float activated(float v, int32_t activation) {
  // For a NaN, expm1f is called and returns a NaN.
  return activation == kElu && !(v > 0) ? expm1f(v) : v;
}

// Computes the gradient before ELU from the gradient after ELU and from ELU's output.
__device__ inline float before_elu(float gradient, float y) {
  // A NaN in y is not above 0, so the result is a NaN.
  return y > 0 ? gradient : gradient * (y + 1);
}

}  // namespace
}  // namespace gputae
