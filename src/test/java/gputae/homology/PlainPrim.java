package gputae.homology;

import gputae.linear.DoublePoints;
import java.util.Arrays;

/** Death times computed in the simplest way, to test all other ways. */
final class PlainPrim {

  private PlainPrim() {}

  /** Death times of points (n, d) by Prim's algorithm in double precision, without any rule for ties; ascending. */
  static double[] deaths(DoublePoints points) {
    int n = points.count();
    double[] shortest = new double[n];
    Arrays.fill(shortest, Double.POSITIVE_INFINITY);
    boolean[] joined = new boolean[n];
    double[] deaths = new double[n - 1];
    int newest = 0;
    for (int round = 0; round < n - 1; round++) {
      joined[newest] = true;
      int best = -1;
      for (int v = 0; v < n; v++) {
        if (!joined[v]) {
          double square = 0;
          for (int k = 0; k < points.dimension(); k++) {
            double t = points.coordinate(newest, k) - points.coordinate(v, k);
            square += t * t;
          }
          shortest[v] = Math.min(shortest[v], Math.sqrt(square));
          best = best < 0 || shortest[v] < shortest[best] ? v : best;
        }
      }
      deaths[round] = shortest[best];
      newest = best;
    }
    Arrays.sort(deaths);
    return deaths;
  }
}
