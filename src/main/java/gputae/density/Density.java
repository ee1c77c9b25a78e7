package gputae.density;

import gputae.linear.FloatPoints;
import java.util.stream.IntStream;

/** A probability density on the points of d dimensions, fitted to a cloud. */
public abstract sealed class Density permits GaussianMixture, KernelDensity {

  /** The uniform number of a point that chooses its component; the normal numbers begin behind it. */
  private static final int CHOICE = 0;

  private static final int NORMALS = 2;

  /** Number of coordinates of a point. */
  public abstract int dimension();

  /** The natural logarithm of the density at a point [d]. */
  public abstract double logDensity(double... point);

  /**
   * A point [d] of the distribution.
   *
   * @param choice  uniform in [0, 1)
   * @param normals [d], independent standard normal
   */
  abstract double[] point(double choice, double[] normals);

  /**
   * Draws points and rounds them to float32. Each point is a function of the seed, its number and the stream (the last
   * word of the counter of {@link gputae.backend.Philox}): the first points do not depend on the count, and neither the
   * machine nor the number of threads changes any.
   */
  public final FloatPoints sample(int count, long seed, int stream) {
    int d = dimension();
    float[] coordinates = new float[Math.multiplyExact(count, d)];
    IntStream.range(0, count).parallel().forEach(i -> {
      Draws draws = new Draws(seed, i, stream);
      double[] point = point(draws.uniform(CHOICE), draws.normals(NORMALS, d));
      for (int k = 0; k < d; k++) {
        coordinates[i * d + k] = (float) point[k];
      }
    });
    return new FloatPoints(coordinates, d);
  }

  /**
   * Refuses clouds to which no distribution is fitted.
   *
   * @throws IllegalArgumentException if there is no point, a coordinate is not finite, or all points are equal
   */
  static void requireCloud(FloatPoints points) {
    points.requireFinite();
    float[] all = points.coordinates();
    for (int i = points.dimension(); i < all.length; i++) {
      if (all[i] != all[i % points.dimension()]) {
        return;
      }
    }
    throw new IllegalArgumentException("all " + points.count() + " points are equal; no distribution fits them");
  }

  /** log(exp(logs[0]) + ... + exp(logs[n - 1])), without overflow. */
  static double logSumExp(double[] logs) {
    double most = Double.NEGATIVE_INFINITY;
    for (double log : logs) {
      most = Math.max(most, log);
    }
    double sum = 0;
    for (double log : logs) {
      sum += StrictMath.exp(log - most);
    }
    return most + StrictMath.log(sum);
  }
}
