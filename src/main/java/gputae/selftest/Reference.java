package gputae.selftest;

import gputae.backend.BallPenalty;
import gputae.linear.FloatPoints;
import java.util.Random;

/**
 * The data with which the self-test and the benchmarks compare a device: inputs, bounds, and losses with their
 * gradients in double precision.
 */
public final class Reference {

  /**
   * Count of numbers that are drawn; after that they repeat, since drawing takes most of the time. The count is a
   * prime, so it is no multiple of any block or grid.
   */
  private static final int DRAWN = 100_003;

  private Reference() {}

  /** Independent normals times a scale; after a hundred thousand numbers they repeat. */
  public static float[] gaussian(Random random, int count, double scale) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i < DRAWN ? (float) (random.nextGaussian() * scale) : values[i - DRAWN];
    }
    return values;
  }

  /**
   * The error that a float32 sum of {@code count} products may have, in units of the terms' size, in whatever order a
   * device adds them. Rounding errors have both signs, so they add up like the steps of a random walk (Higham, Mary
   * 2019); a few units are added for the products and for the operations after the sum. The worst case, {@code count}
   * units, is much larger than any error in practice and would test little.
   */
  public static double ofSum(int count) {
    return Math.sqrt(count) + 4;
  }

  /**
   * A sum of terms.
   *
   * @param size     size of the terms that are added, for bounds
   * @param gradient gradient of the sum with respect to each input
   */
  public record Loss(double sum, double size, double[] gradient) {}

  /** The sum of the binary cross-entropies of sigmoid(logits) against target. */
  public static Loss crossEntropy(float[] logits, float[] target) {
    double sum = 0;
    double size = 0;
    double[] gradient = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      double l = logits[i];
      double term = Math.max(l, 0) - l * target[i] + Math.log1p(Math.exp(-Math.abs(l)));
      sum += term;
      // The two large terms cancel if the prediction is right.
      size += term + Math.abs(l);
      gradient[i] = 1 / (1 + Math.exp(-l)) - target[i];
    }
    return new Loss(sum, size, gradient);
  }

  /** The sum of the squares of (output - target). */
  public static Loss squaredError(float[] outputs, float[] target) {
    double sum = 0;
    double[] gradient = new double[outputs.length];
    for (int i = 0; i < outputs.length; i++) {
      double difference = (double) outputs[i] - target[i];
      sum += difference * difference;
      gradient[i] = 2 * difference;
    }
    return new Loss(sum, sum, gradient);
  }

  /** The sum of the penalties of points for lying outside the unit ball. */
  public static Loss ballPenalty(FloatPoints points, BallPenalty penalty) {
    float[] z = points.coordinates();
    int d = points.dimension();
    double sum = 0;
    double size = 0;
    double[] gradient = new double[z.length];
    for (int first = 0; first < z.length; first += d) {
      double square = 0;
      for (int k = first; k < first + d; k++) {
        square += (double) z[k] * z[k];
      }
      double norm = Math.sqrt(square);
      double compared = penalty == BallPenalty.NORM ? norm : square;
      sum += Math.max(compared - 1, 0);
      size += compared > 1 ? compared : 0;
      for (int k = first; k < first + d; k++) {
        gradient[k] = norm <= 1 ? 0 : penalty == BallPenalty.NORM ? z[k] / norm : 2 * z[k];
      }
    }
    return new Loss(sum, size, gradient);
  }

  /**
   * A maximum mean discrepancy.
   *
   * @param size          size of the terms that are added, for bounds
   * @param gradient      derivative of the value with respect to each coordinate of the points
   * @param gradientSizes sizes of the terms of each derivative
   */
  public record Discrepancy(double value, double size, double[] gradient, double[] gradientSizes) {}

  /** The squared maximum mean discrepancy, as {@link gputae.backend.Backend#maximumMeanDiscrepancy} defines it. */
  public static Discrepancy meanDiscrepancy(FloatPoints points, FloatPoints prior, double square) {
    int n = points.count();
    int d = points.dimension();
    double value = 0;
    double size = 0;
    double[] gradient = new double[n * d];
    double[] sizes = new double[n * d];
    for (int i = 0; i < n && n > 1; i++) {
      for (int j = 0; j < n; j++) {
        double across = similarity(points.squaredDistance(i, prior, j), square);
        value -= 2 * across / ((double) n * n);
        size += 2 * across / ((double) n * n);
        if (j != i) {
          double alike = similarity(points.squaredDistance(i, points, j), square)
              + similarity(prior.squaredDistance(i, prior, j), square);
          value += alike / ((double) n * (n - 1));
          size += alike / ((double) n * (n - 1));
        }
        double ofPoint = j == i ? 0 : 4 * slope(points.squaredDistance(i, points, j), square) / ((double) n * (n - 1));
        double ofSample = -4 * slope(points.squaredDistance(i, prior, j), square) / ((double) n * n);
        for (int k = 0; k < d; k++) {
          double own = points.coordinate(i, k);
          double pull = ofPoint * (own - points.coordinate(j, k));
          double push = ofSample * (own - prior.coordinate(j, k));
          gradient[i * d + k] += pull + push;
          sizes[i * d + k] += Math.abs(pull) + Math.abs(push);
        }
      }
    }
    return new Discrepancy(value, size, gradient, sizes);
  }

  private static final double[] SCALES = {0.1, 0.2, 0.5, 1, 2, 5, 10};

  private static double similarity(double r, double square) {
    double sum = 0;
    for (double scale : SCALES) {
      sum += scale * square / (scale * square + r);
    }
    return sum;
  }

  /** The derivative of the similarity with respect to the squared distance r. */
  private static double slope(double r, double square) {
    double sum = 0;
    for (double scale : SCALES) {
      sum -= scale * square / ((scale * square + r) * (scale * square + r));
    }
    return sum;
  }
}
