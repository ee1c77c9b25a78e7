package gputae.homology;

import java.util.Arrays;

/**
 * Prim's algorithm in plain Java under the exact rule: the readable reference for the backends' engines, and the engine for distance matrices.
 * O(n^2) time, O(n) memory beside the input.
 */
public final class Prim {

  private Prim() {}

  /** Squared lengths, or lengths: anything that orders edges. */
  @FunctionalInterface
  private interface Weight {
    float between(int u, int v);
  }

  /** The tree of a row-major cloud (n, d), n at least 1; edges in the order the tree grew from point 0. */
  public static SpanningTree ofPoints(float[] points, int dimension) {
    return grow(points.length / dimension, (u, v) -> ExactDistance.squared(points, dimension, u, v), true);
  }

  /** The tree of a distance matrix, given by its strictly lower triangle row by row: entry (i, j), j &lt; i, at i (i - 1) / 2 + j. */
  public static SpanningTree ofDistances(float[] lower, int n) {
    return grow(n, (u, v) -> lower[Math.toIntExact((long) Math.max(u, v) * (Math.max(u, v) - 1) / 2 + Math.min(u, v))], false);
  }

  private static SpanningTree grow(int n, Weight weight, boolean squared) {
    int[] edges = new int[2 * (n - 1)];
    double[] lengths = new double[n - 1];
    float[] shortest = new float[n];
    int[] inside = new int[n];
    boolean[] joined = new boolean[n];
    Arrays.fill(shortest, Float.POSITIVE_INFINITY);
    int newest = 0;
    for (int round = 0; round < n - 1; round++) {
      joined[newest] = true;
      int best = -1;
      for (int v = 0; v < n; v++) {
        if (joined[v]) {
          continue;
        }
        float w = weight.between(newest, v);
        if (w < shortest[v] || w == shortest[v] && newest < inside[v]) {
          shortest[v] = w;
          inside[v] = newest;
        }
        if (best < 0
            || shortest[v] < shortest[best]
            || shortest[v] == shortest[best] && ExactDistance.ids(inside[v], v) < ExactDistance.ids(inside[best], best)) {
          best = v;
        }
      }
      edges[2 * round] = Math.min(inside[best], best);
      edges[2 * round + 1] = Math.max(inside[best], best);
      lengths[round] = squared ? ExactDistance.length(shortest[best]) : shortest[best];
      newest = best;
    }
    return new SpanningTree(edges, lengths);
  }
}
