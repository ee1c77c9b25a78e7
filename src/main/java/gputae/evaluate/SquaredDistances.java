package gputae.evaluate;

import java.util.stream.IntStream;

/**
 * Squared Euclidean distances among n points, given out a few rows at a time: all of them would be 800 MB at n =
 * 10,000.
 */
interface SquaredDistances {

  /** Rows made together, so that what they are computed from stays in the cache. */
  int TILE = 32;

  /** n. */
  int count();

  /**
   * out[i - from][j] = squared distance of i and j for from <= i < to and first <= j < n; symmetric to the last bit.
   */
  void rows(int from, int to, int first, double[][] out);

  /** The largest of them. */
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

  /** The numbers of the tiles of n rows, in parallel: a tile's results must go to places of its own. */
  static IntStream tiles(int n) {
    return IntStream.range(0, (n + TILE - 1) / TILE).parallel();
  }
}
