package gputae.homology;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import java.util.Arrays;
import java.util.Optional;

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
   * @param points row-major (n, d), n at least 1
   * @throws IllegalArgumentException naming the first point with a coordinate that is not finite
   */
  public static SpanningTree spanningTree(Backend backend, float[] points, int dimension) {
    float largest = 0;
    for (int i = 0; i < points.length; i++) {
      if (!Float.isFinite(points[i])) {
        throw notFinite(i, dimension, points[i]);
      }
      largest = Math.max(largest, Math.abs(points[i]));
    }
    int exponent = largest == 0 ? 0 : targetExponent(dimension) - Math.getExponent((double) largest);
    float[] scaled = points;
    if (exponent != 0) {
      scaled = new float[points.length];
      for (int i = 0; i < points.length; i++) {
        scaled[i] = Math.scalb(points[i], exponent);
      }
    }
    return run(backend, scaled, dimension, exponent);
  }

  /**
   * The spanning tree of double points rounded to float32, as for float32 points. {@link DoublePrecision} keeps all
   * their digits.
   */
  public static SpanningTree spanningTree(Backend backend, double[] points, int dimension) {
    Rounded rounded = rounded(points, dimension);
    return run(backend, rounded.points, dimension, rounded.exponent);
  }

  /**
   * Checks whether the scales of the points differ so much that squares of some distances in their tree lose digits in
   * float32. If so, returns the points as doubles, for {@link DoublePrecision}; otherwise empty.
   */
  public static Optional<double[]> wideScales(float[] points, int dimension, SpanningTree tree) {
    float largest = 0;
    for (float x : points) {
      largest = Math.max(largest, Math.abs(x));
    }
    // In the engine's units this is 2^-60; smaller squares lose digits.
    double least = largest == 0
        ? 0 : Math.scalb(0x1p-60, Math.getExponent((double) largest) - targetExponent(dimension));
    for (int e = 0; e < tree.lengths().length; e++) {
      int u = tree.edges()[2 * e] * dimension;
      int v = tree.edges()[2 * e + 1] * dimension;
      if (tree.lengths()[e] < least && !Arrays.equals(points, u, u + dimension, points, v, v + dimension)) {
        double[] wide = new double[points.length];
        Arrays.setAll(wide, i -> points[i]);
        return Optional.of(wide);
      }
    }
    return Optional.empty();
  }

  /**
   * A cloud that was moved, scaled by 2^exponent and rounded to float32.
   *
   * @param error the largest distance by which rounding moved a point, after scaling
   */
  record Rounded(float[] points, int exponent, double error) {}

  static Rounded rounded(double[] points, int dimension) {
    double[] low = new double[dimension];
    double[] high = new double[dimension];
    for (int i = 0; i < points.length; i++) {
      if (!Double.isFinite(points[i])) {
        throw notFinite(i, dimension, points[i]);
      }
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
    return new Rounded(scaled, exponent, Math.sqrt(worst) * (1 + 0x1p-30)
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

  static IllegalArgumentException notFinite(int index, int dimension, double value) {
    return new IllegalArgumentException("point " + index / dimension + " (counted from 0) has the coordinate " + value
        + "; every coordinate must be finite");
  }

  static SpanningTree run(Backend backend, float[] points, int dimension, int exponent) {
    int n = points.length / dimension;
    int[] edges = new int[2 * (n - 1)];
    double[] lengths = new double[n - 1];
    try (Matrix x = backend.allocate(n, dimension);
        Matrix ends = backend.allocate(ElementType.INT32, n - 1, 2);
        Matrix deaths = backend.allocate(1, n - 1)) {
      x.upload(points);
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
