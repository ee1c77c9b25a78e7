package gputae.homology;

import gputae.linear.FloatPoints;
import java.util.Arrays;

/**
 * Kruskal's algorithm under the exact rule: all edges are sorted by (squared length, smaller id, larger id), and each
 * edge that joins two components is taken. It shares only the rule with the engines. O(n^2 log n) time and O(n^2)
 * memory, so it suits clouds of some thousand points.
 */
public final class Kruskal {

  private Kruskal() {}

  /** The tree of a cloud; edges ascending. */
  public static SpanningTree ofPoints(FloatPoints points) {
    int n = points.count();
    int pairs = Math.multiplyExact(n, n - 1) / 2;
    // Row by row of the upper triangle. A stable sort keeps this order for equal lengths, so they are in the order of
    // their ids.
    Integer[] order = new Integer[pairs];
    float[] squared = new float[pairs];
    int[] first = new int[pairs];
    int[] second = new int[pairs];
    int next = 0;
    for (int u = 0; u < n; u++) {
      for (int v = u + 1; v < n; v++) {
        order[next] = next;
        squared[next] = ExactDistance.squared(points, u, v);
        first[next] = u;
        second[next] = v;
        next++;
      }
    }
    Arrays.sort(order, (a, b) -> Float.compare(squared[a], squared[b]));
    int[] parent = new int[n];
    Arrays.setAll(parent, i -> i);
    int[] edges = new int[2 * (n - 1)];
    double[] lengths = new double[n - 1];
    int taken = 0;
    for (int e : order) {
      int a = root(parent, first[e]);
      int b = root(parent, second[e]);
      if (a != b) {
        parent[a] = b;
        edges[2 * taken] = first[e];
        edges[2 * taken + 1] = second[e];
        lengths[taken++] = ExactDistance.length(squared[e]);
      }
    }
    return new SpanningTree(edges, lengths);
  }

  /**
   * The forest of a graph of n points, given by its edges (m, 2), the smaller point first, and their lengths (m); edges
   * ascending by (length, smaller id, larger id). Takes O(m log m) time.
   */
  public static SpanningTree ofEdges(int n, int[] ends, double[] lengths) {
    Integer[] order = new Integer[lengths.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> lengths[a] != lengths[b] ? Double.compare(lengths[a], lengths[b])
        : Long.compare(ExactDistance.ids(ends[2 * a], ends[2 * a + 1]),
            ExactDistance.ids(ends[2 * b], ends[2 * b + 1])));
    int[] parent = new int[n];
    Arrays.setAll(parent, i -> i);
    int[] edges = new int[2 * Math.min(n - 1, lengths.length)];
    double[] taken = new double[edges.length / 2];
    int count = 0;
    for (int e : order) {
      int a = root(parent, ends[2 * e]);
      int b = root(parent, ends[2 * e + 1]);
      if (a != b) {
        parent[a] = b;
        edges[2 * count] = ends[2 * e];
        edges[2 * count + 1] = ends[2 * e + 1];
        taken[count++] = lengths[e];
      }
    }
    return new SpanningTree(Arrays.copyOf(edges, 2 * count), Arrays.copyOf(taken, count));
  }

  static int root(int[] parent, int i) {
    while (parent[i] != i) {
      parent[i] = parent[parent[i]];
      i = parent[i];
    }
    return i;
  }
}
