package gputae.homology;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.linear.DoublePoints;
import gputae.linear.FloatPoints;
import java.util.Arrays;

/**
 * 0-dimensional persistent homology of point clouds of any size and scale.
 *
 * <p>A cloud is scaled by a power of two, which is exact, so that the squares of its distances use the whole range of
 * float32: clouds of extent 10^30 do not overflow and clouds of extent 10^-30 do not vanish. Lengths are scaled back.
 * For double coordinates, the middle of each axis is first subtracted in double; then they are rounded to float32 once.
 * {@link DoublePrecision} decides whether that is accurate enough.
 */
public final class Homology {

  private Homology() {}

  /**
   * The spanning tree of float32 points.
   *
   * @throws IllegalArgumentException as {@link FloatPoints#requireFinite}
   */
  public static SpanningTree spanningTree(Backend backend, FloatPoints points) {
    points.requireFinite();
    float largest = largest(points);
    int exponent = largest == 0 ? 0 : targetExponent(points.dimension()) - Math.getExponent((double) largest);
    FloatPoints scaled = points;
    if (exponent != 0) {
      float[] x = points.coordinates().clone();
      for (int i = 0; i < x.length; i++) {
        x[i] = Math.scalb(x[i], exponent);
      }
      scaled = new FloatPoints(x, points.dimension());
    }
    return run(backend, scaled, exponent);
  }

  private static float largest(FloatPoints points) {
    float largest = 0;
    for (float x : points.coordinates()) {
      largest = Math.max(largest, Math.abs(x));
    }
    return largest;
  }

  /**
   * The spanning tree of double points rounded to float32, as for float32 points. {@link DoublePrecision} keeps all
   * their digits.
   */
  public static SpanningTree spanningTree(Backend backend, DoublePoints points) {
    points.requireFinite();
    Rounded rounded = rounded(points);
    return run(backend, rounded.points, rounded.exponent);
  }

  /**
   * Checks whether the scales of the points differ so much that squares of some distances in their tree lose digits in
   * float32. If so, {@link DoublePrecision} is for them.
   */
  public static boolean hasWideScales(FloatPoints points, SpanningTree tree) {
    float[] x = points.coordinates();
    int dimension = points.dimension();
    float largest = largest(points);
    // In the engine's units this is 2^-60; smaller squares lose digits.
    double least = largest == 0
        ? 0 : Math.scalb(0x1p-60, Math.getExponent((double) largest) - targetExponent(dimension));
    for (int e = 0; e < tree.lengths().length; e++) {
      int u = tree.edges()[2 * e] * dimension;
      int v = tree.edges()[2 * e + 1] * dimension;
      if (tree.lengths()[e] < least && !Arrays.equals(x, u, u + dimension, x, v, v + dimension)) {
        return true;
      }
    }
    return false;
  }

  /**
   * A cloud that was moved, scaled by 2^exponent and rounded to float32.
   *
   * @param error the largest distance by which rounding moved a point, after scaling
   */
  record Rounded(FloatPoints points, int exponent, double error) {}

  /** Rounds a cloud; all its coordinates must be finite. */
  static Rounded rounded(DoublePoints cloud) {
    double[] points = cloud.coordinates();
    int dimension = cloud.dimension();
    double[] low = new double[dimension];
    double[] high = new double[dimension];
    for (int i = 0; i < points.length; i++) {
      int axis = i % dimension;
      low[axis] = i < dimension ? points[i] : Math.min(low[axis], points[i]);
      high[axis] = i < dimension ? points[i] : Math.max(high[axis], points[i]);
    }
    double largest = 0;
    for (int k = 0; k < dimension; k++) {
      // Each number is halved first, since the sum of two huge numbers would overflow.
      double middle = low[k] / 2 + high[k] / 2;
      low[k] = middle;
      largest = Math.max(largest, high[k] - middle);
    }
    int exponent = largest == 0 ? 0 : targetExponent(dimension) - exponentOf(largest);
    float[] scaled = new float[points.length];
    double worst = 0;
    for (int from = 0; from < points.length; from += dimension) {
      double squared = 0;
      for (int k = 0; k < dimension; k++) {
        double exact = Math.scalb(points[from + k] - low[k], exponent);
        scaled[from + k] = (float) exact;
        double moved = scaled[from + k] - exact;
        squared += moved * moved;
      }
      worst = Math.max(worst, squared);
    }
    // Moving the cloud also rounds, in double.
    return new Rounded(new FloatPoints(scaled, dimension), exponent, Math.sqrt(worst) * (1 + 0x1p-30)
        + Math.sqrt(dimension) * Math.scalb(largest, exponent) * 0x1p-52);
  }

  /** As Math.getExponent, but for subnormal numbers too. */
  static int exponentOf(double x) {
    return x < Double.MIN_NORMAL ? Math.getExponent(x * 0x1p100) - 100 : Math.getExponent(x);
  }

  /** If the largest coordinate has this exponent, d (2 * 2 * 2^E)^2 is at most 2^127. */
  private static int targetExponent(int dimension) {
    int dimensionBits = 32 - Integer.numberOfLeadingZeros(dimension - 1);
    return (123 - dimensionBits) / 2;
  }

  static SpanningTree run(Backend backend, FloatPoints points, int exponent) {
    int n = points.count();
    int[] edges = new int[2 * (n - 1)];
    double[] lengths = new double[n - 1];
    try (Matrix x = backend.allocate(n, points.dimension());
        Matrix ends = backend.allocate(ElementType.INT32, n - 1, 2);
        Matrix deaths = backend.allocate(1, n - 1)) {
      x.upload(points.coordinates());
      backend.spanningTree(x, ends, deaths);
      backend.download(ends, edges, 0);
      float[] found = deaths.toFloats();
      for (int i = 0; i < lengths.length; i++) {
        lengths[i] = Math.scalb((double) found[i], -exponent);
      }
    }
    return new SpanningTree(edges, lengths);
  }
}
