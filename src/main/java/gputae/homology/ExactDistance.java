package gputae.homology;

import gputae.linear.DoublePoints;
import gputae.linear.FloatPoints;

/**
 * The exact rule of distances in Java. It does the same operations in the same order as kernels/exact_distance.h, which
 * states the rule, and so gives the same bits.
 */
public final class ExactDistance {

  /** Number of coordinates that are summed before they are added to the total. */
  static final int CHUNK = 32;

  private ExactDistance() {}

  /** Squared length between points u and v of a cloud. */
  public static float squared(FloatPoints cloud, int u, int v) {
    float[] points = cloud.coordinates();
    int dimension = cloud.dimension();
    int a = u * dimension;
    int b = v * dimension;
    float s = 0;
    for (int first = 0; first < dimension; first += CHUNK) {
      int last = Math.min(dimension, first + CHUNK);
      float c = 0;
      for (int k = first; k < last; k++) {
        float t = points[a + k] - points[b + k];
        c = Math.fma(t, t, c);
      }
      s += c;
    }
    return s;
  }

  /** The same rule in double precision. */
  public static double squared(DoublePoints cloud, int u, int v) {
    double[] points = cloud.coordinates();
    int dimension = cloud.dimension();
    int a = u * dimension;
    int b = v * dimension;
    double s = 0;
    for (int first = 0; first < dimension; first += CHUNK) {
      int last = Math.min(dimension, first + CHUNK);
      double c = 0;
      for (int k = first; k < last; k++) {
        double t = points[a + k] - points[b + k];
        c = Math.fma(t, t, c);
      }
      s += c;
    }
    return s;
  }

  /** Length from a squared length: the correctly rounded square root. */
  public static float length(float squared) {
    // The double root of a float, rounded to float, is the correctly rounded float root (a double has more than twice
    // the bits).
    return (float) Math.sqrt(squared);
  }

  /** The ids of an edge as one number, the smaller first; it decides between edges of equal length. */
  static long ids(int u, int v) {
    return (long) Math.min(u, v) << 32 | Math.max(u, v);
  }
}
