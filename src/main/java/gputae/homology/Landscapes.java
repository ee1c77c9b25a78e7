package gputae.homology;

import java.util.Arrays;

/**
 * Persistence landscapes (Bubenik 2015) in dimension 0. All classes are born at 0, so a class that dies at d has the
 * tent max(0, min(t, d - t)), and the k-th landscape, the k-th largest tent at each t, is the tent of the k-th largest
 * death time. Classes that never die are left out. If there are fewer death times than landscapes, the others are 0.
 */
public final class Landscapes {

  /** Death times, the largest first. */
  private final double[] deaths;

  private Landscapes(double[] deaths) {
    this.deaths = deaths;
  }

  /**
   * The largest landscapes of some finite death times.
   *
   * @param deaths in any order, none negative
   * @param count  number of landscapes, at least 1
   */
  public static Landscapes of(double[] deaths, int count) {
    if (count < 1) {
      throw new IllegalArgumentException(count + " landscapes; expected at least 1");
    }
    double[] sorted = deaths.clone();
    Arrays.sort(sorted);
    double[] largest = new double[Math.min(count, sorted.length)];
    Arrays.setAll(largest, k -> sorted[sorted.length - 1 - k]);
    return new Landscapes(largest);
  }

  /** The number of landscapes that have a death time. */
  public int count() {
    return deaths.length;
  }

  /** The death time of the k-th landscape, k from 1. */
  public double death(int k) {
    return deaths[k - 1];
  }

  /** The k-th landscape at t, k from 1. */
  public double at(int k, double t) {
    return k > deaths.length ? 0 : Math.max(0, Math.min(t, deaths[k - 1] - t));
  }

  /**
   * The p-norm of all landscapes together: the p-th root of the sum of the integrals of their p-th powers. The integral
   * of a tent's p-th power is 2 (d / 2)^(p + 1) / (p + 1): d^2 / 4 for p = 1, d^3 / 12 for p = 2.
   *
   * @param p at least 1; infinity gives the largest value, which is half of the largest death time
   */
  public double norm(double p) {
    if (!(p >= 1)) {
      throw new IllegalArgumentException("a norm of degree " + p + "; expected at least 1");
    }
    if (deaths.length == 0 || deaths[0] == 0) {
      return 0;
    }
    if (p == Double.POSITIVE_INFINITY) {
      return deaths[0] / 2;
    }
    // Relative to the largest death time, so that no power overflows.
    double sum = 0;
    for (double death : deaths) {
      sum += Math.pow(death / deaths[0], p + 1);
    }
    return deaths[0] * Math.pow(sum * deaths[0] / (Math.pow(2, p) * (p + 1)), 1 / p);
  }
}
