package gputae.density;

import gputae.linear.Cholesky;
import java.util.Arrays;

/**
 * A normal distribution.
 *
 * @param mean       [d]
 * @param covariance row-major [d, d]
 * @param factor     Cholesky factor of the covariance
 * @param logNorm    logarithm of the density at the mean
 */
record Gaussian(double[] mean, double[] covariance, Cholesky factor, double logNorm) {

  private static final double LOG_TWO_PI = StrictMath.log(2 * Math.PI);

  /** @throws IllegalArgumentException if the covariance is not positive definite */
  static Gaussian of(double[] mean, double[] covariance) {
    Cholesky factor = Cholesky.of(covariance, mean.length)
        .orElseThrow(() -> new IllegalArgumentException("a covariance is singular; the points lie, as nearly as"
            + " doubles can tell, in a plane of lower dimension"));
    return new Gaussian(mean, covariance, factor, -mean.length / 2.0 * LOG_TWO_PI - factor.logDeterminant());
  }

  /**
   * The logarithms of the density at many points.
   *
   * @param points [d][at least count]: each coordinate of all points
   * @param work   as large as {@code points}, overwritten
   * @param logs   the results, [at least count]
   */
  void logDensities(double[][] points, int count, double[][] work, double[] logs) {
    for (int k = 0; k < mean.length; k++) {
      double[] x = points[k];
      double[] centred = work[k];
      double middle = mean[k];
      for (int b = 0; b < count; b++) {
        centred[b] = x[b] - middle;
      }
    }
    factor.solve(work, count);
    Arrays.fill(logs, 0, count, logNorm);
    for (double[] y : work) {
      for (int b = 0; b < count; b++) {
        logs[b] -= 0.5 * (y[b] * y[b]);
      }
    }
  }

  /** The point of standard normal numbers [d]. */
  double[] point(double[] normals) {
    double[] point = factor.times(normals);
    for (int k = 0; k < mean.length; k++) {
      point[k] += mean[k];
    }
    return point;
  }
}
