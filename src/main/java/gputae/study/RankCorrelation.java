package gputae.study;

import gputae.backend.Philox;

/**
 * Kendall's rank correlation of pairs of numbers.
 *
 * @param tau    Kendall's tau-b, in [-1, 1]; NaN if all values of one side are equal
 * @param chance the share of random orders of one side whose tau is at least as large: the p-value of a one-sided
 *     permutation test
 * @param count  number of pairs
 */
public record RankCorrelation(double tau, double chance, int count) {

  private static final int PERMUTATIONS = 9999;

  /** The correlation of x[i] with y[i]; the permutations are drawn from a fixed seed. */
  public static RankCorrelation of(double[] x, double[] y) {
    int n = x.length;
    double tau = tau(x, y);
    if (Double.isNaN(tau)) {
      return new RankCorrelation(tau, Double.NaN, n);
    }
    int atLeast = 1;
    double[] shuffled = new double[n];
    for (int i = 0; i < PERMUTATIONS; i++) {
      int[] order = Philox.permutation(n, 0, i, 0);
      for (int k = 0; k < n; k++) {
        shuffled[k] = y[order[k]];
      }
      // A random order that is as good as the given one must not fall behind it by a rounding.
      if (tau(x, shuffled) >= tau - 1e-12) {
        atLeast++;
      }
    }
    return new RankCorrelation(tau, (double) atLeast / (PERMUTATIONS + 1), n);
  }

  /** Kendall's tau-b of x[i] with y[i]; NaN if all values of one side are equal. */
  static double tau(double[] x, double[] y) {
    int agree = 0;
    int pairsX = 0;
    int pairsY = 0;
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < i; j++) {
        int a = Double.compare(x[i], x[j]);
        int b = Double.compare(y[i], y[j]);
        agree += a * b;
        pairsX += a * a;
        pairsY += b * b;
      }
    }
    return pairsX == 0 || pairsY == 0 ? Double.NaN : agree / Math.sqrt((double) pairsX * pairsY);
  }
}
