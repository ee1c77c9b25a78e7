package gputae.evaluate;

import java.util.Arrays;
import java.util.List;

/**
 * Densities of a cloud's points as defined by Moor, Horn, Rieck, Borgwardt (Topological Autoencoders, ICML 2020,
 * section 5.1; Chazal, Cohen-Steiner, Merigot 2011): f(x) = sum over all y, including x itself, of exp(-(|x - y| / D)^2
 * / sigma), with D the largest distance, divided by the sum of f over the cloud. If all points are equal, |x - y| / D
 * counts as 0 and every density is 1/n.
 */
final class Densities {

  /** Each is a tenth of the next one, so the exponentials follow from each other by tenth powers. */
  static final List<Double> SIGMAS = List.of(0.001, 0.01, 0.1, 1.0);

  private final double largestSquare;
  private final double[][] sums; // (4, n), in the order of SIGMAS

  Densities(int count, double largestSquare) {
    this.largestSquare = largestSquare;
    sums = new double[SIGMAS.size()][count];
  }

  /** Adds the sums for point i; {@code exponentials} is a scratch array of the same length. */
  void add(int i, double[] squares, double[] exponentials) {
    int n = squares.length;
    if (largestSquare == 0) {
      for (double[] sum : sums) {
        sum[i] = n;
      }
      return;
    }
    double scale = -1 / largestSquare;
    for (int j = 0; j < n; j++) {
      exponentials[j] = Math.exp(squares[j] * scale);
    }
    for (int sigma = SIGMAS.size() - 1; sigma >= 0; sigma--) {
      double sum = 0;
      for (int j = 0; j < n; j++) {
        sum += exponentials[j];
      }
      sums[sigma][i] = sum;
      if (sigma > 0) {
        toTenthPowers(exponentials);
      }
    }
  }

  private static void toTenthPowers(double[] values) {
    for (int j = 0; j < values.length; j++) {
      double p2 = values[j] * values[j];
      double p4 = p2 * p2;
      values[j] = p4 * p4 * p2;
    }
  }

  /**
   * KL(this || other) = sum of f ln(f / g), in nats, for each of {@link #SIGMAS}; 0 if rounding would make it negative.
   */
  List<Double> divergence(Densities other) {
    Double[] divergences = new Double[SIGMAS.size()];
    for (int sigma = 0; sigma < divergences.length; sigma++) {
      double[] f = sums[sigma];
      double[] g = other.sums[sigma];
      double totalF = Arrays.stream(f).sum();
      double totalG = Arrays.stream(g).sum();
      double sum = 0;
      for (int i = 0; i < f.length; i++) {
        sum += f[i] / totalF * Math.log(f[i] / totalF / (g[i] / totalG));
      }
      divergences[sigma] = Math.max(0, sum);
    }
    return List.of(divergences);
  }
}
