package gputae.study;

import gputae.evaluate.ShapeMeasures;
import gputae.linear.FloatPoints;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The distances of a cloud's points from its mean, after the cloud is standardised
 * ({@link ShapeMeasures#standardised}).
 *
 * @param radii ascending
 */
record RadialProfile(double[] radii) {

  /** Width of a bin of {@link #density}. */
  static final double BIN = 0.1;

  /** Number of bins; points beyond the last one are in none. */
  static final int BINS = 40;

  /** Nothing if the cloud cannot be standardised. */
  static Optional<RadialProfile> of(FloatPoints cloud) {
    return ShapeMeasures.standardised(cloud).map(points -> new RadialProfile(norms(points)));
  }

  private static double[] norms(FloatPoints points) {
    return IntStream.range(0, points.count()).mapToDouble(i -> norm(points, i)).sorted().toArray();
  }

  /** The Euclidean norm of a point. */
  static double norm(FloatPoints points, int i) {
    return Math.sqrt(points.squaredNorm(i));
  }

  /** The share of the points in each bin, divided by its width. */
  double[] density() {
    double[] density = new double[BINS];
    Arrays.stream(radii).filter(radius -> radius < BIN * BINS)
        .forEach(radius -> density[Math.min(BINS - 1, (int) (radius / BIN))] += 1 / (BIN * radii.length));
    return density;
  }

  /** The middles of the bins. */
  static double[] middles() {
    return IntStream.range(0, BINS).mapToDouble(bin -> BIN * (bin + 0.5)).toArray();
  }

  /**
   * The largest difference of the shares of points within a radius, over all radii: the statistic of Kolmogorov and
   * Smirnov.
   */
  double difference(RadialProfile other) {
    double[] a = radii;
    double[] b = other.radii;
    double largest = 0;
    int i = 0;
    int j = 0;
    while (i < a.length && j < b.length) {
      double radius = Math.min(a[i], b[j]);
      while (i < a.length && a[i] == radius) {
        i++;
      }
      while (j < b.length && b[j] == radius) {
        j++;
      }
      largest = Math.max(largest, Math.abs((double) i / a.length - (double) j / b.length));
    }
    return largest;
  }
}
