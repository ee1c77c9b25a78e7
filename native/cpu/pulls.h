// The gradient of a loss of edge lengths.
#pragma once

#include "isa.h"

namespace gputae::GPUTAE_NAMESPACE {

// Adds to the gradient (n, d) what an edge between points u and v of z (n, d) pulls: slope (z_u - z_v) to point u and
// the opposite to point v.
static inline void pull_ends(const float* z, int64_t u, int64_t v, int64_t d, float slope, float* gradient) {
  for (int64_t k = 0; k < d; k++) {
    const float pull = slope * (z[u * d + k] - z[v * d + k]);
    gradient[u * d + k] += pull;
    gradient[v * d + k] -= pull;
  }
}

}  // namespace gputae::GPUTAE_NAMESPACE
