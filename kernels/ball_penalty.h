// The penalty of one point for lying outside the unit ball.
#pragma once

#include "device.h"

namespace gputae {

namespace {

enum BallPenalty { kNorm = 0, kSquared = 1 };

// What a point z adds to the loss, max(|z| - 1, 0) or max(|z|^2 - 1, 0), and the factor of z in the gradient.
struct Outside {
  double excess, slope;
};

// The penalty of the point row (d).
__device__ inline Outside outside_ball(const float* row, int d, int penalty, float weight) {
  double square = 0;
  for (int k = 0; k < d; k++) square += static_cast<double>(row[k]) * row[k];
  const double norm = sqrt(square);
  const double excess = (penalty == kNorm ? norm : square) - 1;
  // This comparison is false for a NaN, so a NaN is added to the loss and does not count as a point inside the ball.
  if (excess <= 0) return {0, 0};
  return {excess, penalty == kNorm ? weight / norm : 2.0 * weight};
}

}  // namespace
}  // namespace gputae
