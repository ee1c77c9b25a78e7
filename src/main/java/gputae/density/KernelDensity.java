package gputae.density;

import gputae.linear.FloatPoints;
import gputae.linear.Moments;

/**
 * A Gaussian kernel density estimate: the mean over the n points x_i of the cloud of N(x; x_i, h^2 S). S is the
 * covariance of the cloud, divided by n - 1, and h = n^(-1 / (d + 4)) (Scott: Multivariate Density Estimation, 1992).
 * This is what scipy.stats.gaussian_kde computes.
 */
public final class KernelDensity extends Density {

  private final FloatPoints centres;
  private final double bandwidth;

  /** The kernel around the origin. */
  private final Gaussian kernel;

  private KernelDensity(FloatPoints centres, double bandwidth, Gaussian kernel) {
    this.centres = centres;
    this.bandwidth = bandwidth;
    this.kernel = kernel;
  }

  /**
   * The estimate from a cloud.
   *
   * @throws IllegalArgumentException if a coordinate is not finite, if all points are equal, or if they lie in a plane
   *     of lower dimension
   */
  public static KernelDensity of(FloatPoints points) {
    requireCloud(points);
    int d = points.dimension();
    double bandwidth = StrictMath.pow(points.count(), -1.0 / (d + 4));
    double[] covariance = Moments.of(points).covariance();
    for (int e = 0; e < covariance.length; e++) {
      covariance[e] *= bandwidth * bandwidth;
    }
    return new KernelDensity(points, bandwidth, Gaussian.of(new double[d], covariance));
  }

  /** The width h of a kernel, in standard deviations of the cloud. */
  public double bandwidth() {
    return bandwidth;
  }

  /** The covariance h^2 S of a kernel, row-major [d, d]. */
  public double[] covariance() {
    return kernel.covariance().clone();
  }

  @Override
  public int dimension() {
    return centres.dimension();
  }

  @Override
  public double logDensity(double... point) {
    int n = centres.count();
    int d = centres.dimension();
    double[][] differences = new double[d][n];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < d; k++) {
        differences[k][i] = point[k] - centres.coordinates()[i * d + k];
      }
    }
    double[] logs = new double[n];
    kernel.logDensities(differences, n, new double[d][n], logs);
    return logSumExp(logs) - StrictMath.log(n);
  }

  @Override
  double[] point(double choice, double[] normals) {
    int centre = (int) (choice * centres.count());
    double[] point = kernel.point(normals);
    for (int k = 0; k < point.length; k++) {
      point[k] += centres.coordinates()[centre * point.length + k];
    }
    return point;
  }
}
