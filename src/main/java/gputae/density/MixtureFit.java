package gputae.density;

import gputae.linear.FloatPoints;

/**
 * A mixture of normal distributions fitted to a cloud by the EM algorithm (Dempster, Laird, Rubin 1977), in double
 * precision and with the settings of scikit-learn's GaussianMixture: 1e-6 is added to every variance, and the
 * iterations end when one changes the mean log-likelihood by less than 1e-3, or after 100. It starts from clusters by
 * k-means. Of {@value #STARTS} starts the one with the largest likelihood is kept.
 *
 * <p>The libraries for this in Java do not fit. Apache Commons Math 3.6.1 needs at least two dimensions, computes
 * densities instead of their logarithms (far from all means they are 0, and their quotient is no number), adds nothing
 * to the variances, and ends with an exception at a singular covariance or after the last iteration; it uses one
 * thread. Smile 3 is under the GPL.
 *
 * @param mixture           the fitted mixture
 * @param meanLogLikelihood mean of its log-density over the points, nats
 * @param iterations        number of iterations from the start that was kept
 * @param converged         whether they ended before the last one that is allowed
 */
public record MixtureFit(GaussianMixture mixture, double meanLogLikelihood, int iterations, boolean converged) {

  /** Number of different first clusters. */
  public static final int STARTS = 3;

  private static final int MOST_ITERATIONS = 100;
  private static final double TOLERANCE = 1e-3;
  private static final double LEAST_VARIANCE = 1e-6;

  /**
   * For clouds much larger than usual: what is added to the variances, relative to the mean variance of the cloud. The
   * rounding of sums is far below it.
   */
  private static final double RELATIVE_VARIANCE = 1e-10;

  /**
   * Fits a mixture to a cloud. The number of threads changes no bit.
   *
   * @param components number of normal distributions, at least 1
   * @param stream     of random numbers for the first clusters, the last word of the counter of
   *     {@link gputae.backend.Philox}
   * @throws IllegalArgumentException with one line, if there are fewer points, or fewer different ones, than
   *     components, a coordinate is not finite, or all points are equal
   */
  public static MixtureFit of(FloatPoints points, int components, long seed, int stream) {
    Density.requireCloud(points);
    if (components > points.count()) {
      throw new IllegalArgumentException(components + " components, but only " + points.count()
          + " points; give at most " + points.count());
    }
    MixtureFit best = null;
    for (int start = 0; start < (components == 1 ? 1 : STARTS); start++) {
      MixtureFit fit = from(points, Clusters.of(points, components, seed, start, stream), components);
      if (best == null || fit.meanLogLikelihood > best.meanLogLikelihood) {
        best = fit;
      }
    }
    return best;
  }

  /** The fit from given clusters, none of which is empty: [points], 0 to components - 1. */
  static MixtureFit from(FloatPoints points, int[] labels, int components) {
    int n = points.count();
    double diagonal = Math.max(LEAST_VARIANCE, RELATIVE_VARIANCE * meanVariance(points));
    GaussianMixture mixture = Expectation.of(points, labels, components).maximise(n, diagonal);
    double before = Double.NEGATIVE_INFINITY;
    int iterations = 0;
    boolean converged = false;
    while (iterations < MOST_ITERATIONS && !converged) {
      Expectation expectation = Expectation.of(points, mixture);
      double likelihood = expectation.logLikelihood() / n;
      mixture = expectation.maximise(n, diagonal);
      iterations++;
      converged = Math.abs(likelihood - before) < TOLERANCE;
      before = likelihood;
    }
    return new MixtureFit(mixture, Expectation.of(points, mixture).logLikelihood() / n, iterations, converged);
  }

  /** The mean over the coordinates of their variances. */
  private static double meanVariance(FloatPoints points) {
    int n = points.count();
    int d = points.dimension();
    double sum = 0;
    for (int i = 0; i < d; i++) {
      double mean = 0;
      for (int p = 0; p < n; p++) {
        mean += points.coordinates()[p * d + i] / (double) n;
      }
      for (int p = 0; p < n; p++) {
        double t = points.coordinates()[p * d + i] - mean;
        sum += t * t;
      }
    }
    return sum / n / d;
  }
}
