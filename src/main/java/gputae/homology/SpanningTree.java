package gputae.homology;

import java.util.Arrays;

/**
 * A minimum spanning tree, which is 0-dimensional persistent homology: the length of every edge is the death time of a
 * class born at 0; one more class never dies. If a graph is not connected, this is its spanning forest, and one class
 * per tree never dies.
 *
 * @param edges   (m, 2) point indices, the smaller first in each edge; m is n - 1, or less if there are several trees
 * @param lengths (m) finite lengths; float32 values if they were computed in float32, unless those of a scaled cloud
 *     exceed that range
 */
public record SpanningTree(int[] edges, double[] lengths) {

  public SpanningTree {
    if (edges.length != 2 * lengths.length) {
      throw new IllegalArgumentException(edges.length + " ends for " + lengths.length + " edges");
    }
  }

  /** The same tree with edges in ascending order of (length, smaller index, larger index). */
  public SpanningTree sorted() {
    int count = lengths.length;
    Integer[] order = new Integer[count];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> {
      int byLength = Double.compare(lengths[a], lengths[b]);
      return byLength != 0 ? byLength : Long.compare(ExactDistance.ids(edges[2 * a], edges[2 * a + 1]),
          ExactDistance.ids(edges[2 * b], edges[2 * b + 1]));
    });
    int[] sortedEdges = new int[2 * count];
    double[] sortedLengths = new double[count];
    for (int i = 0; i < count; i++) {
      sortedEdges[2 * i] = edges[2 * order[i]];
      sortedEdges[2 * i + 1] = edges[2 * order[i] + 1];
      sortedLengths[i] = lengths[order[i]];
    }
    return new SpanningTree(sortedEdges, sortedLengths);
  }

  /** Death times in ascending order. */
  public double[] deathTimes() {
    double[] deaths = lengths.clone();
    Arrays.sort(deaths);
    return deaths;
  }

  /** Total persistence of degree k: the sum of d^k over the death times, added in ascending order. */
  public double totalPersistence(double degree) {
    double sum = 0;
    for (double death : deathTimes()) {
      sum += Math.pow(death, degree);
    }
    return sum;
  }
}
