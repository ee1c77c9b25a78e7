package gputae.figure;

import gputae.linear.FloatPoints;
import gputae.linear.LeadingComponents;
import gputae.linear.SymmetricEigen;
import gputae.linear.Vectors;

/**
 * The two directions in which a cloud varies most.
 *
 * @param first       unit vector [d], the principal component of the largest variance
 * @param second      unit vector [d], the principal component of the second largest variance
 * @param firstShare  the variance along {@code first} divided by the total variance, in [0, 1]; 0 if the cloud has none
 * @param secondShare the same for {@code second}
 */
public record PrincipalPlane(double[] first, double[] second, double firstShare, double secondShare) {

  /**
   * The plane of the points of d dimensions, at least 2, whose coordinates are all finite. For d above
   * {@value LeadingComponents#FEW_DIMENSIONS}, {@link LeadingComponents} computes it. The sign of each direction is
   * such that its entry of the largest magnitude (the first of equal ones) is positive.
   */
  public static PrincipalPlane of(FloatPoints latents) {
    int d = latents.dimension();
    if (d > LeadingComponents.FEW_DIMENSIONS) {
      LeadingComponents found = LeadingComponents.of(latents, 1, 2, null, 0);
      double whole = found.whole();
      return new PrincipalPlane(Vectors.pointed(found.vectors()[0]),
          Vectors.pointed(found.vectors()[1]),
          whole > 0 ? Math.min(1, found.variances()[0] / whole) : 0,
          whole > 0 ? Math.min(1, found.variances()[1] / whole) : 0);
    }
    double[] covariance = covariance(latents);
    SymmetricEigen eigen = SymmetricEigen.of(covariance, d);
    double[] variances = eigen.values();
    double trace = 0;
    for (int i = 0; i < d; i++) {
      trace += variances[i];
    }
    int[] largest = eigen.largest(2);
    return new PrincipalPlane(Vectors.pointed(eigen.vector(largest[0])), Vectors.pointed(eigen.vector(largest[1])),
        trace > 0 ? Math.max(0, variances[largest[0]]) / trace : 0,
        trace > 0 ? Math.max(0, variances[largest[1]]) / trace : 0);
  }

  /**
   * Row-major [d, d]. The mean is subtracted first, since clouds far from the origin would otherwise lose their
   * variance to cancellation.
   */
  private static double[] covariance(FloatPoints latents) {
    int count = latents.count();
    int d = latents.dimension();
    double[] mean = new double[d];
    int rows = 0;
    for (int n = 0; n < count; n++) {
      if (latents.isFinite(n)) {
        rows++;
        for (int i = 0; i < d; i++) {
          mean[i] += latents.coordinate(n, i);
        }
      }
    }
    for (int i = 0; i < d; i++) {
      mean[i] /= Math.max(1, rows);
    }
    double[] covariance = new double[d * d];
    double[] centred = new double[d];
    for (int n = 0; n < count; n++) {
      if (latents.isFinite(n)) {
        for (int i = 0; i < d; i++) {
          centred[i] = latents.coordinate(n, i) - mean[i];
        }
        for (int i = 0; i < d; i++) {
          for (int j = i; j < d; j++) {
            covariance[i * d + j] += centred[i] * centred[j];
          }
        }
      }
    }
    for (int i = 0; i < d; i++) {
      for (int j = i; j < d; j++) {
        covariance[i * d + j] /= Math.max(1, rows);
        covariance[j * d + i] = covariance[i * d + j];
      }
    }
    return covariance;
  }
}
