// The kernel function of the maximum mean discrepancy (mmd.cu, native/cpu/mmd.cpp): of a squared distance r it is
//
//   k(r) = sum over s of c / (c + r),  c = s * square
//
// a sum of inverse multiquadrics at the seven scales s of the code that Tolstikhin et al. 2018 published.
#pragma once

#include "exact_distance.h"

namespace gputae {
namespace {

// Adds c / (c + r) to value and the derivative -c / (c + r)^2 to slope. If r is infinite, both are 0.
GPUTAE_HOST_DEVICE inline void add_multiquadric(float c, float r, float& value, float& slope) {
  const float reciprocal = 1 / (c + r);
  const float term = c * reciprocal;
  value += term;
  slope -= term * reciprocal;
}

// Calls add(c) for each of the seven scales.
template <typename Add>
GPUTAE_HOST_DEVICE inline void each_scale(float square, Add add) {
  add(0.1f * square);
  add(0.2f * square);
  add(0.5f * square);
  add(square);
  add(2 * square);
  add(5 * square);
  add(10 * square);
}

}  // namespace
}  // namespace gputae
