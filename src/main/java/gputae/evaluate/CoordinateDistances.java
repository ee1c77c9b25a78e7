package gputae.evaluate;

import gputae.linear.FloatPoints;

/**
 * Squared distances from points to a cloud: for each pair the sum of (x_k - y_k)^2 in double, k ascending, with the
 * same bits as {@link FloatPoints#squaredDistance}.
 */
final class CoordinateDistances implements SquaredDistances {

  /** Number of points y at a time, so that their sums stay in the first-level cache of a core. */
  private static final int BLOCK = 1024;

  private final FloatPoints cloud;
  private final double[][] columns; // (d, n)

  CoordinateDistances(FloatPoints cloud) {
    this.cloud = cloud;
    int d = cloud.dimension();
    columns = new double[d][cloud.count()];
    for (int j = 0; j < cloud.count(); j++) {
      for (int k = 0; k < d; k++) {
        columns[k][j] = cloud.coordinates()[j * d + k];
      }
    }
  }

  @Override
  public int count() {
    return cloud.count();
  }

  @Override
  public void rows(int from, int to, int first, double[][] out) {
    rows(cloud, from, to, first, out);
  }

  /** As {@link #rows(int, int, int, double[][])}, from the points {@code from} to {@code to - 1} of another cloud. */
  void rows(FloatPoints points, int from, int to, int first, double[][] out) {
    int d = cloud.dimension();
    if (points.dimension() != d) {
      throw new IllegalArgumentException(
          "points of dimension " + points.dimension() + " have no distances to points of dimension " + d);
    }
    float[] x = points.coordinates();
    int n = cloud.count();
    for (int low = first; low < n; low += BLOCK) {
      int high = Math.min(n, low + BLOCK);
      for (int i = from; i < to; i++) {
        double[] sums = out[i - from];
        assign(sums, low, high, columns[0], x[i * d]);
        int k = 1;
        for (; k + 2 <= d; k += 2) {
          add(sums, low, high, columns[k], x[i * d + k], columns[k + 1], x[i * d + k + 1]);
        }
        if (k < d) {
          add(sums, low, high, columns[k], x[i * d + k]);
        }
      }
    }
  }

  private static void assign(double[] sums, int low, int high, double[] a, double x) {
    for (int j = low; j < high; j++) {
      sums[j] = (x - a[j]) * (x - a[j]);
    }
  }

  private static void add(double[] sums, int low, int high, double[] a, double x) {
    for (int j = low; j < high; j++) {
      sums[j] += (x - a[j]) * (x - a[j]);
    }
  }

  private static void add(double[] sums, int low, int high, double[] a, double x, double[] b, double y) {
    for (int j = low; j < high; j++) {
      sums[j] = sums[j] + (x - a[j]) * (x - a[j]) + (y - b[j]) * (y - b[j]);
    }
  }
}
