package gputae.evaluate;

import gputae.linear.FloatPoints;
import gputae.linear.Moments;
import gputae.linear.SymmetricEigen;
import java.util.Optional;

/**
 * Whether a cloud has the shape of a normal distribution or of a uniform ball, whatever its place, size and stretching.
 * The cloud is standardised first: S^(-1/2) (x - m) with its mean m and its covariance S, divided by n.
 *
 * @param normalEnergy squared energy distance from as many standard normal points (Szekely, Rizzo: A new test for
 *     multivariate normality, J. Multivariate Analysis 93, 2005)
 * @param ballEnergy   the same from as many uniform points of the ball with radius sqrt(d + 2), whose covariance is the
 *     identity
 * @param kurtosis     Mardia's b = mean of |x|^4 over the standardised points (Biometrika 57, 1970): d (d + 2) for a
 *     normal distribution, d (d + 2)^2 / (d + 4) for a uniform ball
 */
public record ShapeMeasures(double normalEnergy, double ballEnergy, double kurtosis) {

  /** A variance this much smaller than the largest one is that of a flat cloud. */
  private static final double FLAT = 1e-10;

  /** Nothing if the points lie in a plane of lower dimension, or nearly so: they cannot be standardised. */
  static Optional<ShapeMeasures> of(FloatPoints embeddings, ShapeReference reference) {
    if (embeddings.count() != reference.ball().count()
        || embeddings.dimension() != reference.ball().dimension()) {
      throw new IllegalArgumentException(embeddings + ", but the ones to compare them with are " + reference.ball());
    }
    return standardised(embeddings).map(points -> {
      double within = EnergyDistance.mean(points);
      return new ShapeMeasures(
          EnergyDistance.squared(EnergyDistance.mean(points, reference.normal()), within, reference.normalDistance()),
          EnergyDistance.squared(EnergyDistance.mean(points, reference.ball()), within, reference.ballDistance()),
          kurtosis(points));
    });
  }

  /** The standardised cloud; nothing if its covariance is singular, or nearly so, or not finite. */
  public static Optional<FloatPoints> standardised(FloatPoints points) {
    points.requireFinite();
    int n = points.count();
    int d = points.dimension();
    if (n < 2) {
      return Optional.empty();
    }
    Moments moments = Moments.of(points);
    SymmetricEigen eigen = SymmetricEigen.of(moments.covariance(), d);
    double least = Double.POSITIVE_INFINITY;
    double most = 0;
    for (double variance : eigen.values()) {
      least = Math.min(least, variance);
      most = Math.max(most, variance);
    }
    if (!(least > FLAT * most) || most == Double.POSITIVE_INFINITY) {
      return Optional.empty();
    }
    double[] inverse = eigen.inverseSquareRoot();
    // Moments divide by n - 1, S by n.
    double scale = Math.sqrt((double) n / (n - 1));
    float[] standardised = new float[n * d];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < d; k++) {
        double sum = 0;
        for (int j = 0; j < d; j++) {
          sum += inverse[k * d + j] * (points.coordinates()[i * d + j] - moments.mean()[j]);
        }
        standardised[i * d + k] = (float) (scale * sum);
      }
    }
    return Optional.of(new FloatPoints(standardised, d));
  }

  private static double kurtosis(FloatPoints points) {
    double sum = 0;
    for (int i = 0; i < points.count(); i++) {
      double square = points.squaredNorm(i);
      sum += square * square;
    }
    return sum / points.count();
  }
}
