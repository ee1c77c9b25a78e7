package gputae.study;

import gputae.homology.Prim;
import gputae.linear.FloatPoints;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/**
 * Weights with which total persistences of different degrees pull equally hard. An edge of length d pulls with weight k
 * d^(k - 1), the derivative of d^k; longer edges than a limit do not pull. The pull of a batch is the sum over its
 * spanning tree.
 */
final class EqualPull {

  private static final int BATCHES = 100;

  /** Where the pulls are equal. */
  enum Reference {
    /** Batches of points uniform in the unit ball, which degree 1 makes. */
    BALL("ball", EqualPull::uniform),
    /** Batches of standard normal points, which a variational autoencoder is to make. */
    NORMAL("normal", EqualPull::normal);

    private final String label;
    private final BiConsumer<Random, float[]> point;

    Reference(String label, BiConsumer<Random, float[]> point) {
      this.label = label;
      this.point = point;
    }

    /** A word for names and tables. */
    String label() {
      return label;
    }

    /** Draws a point. */
    private void draw(Random random, float[] point) {
      this.point.accept(random, point);
    }
  }

  private final List<double[]> trees; // lengths of the edges that pull, of each batch

  /**
   * Draws 100 batches, always the same ones.
   *
   * @param points  points of a batch
   * @param maxEdge longer edges do not pull
   */
  EqualPull(Reference reference, int points, int dimension, double maxEdge) {
    Random random = new Random(0);
    trees = IntStream.range(0, BATCHES).mapToObj(batch -> {
      float[] coordinates = new float[points * dimension];
      float[] point = new float[dimension];
      for (int i = 0; i < points; i++) {
        reference.draw(random, point);
        System.arraycopy(point, 0, coordinates, i * dimension, dimension);
      }
      return Arrays.stream(Prim.ofPoints(new FloatPoints(coordinates, dimension)).lengths())
          .filter(length -> length <= maxEdge).toArray();
    }).toList();
  }

  private static void normal(Random random, float[] point) {
    for (int k = 0; k < point.length; k++) {
      point[k] = (float) random.nextGaussian();
    }
  }

  private static void uniform(Random random, float[] point) {
    double square = 0;
    double[] direction = new double[point.length];
    for (int k = 0; k < point.length; k++) {
      direction[k] = random.nextGaussian();
      square += direction[k] * direction[k];
    }
    double radius = Math.pow(random.nextDouble(), 1.0 / point.length);
    for (int k = 0; k < point.length; k++) {
      point[k] = (float) (radius * direction[k] / Math.sqrt(square));
    }
  }

  /** The weight of a degree that pulls as hard as degree 1 with another weight, with three significant digits. */
  double weight(double degree, double ofDegreeOne) {
    return BigDecimal.valueOf(ofDegreeOne * pull(1) / pull(degree)).round(new MathContext(3)).doubleValue();
  }

  /** The pull of all batches. */
  private double pull(double degree) {
    return trees.stream().flatMapToDouble(Arrays::stream).map(d -> degree * Math.pow(d, degree - 1)).sum();
  }
}
