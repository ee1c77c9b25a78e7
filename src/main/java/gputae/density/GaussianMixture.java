package gputae.density;

import java.util.Arrays;
import java.util.List;

/** A mixture of normal distributions: density sum_k w_k N(x; m_k, S_k), with full covariances S_k. */
public final class GaussianMixture extends Density {

  private final double[] weights;
  private final double[] logWeights;
  private final List<Gaussian> components;

  /** @param weights [components], at least 0; they sum to 1 */
  GaussianMixture(double[] weights, List<Gaussian> components) {
    this.weights = weights;
    this.logWeights = Arrays.stream(weights).map(StrictMath::log).toArray();
    this.components = List.copyOf(components);
  }

  @Override
  public int dimension() {
    return components.get(0).mean().length;
  }

  /** The number of normal distributions. */
  public int components() {
    return components.size();
  }

  /** The weight of a component. */
  public double weight(int component) {
    return weights[component];
  }

  /** The mean of a component, [d]. */
  public double[] mean(int component) {
    return components.get(component).mean().clone();
  }

  /** The covariance of a component, row-major [d, d]. */
  public double[] covariance(int component) {
    return components.get(component).covariance().clone();
  }

  @Override
  public double logDensity(double... point) {
    double[][] one = Arrays.stream(point).mapToObj(x -> new double[] {x}).toArray(double[][]::new);
    double[][] logs = new double[components.size()][1];
    logDensities(one, 1, new double[point.length][1], logs);
    return logSumExp(Arrays.stream(logs).mapToDouble(log -> log[0]).toArray());
  }

  /**
   * log(w_k N(x; m_k, S_k)) for every component and many points.
   *
   * @param points [d][at least count]: each coordinate of all points
   * @param work   as large as {@code points}, overwritten
   * @param logs   the results, [components][at least count]
   */
  void logDensities(double[][] points, int count, double[][] work, double[][] logs) {
    for (int k = 0; k < logs.length; k++) {
      components.get(k).logDensities(points, count, work, logs[k]);
      for (int b = 0; b < count; b++) {
        logs[k][b] += logWeights[k];
      }
    }
  }

  @Override
  double[] point(double choice, double[] normals) {
    int k = 0;
    double before = weights[0];
    // Rounding may leave the sum of the weights just below 1, hence the second condition.
    while (choice >= before && k + 1 < weights.length) {
      before += weights[++k];
    }
    return components.get(k).point(normals);
  }
}
