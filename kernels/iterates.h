// The PH dimension of a ring of iterates, estimated from random subsets (Birdal, Lou, Guibas, Simsekli 2021: Intrinsic
// dimension, persistent homology and generalization in neural networks). What the GPU and the CPU have in common.
//
//   ring        `window` points, a multiple of 10 from 20 to kMostWindow; the newest one is at place step % window
//   subsets     kSubsets of them; subset j (from 0) has (j + 1) window / 10 points: those with the least
//               (subset_key, place)
//   E(j)        sum of the lengths of the minimum spanning tree of subset j. Its edges have the order (length, smaller
//               place, larger place)
//   value       1 / (1 - m), m the slope of log E(j) against the log of the sizes by least squares; 0 if one of the E
//               is 0
#pragma once

#include <cstdint>

#include "philox.h"

namespace gputae {
namespace {

constexpr int kSubsets = 9;

constexpr int kMostWindow = 128;

// The number of points of a subset.
GPUTAE_HOST_DEVICE inline int subset_size(int window, int subset) { return window / 10 * (subset + 1); }

// The points with the least keys are the subset.
GPUTAE_HOST_DEVICE inline uint32_t subset_key(uint64_t seed, uint32_t stream, int64_t step, int window, int subset,
                                              int place) {
  return philox(seed, static_cast<uint64_t>(static_cast<int64_t>(subset) * window + place), static_cast<uint32_t>(step),
                stream)
      .x[0];
}

// Returns the value for the logarithms x of the sizes and y of the sums. derivatives[j] = the derivative of the value
// with respect to y[j].
GPUTAE_HOST_DEVICE inline double fit_dimension(const double* x, const double* y, double* derivatives) {
  double sum = 0;
  bool zero = false;
  for (int j = 0; j < kSubsets; j++) {
    sum += x[j];
    zero = zero || y[j] < -1000;  // the logarithm of 0, and of no other number
  }
  const double middle = sum / kSubsets;
  // The differences x[j] - middle add up to 0, so nothing need be subtracted from the other factors.
  double xx = 0, xy = 0;
  for (int j = 0; j < kSubsets; j++) {
    xx += (x[j] - middle) * x[j];
    xy += (x[j] - middle) * y[j];
  }
  const double value = zero ? 0 : 1 / (1 - xy / xx);
  const double factor = value * value / xx;
  for (int j = 0; j < kSubsets; j++) derivatives[j] = factor * (x[j] - middle);
  return value;
}

}  // namespace
}  // namespace gputae
