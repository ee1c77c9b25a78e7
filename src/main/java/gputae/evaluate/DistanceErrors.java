package gputae.evaluate;

import java.util.Arrays;

/** How far the distances of an embedding are from those of its inputs. */
final class DistanceErrors {

  private DistanceErrors() {}

  /**
   * The root of the mean of (u |x_i - x_j| - |z_i - z_j|)^2 over all n^2 pairs, including the n pairs of a point with
   * itself, as the program of Moor et al. (Topological Autoencoders, ICML 2020) computes it.
   *
   * @param x    squared distances of the inputs
   * @param unit u, the length that a distance of 1 in x stands for
   * @param z    squared distances of the embeddings of the same points
   */
  static double rootMeanSquare(SquaredDistances x, double unit, SquaredDistances z) {
    int n = x.count();
    // Each row has its own sum, so the order of additions does not depend on the threads.
    double[] sums = new double[n];
    SquaredDistances.tiles(n).forEach(tile -> {
      int from = tile * SquaredDistances.TILE;
      int to = Math.min(n, from + SquaredDistances.TILE);
      double[][] inputs = new double[to - from][n];
      double[][] embedded = new double[to - from][n];
      x.rows(from, to, from, inputs);
      z.rows(from, to, from, embedded);
      for (int i = from; i < to; i++) {
        sums[i] = squares(inputs[i - from], unit, embedded[i - from], i + 1);
      }
    });
    return Math.sqrt(2 * Arrays.stream(sums).sum()) / n;
  }

  private static double squares(double[] x, double unit, double[] z, int first) {
    double sum = 0;
    for (int j = first; j < x.length; j++) {
      double difference = unit * Math.sqrt(x[j]) - Math.sqrt(z[j]);
      sum += difference * difference;
    }
    return sum;
  }
}
