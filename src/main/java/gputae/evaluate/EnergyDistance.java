package gputae.evaluate;

import gputae.linear.FloatPoints;
import java.util.Arrays;

/**
 * The squared energy distance of two samples (Szekely, Rizzo: Energy statistics, J. Stat. Plan. Inference 143, 2013):
 * D^2 = 2 E|X - Y| - E|X - X'| - E|Y - Y'|. Each E is the mean over all pairs of the samples, including pairs of a
 * point with itself (V-statistic). It is 0 only if the samples are equal.
 */
final class EnergyDistance {

  private EnergyDistance() {}

  /** D^2 from the three means; 0 if rounding would make it negative. */
  static double squared(double between, double withinX, double withinY) {
    return Math.max(0, 2 * between - withinX - withinY);
  }

  /** E|X - Y|: the mean distance of the points of two clouds. */
  static double mean(FloatPoints x, FloatPoints y) {
    return sum(x, new CoordinateDistances(y), false) / ((double) x.count() * y.count());
  }

  /** E|X - X'|: the mean distance within a cloud. */
  static double mean(FloatPoints x) {
    return 2 * sum(x, new CoordinateDistances(x), true) / ((double) x.count() * x.count());
  }

  /** Adds the distances of each row, then the sums of the rows, so the order does not depend on the threads. */
  private static double sum(FloatPoints points, CoordinateDistances cloud, boolean laterOnly) {
    double[] sums = new double[points.count()];
    SquaredDistances.tiles(points.count()).forEach(tile -> {
      int from = tile * SquaredDistances.TILE;
      int to = Math.min(points.count(), from + SquaredDistances.TILE);
      int first = laterOnly ? from : 0;
      double[][] rows = new double[to - from][cloud.count()];
      cloud.rows(points, from, to, first, rows);
      for (int i = from; i < to; i++) {
        sums[i] = sumOfRoots(rows[i - from], laterOnly ? i + 1 : 0);
      }
    });
    return Arrays.stream(sums).sum();
  }

  private static double sumOfRoots(double[] squares, int first) {
    double sum = 0;
    for (int j = first; j < squares.length; j++) {
      sum += Math.sqrt(squares[j]);
    }
    return sum;
  }
}
