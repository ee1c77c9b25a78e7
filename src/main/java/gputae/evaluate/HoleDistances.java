package gputae.evaluate;

import gputae.linear.FloatPoints;
import java.util.Arrays;

/**
 * The sizes of the holes that a cloud leaves in the unit ball: quantiles of the distance from a point in the ball to
 * the nearest point of the cloud, in latent units. They are interpolated linearly between sorted distances, as numpy
 * does by default (Hyndman, Fan 1996, definition 7).
 *
 * @param largest the largest distance found, which is about the radius of the largest empty ball
 */
public record HoleDistances(double median, double quantile90, double quantile95, double quantile99, double largest) {

  /** @param probes points uniform in the ball */
  static HoleDistances of(FloatPoints probes, FloatPoints cloud) {
    CoordinateDistances distances = new CoordinateDistances(cloud);
    double[] nearest = new double[probes.count()];
    SquaredDistances.tiles(probes.count()).forEach(tile -> {
      int from = tile * SquaredDistances.TILE;
      int to = Math.min(probes.count(), from + SquaredDistances.TILE);
      double[][] rows = new double[to - from][cloud.count()];
      distances.rows(probes, from, to, 0, rows);
      for (int i = from; i < to; i++) {
        nearest[i] = Math.sqrt(least(rows[i - from]));
      }
    });
    Arrays.sort(nearest);
    return new HoleDistances(quantile(nearest, 0.5), quantile(nearest, 0.9), quantile(nearest, 0.95),
        quantile(nearest, 0.99), quantile(nearest, 1));
  }

  private static double least(double[] values) {
    double least = values[0];
    for (double value : values) {
      if (value < least) {
        least = value;
      }
    }
    return least;
  }

  static double quantile(double[] sorted, double q) {
    double place = q * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
  }

  /** These distances divided by those of another cloud: above 1, the holes are larger. */
  HoleDistances relativeTo(HoleDistances other) {
    return new HoleDistances(median / other.median, quantile90 / other.quantile90, quantile95 / other.quantile95,
        quantile99 / other.quantile99,
        largest / other.largest);
  }
}
