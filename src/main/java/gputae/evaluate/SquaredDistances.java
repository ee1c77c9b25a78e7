package gputae.evaluate;

import java.util.stream.IntStream;

/**
 * Squared Euclidean distances among n points, computed a few rows at a time, since all of them would take 800 MB at n =
 * 10,000.
 */
interface SquaredDistances {

  /** Number of rows that are computed together, so that the data they need stays in the cache. */
  int TILE = 32;

  /** Number of points n. */
  int count();

  /**
   * out[i - from][j] = squared distance of i and j for {@code from <= i < to} and {@code first <= j < n}; exactly
   * symmetric.
   */
  void rows(int from, int to, int first, double[][] out);

  /** The largest squared distance. */
  default double largest() {
    int n = count();
    return tiles(n).mapToDouble(tile -> {
      int from = tile * TILE;
      int to = Math.min(n, from + TILE);
      double[][] rows = new double[to - from][n];
      rows(from, to, from, rows);
      double largest = 0;
      for (double[] row : rows) {
        for (int j = from; j < n; j++) {
          if (row[j] > largest) {
            largest = row[j];
          }
        }
      }
      return largest;
    }).max().orElse(0);
  }

  /** The numbers of the tiles of n rows, in parallel. Each tile must write its results to separate places. */
  static IntStream tiles(int n) {
    return IntStream.range(0, (n + TILE - 1) / TILE).parallel();
  }
}
