package gputae.evaluate;

import gputae.linear.FloatPoints;
import gputae.linear.Moments;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The part of the measures of generated images that depends on the real ones, computed once: their features, the
 * moments of the features, and around each image the ball that reaches to its k-th nearest other real image.
 *
 * <p>The real images should be those of the test split. The judge has memorised the training images, and its features
 * of them differ from its features of new images (a Frechet distance of 1.6 between MNIST's test images and 10,000
 * training images).
 */
public final class RealImages {

  /**
   * Number of neighbours for precision and recall (Kynkaanniemi et al. 2019) and for density and coverage (Naeem et al.
   * 2020), as chosen in these papers.
   */
  static final int PRECISION_K = 3;

  static final int DENSITY_K = 5;

  /** The least number of real images: more than the number of neighbours. */
  public static final int LEAST = DENSITY_K + 1;

  private final FloatPoints features;
  private final DistanceTiles tiles;
  private final Moments moments;
  private final double[] deviation;
  private final double[] precisionRadii;
  private final double[] densityRadii;

  private RealImages(FloatPoints features) {
    this.features = features;
    this.tiles = new DistanceTiles(features);
    this.moments = Moments.of(features);
    this.deviation = moments.deviation();
    double[] nearest = nearest(features, tiles, DENSITY_K);
    this.precisionRadii = column(nearest, DENSITY_K, PRECISION_K - 1);
    this.densityRadii = column(nearest, DENSITY_K, DENSITY_K - 1);
  }

  /**
   * Real images from their features.
   *
   * @throws IllegalArgumentException if a feature is not finite, or if there are fewer than {@link #LEAST} images
   */
  public static RealImages of(FloatPoints features) {
    features.requireFinite();
    if (features.count() < LEAST) {
      throw new IllegalArgumentException(
          features.count() + " real images; the measures of generated images need at least " + LEAST);
    }
    return new RealImages(features);
  }

  public FloatPoints features() {
    return features;
  }

  DistanceTiles tiles() {
    return tiles;
  }

  Moments moments() {
    return moments;
  }

  /** The square root of the covariance. */
  double[] deviation() {
    return deviation;
  }

  /** Squared distance to the {@link #PRECISION_K}-th nearest other real image, for each. */
  double[] precisionRadii() {
    return precisionRadii;
  }

  /** Squared distance to the {@link #DENSITY_K}-th nearest other real image, for each. */
  double[] densityRadii() {
    return densityRadii;
  }

  /**
   * Squared distances of every point to its k nearest other points in ascending order, row-major [count, k]. There must
   * be more than k points.
   */
  static double[] nearest(FloatPoints points, DistanceTiles tiles, int k) {
    double[] nearest = new double[points.count() * k];
    Arrays.fill(nearest, Double.POSITIVE_INFINITY);
    IntStream.range(0, DistanceTiles.blocks(points)).parallel()
        .forEach(block -> tiles.visit(points, block, (row, first, count, squares) -> {
          int last = row * k + k - 1;
          for (int j = 0; j < count; j++) {
            if (squares[j] < nearest[last] && first + j != row) {
              int place = last;
              while (place > row * k && nearest[place - 1] > squares[j]) {
                nearest[place] = nearest[place - 1];
                place--;
              }
              nearest[place] = squares[j];
            }
          }
        }));
    return nearest;
  }

  static double[] column(double[] matrix, int columns, int column) {
    return IntStream.range(0, matrix.length / columns).mapToDouble(row -> matrix[row * columns + column]).toArray();
  }
}
