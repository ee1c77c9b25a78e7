// Lengths between points whose coordinates lie side by side.
#pragma once

#include "../../kernels/exact_distance.h"
#include "isa.h"

namespace gputae::GPUTAE_NAMESPACE {

// Chunks of the exact rule that are summed side by side, since each of their sums is one long chain of operations.
constexpr int kChunksTogether = 8;

// squared_length of exact_distance.h for points whose coordinates lie side by side: the same operations, but those of
// different chunks take turns.
static inline float squared_length_of_rows(const float* u, const float* v, int64_t d) {
  constexpr int64_t kTogether = kChunksTogether * kDistanceChunk;
  float s = 0;
  int64_t first = 0;
  for (; first + kTogether <= d; first += kTogether) {
    float c[kChunksTogether] = {};
    for (int k = 0; k < kDistanceChunk; k++) {
      for (int chunk = 0; chunk < kChunksTogether; chunk++) {
        const int64_t at = first + chunk * kDistanceChunk + k;
        const float t = u[at] - v[at];
        c[chunk] = fused_multiply_add(t, t, c[chunk]);
      }
    }
    for (const float chunk : c) s = s + chunk;
  }
  // A chunk alone is its own squared length.
  for (; first < d; first += kDistanceChunk) {
    const int width = static_cast<int>(d - first < kDistanceChunk ? d - first : kDistanceChunk);
    s = s + squared_length(u + first, 1, v + first, 1, width);
  }
  return s;
}

}  // namespace gputae::GPUTAE_NAMESPACE
