package gputae.bench;

import gputae.homology.SpanningTree;
import gputae.linear.FloatPoints;

/**
 * The death times of a spanning tree as a loss of degree 1, in double.
 *
 * @param sum      sum of the lengths
 * @param gradient (points, dimension), the weight times the derivative of the sum
 * @param edges    number of edges at each point
 */
record DeathTimesReference(double sum, double[] gradient, int[] edges) {

  static DeathTimesReference of(FloatPoints points, SpanningTree tree, double weight) {
    int dimension = points.dimension();
    double[] gradient = new double[points.count() * dimension];
    int[] edges = new int[points.count()];
    double sum = 0;
    for (int e = 0; e < points.count() - 1; e++) {
      int u = tree.edges()[2 * e];
      int v = tree.edges()[2 * e + 1];
      double length = tree.lengths()[e];
      sum += length;
      edges[u]++;
      edges[v]++;
      for (int k = 0; k < dimension; k++) {
        double pull = length == 0 ? 0 : weight * (points.coordinate(u, k) - points.coordinate(v, k)) / length;
        gradient[u * dimension + k] += pull;
        gradient[v * dimension + k] -= pull;
      }
    }
    return new DeathTimesReference(sum, gradient, edges);
  }
}
