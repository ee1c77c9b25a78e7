package gputae.evaluate;

import gputae.linear.FloatPoints;

/** Where embeddings lie relative to the unit ball. */
public final class UnitBall {

  /** Points lie roughly within the ball, as the paper says, if at most this share of them is outside. */
  public static final double ROUGHLY_WITHIN = 0.15;

  /** Points fill the ball if their 95 % hole is at most so many times that of uniform points. */
  public static final double FILLED = 1.5;

  private UnitBall() {}

  /** Share of the points whose Euclidean norm is greater than 1; between 0 and 1. */
  public static double shareOutside(FloatPoints points) {
    int outside = 0;
    for (int i = 0; i < points.count(); i++) {
      // NaN counts as outside.
      if (!(points.squaredNorm(i) <= 1)) {
        outside++;
      }
    }
    return (double) outside / points.count();
  }
}
