// The death times of a spanning tree as a loss, edge by edge: an edge of length l is a death time l and counts
// l^degree.
#pragma once

#include "device.h"

namespace gputae {

namespace {

// Whether an edge counts: it is not longer than max_edge, and its length is not 0. The condition is written so that a
// NaN counts. Of length 0, the power would be infinite for a degree below 1, and there is no direction of a pull.
__device__ inline bool counts(float length, float max_edge) { return !(length > max_edge || length == 0); }

// length^degree / length. For degree 1 this is 1 even if the length is 0.
__device__ inline double power_below(float length, float degree) {
  return degree == 1 ? 1 : pow(static_cast<double>(length), static_cast<double>(degree) - 1);
}

// The edge (i, j) adds this times z_i - z_j to the gradient of point i, and the opposite to that of point j. power is
// power_below of the edge.
__device__ inline float death_slope(float weight, float degree, double power, float length) {
  return static_cast<float>(weight * degree * power / length);
}

}  // namespace
}  // namespace gputae
