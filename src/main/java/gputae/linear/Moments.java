package gputae.linear;

/**
 * Mean and covariance of a cloud.
 *
 * @param mean       [d]
 * @param covariance row-major [d, d], divided by count - 1 as in numpy.cov
 */
public record Moments(double[] mean, double[] covariance) {

  /**
   * The moments of at least 2 points. The mean is subtracted first, so that clouds far from the origin keep their
   * variance; sums run in the order of the points.
   */
  public static Moments of(FloatPoints points) {
    int n = points.count();
    int d = points.dimension();
    double[] mean = new double[d];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < d; k++) {
        mean[k] += points.coordinates()[i * d + k];
      }
    }
    for (int k = 0; k < d; k++) {
      mean[k] /= n;
    }
    double[] covariance = new double[d * d];
    double[] centred = new double[d];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < d; k++) {
        centred[k] = points.coordinates()[i * d + k] - mean[k];
      }
      for (int k = 0; k < d; k++) {
        for (int l = 0; l < d; l++) {
          covariance[k * d + l] += centred[k] * centred[l];
        }
      }
    }
    for (int e = 0; e < d * d; e++) {
      covariance[e] /= n - 1;
    }
    return new Moments(mean, covariance);
  }

  /** The symmetric square root of the covariance, row-major [d, d]. */
  public double[] deviation() {
    return SymmetricEigen.of(covariance, mean.length).squareRoot();
  }

  /**
   * The squared Frechet distance of two normal distributions (Dowson, Landau 1982; Heusel et al. 2017, "FID"): |m1 -
   * m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)). The trace of the last root is computed from the symmetric matrix (R S2
   * R)^(1/2) with R = S1^(1/2), which has the same eigenvalues, all of them real. If covariances are singular, rounding
   * leaves up to 1e-7 of the traces. The result is never less than 0.
   *
   * @param deviation {@link #deviation} of this one
   */
  public double frechet(double[] deviation, Moments other) {
    int d = mean.length;
    double[] product = product(product(deviation, other.covariance, d), deviation, d);
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < i; j++) {
        double middle = (product[i * d + j] + product[j * d + i]) / 2;
        product[i * d + j] = middle;
        product[j * d + i] = middle;
      }
    }
    double distance = 0;
    for (int i = 0; i < d; i++) {
      double t = mean[i] - other.mean[i];
      distance += t * t + covariance[i * d + i] + other.covariance[i * d + i];
    }
    for (double value : SymmetricEigen.of(product, d).values()) {
      distance -= 2 * Math.sqrt(Math.max(value, 0));
    }
    return Math.max(distance, 0);
  }

  /** a b, all row-major [d, d]. */
  private static double[] product(double[] a, double[] b, int d) {
    double[] product = new double[d * d];
    for (int i = 0; i < d; i++) {
      for (int k = 0; k < d; k++) {
        for (int j = 0; j < d; j++) {
          product[i * d + j] += a[i * d + k] * b[k * d + j];
        }
      }
    }
    return product;
  }
}
