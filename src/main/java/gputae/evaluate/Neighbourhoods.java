package gputae.evaluate;

import java.util.Arrays;

/** Visits the points of a cloud, each together with the others in the order of their distance. */
final class Neighbourhoods {

  /** The largest neighbourhood that is measured. */
  static final int LARGEST = 200;

  /** Receives the neighbours of a point. */
  interface Visitor {
    /**
     * order[r] = the point of rank r as seen from i, with order[0] = i; all n points. The array must not be kept.
     * Called from several threads, once for each i.
     */
    void visit(int i, char[] order);
  }

  private Neighbourhoods() {}

  /** Passes every point to the visitor. Returns the densities of the points, which need the distances too. */
  static Densities visit(SquaredDistances distances, Visitor visitor) {
    int n = distances.count();
    // The densities are relative to the largest distance. Half of all distances are computed twice, so that not all of
    // them must be kept.
    Densities densities = new Densities(n, distances.largest());
    SquaredDistances.tiles(n).forEach(tile -> {
      int from = tile * SquaredDistances.TILE;
      int to = Math.min(n, from + SquaredDistances.TILE);
      double[][] rows = new double[to - from][n];
      distances.rows(from, to, 0, rows);
      DistanceOrder sort = new DistanceOrder(n);
      char[] order = new char[n];
      double[] scratch = new double[n];
      for (int i = from; i < to; i++) {
        sort.order(rows[i - from], i, order);
        visitor.visit(i, order);
        densities.add(i, rows[i - from], scratch);
      }
    });
    return densities;
  }

  /** The points of ranks 1 to min(n - 1, {@link #LARGEST}). */
  static char[] nearest(char[] order) {
    return Arrays.copyOfRange(order, 1, Math.min(order.length, 1 + LARGEST));
  }
}
