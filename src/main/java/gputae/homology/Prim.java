package gputae.homology;

import gputae.linear.DoublePoints;
import gputae.linear.FloatPoints;
import java.util.Arrays;

/**
 * Prim's algorithm in plain Java under the exact rule, in single and in double precision. It is the readable reference
 * for the backends' engines, and the engine for distance matrices and for clouds whose points single precision cannot
 * distinguish. O(n^2) time, O(n) memory beside the input.
 */
public final class Prim {

  private Prim() {}

  /** Squared lengths, lengths, or any other numbers that order edges. Infinity means no edge. */
  @FunctionalInterface
  private interface Weight {
    double between(int u, int v);
  }

  /** The tree of a cloud of at least one point; edges in the order in which the tree grew from point 0. */
  public static SpanningTree ofPoints(FloatPoints points) {
    SpanningTree squared = grow(points.count(), (u, v) -> ExactDistance.squared(points, u, v));
    double[] lengths = squared.lengths();
    Arrays.setAll(lengths, i -> ExactDistance.length((float) lengths[i]));
    return squared;
  }

  /**
   * The tree of a cloud in double precision. Squares of the distances must neither overflow nor
   * vanish; {@link Homology} scales clouds for which they would.
   */
  public static SpanningTree ofPoints(DoublePoints points) {
    SpanningTree squared = grow(points.count(), (u, v) -> ExactDistance.squared(points, u, v));
    double[] lengths = squared.lengths();
    Arrays.setAll(lengths, i -> Math.sqrt(lengths[i]));
    return squared;
  }

  /**
   * The forest of a distance matrix, given by its strictly lower triangle row by row: entry (i, j), j &lt; i, at i (i -
   * 1) / 2 + j; infinity means no edge.
   */
  public static SpanningTree ofDistances(float[] lower, int n) {
    return grow(n, (u, v) -> lower[place(u, v)]);
  }

  /** As for float32 distances. */
  public static SpanningTree ofDistances(double[] lower, int n) {
    return grow(n, (u, v) -> lower[place(u, v)]);
  }

  private static int place(int u, int v) {
    long row = Math.max(u, v);
    return Math.toIntExact(row * (row - 1) / 2 + Math.min(u, v));
  }

  private static SpanningTree grow(int n, Weight weight) {
    int[] edges = new int[2 * (n - 1)];
    double[] lengths = new double[n - 1];
    double[] shortest = new double[n];
    int[] inside = new int[n];
    boolean[] joined = new boolean[n];
    Arrays.fill(shortest, Double.POSITIVE_INFINITY);
    int count = 0;
    int newest = 0;
    for (int round = 0; round < n - 1; round++) {
      joined[newest] = true;
      int best = -1;
      for (int v = 0; v < n; v++) {
        if (joined[v]) {
          continue;
        }
        double w = weight.between(newest, v);
        if (w < shortest[v] || w == shortest[v] && newest < inside[v]) {
          shortest[v] = w;
          inside[v] = newest;
        }
        if (best < 0
            || shortest[v] < shortest[best]
            || shortest[v] == shortest[best]
                && ExactDistance.ids(inside[v], v) < ExactDistance.ids(inside[best], best)) {
          best = v;
        }
      }
      // No edge leads on from this tree: the next point begins a new tree.
      if (shortest[best] < Double.POSITIVE_INFINITY) {
        edges[2 * count] = Math.min(inside[best], best);
        edges[2 * count + 1] = Math.max(inside[best], best);
        lengths[count++] = shortest[best];
      }
      newest = best;
    }
    return new SpanningTree(Arrays.copyOf(edges, 2 * count), Arrays.copyOf(lengths, count));
  }
}
