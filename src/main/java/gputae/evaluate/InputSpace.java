package gputae.evaluate;

import gputae.data.Images;
import gputae.data.Samples;
import gputae.data.Vectors;
import gputae.linear.FloatPoints;

/**
 * The part of the neighbourhood measures that depends on the inputs alone: for every point the ranks of the others by
 * Euclidean distance, and the densities. It is made once and serves any number of models. It takes 2 n^2 bytes (200 MB
 * at n = 10,000). Another 4 n p bytes for images of p pixels, or 8 n p bytes for other vectors, hold what distances are
 * computed from.
 */
public final class InputSpace {

  /** The limit is larger than the measures are meant for; beyond it the ranks would take more than 2 GB. */
  public static final int MOST_POINTS = 32_767;

  /** Distances of images are computed for pixels of 0 to 255 and reported for pixels in [0, 1]. */
  private static final double PIXEL_UNIT = 1.0 / 255;

  /** (n, n): rank of j among the others as seen from i, 1 for the nearest, equal distances by index; 0 for i itself. */
  private final char[][] ranks;
  private final char[][] nearest; // (n, min(n - 1, 200)): the points of ranks 1, 2, ...
  private final Densities densities;
  private final SquaredDistances distances;
  private final double unit;

  private InputSpace(SquaredDistances distances, double unit) {
    this.distances = distances;
    this.unit = unit;
    int n = distances.count();
    ranks = new char[n][];
    nearest = new char[n][];
    densities = Neighbourhoods.visit(distances, (i, order) -> {
      char[] rank = new char[n];
      for (int r = 0; r < n; r++) {
        rank[order[r]] = (char) r;
      }
      ranks[i] = rank;
      nearest[i] = Neighbourhoods.nearest(order);
    });
  }

  /** The space of images or of other vectors, 2 to {@link #MOST_POINTS} of them. */
  public static InputSpace of(Samples samples) {
    return samples instanceof Vectors vectors ? of(new FloatPoints(vectors.values(), vectors.size()))
        : of((Images) samples);
  }

  /** The space of images as vectors of pixels, 2 to {@link #MOST_POINTS} of them. Their distances are exact. */
  public static InputSpace of(Images images) {
    requireCount(images.count());
    if (images.size() > PixelDistances.MOST_PIXELS) {
      // This is slower. Sums of squares of integers are exact in double too.
      float[] values = new float[images.pixels().length];
      for (int i = 0; i < values.length; i++) {
        values[i] = images.pixels()[i] & 0xff;
      }
      return new InputSpace(new CoordinateDistances(new FloatPoints(values, images.size())), PIXEL_UNIT);
    }
    return new InputSpace(new PixelDistances(images.pixels(), images.count(), images.size()), PIXEL_UNIT);
  }

  /** The space of other vectors, 2 to {@link #MOST_POINTS} of them. Distances are computed in double. */
  public static InputSpace of(FloatPoints points) {
    points.requireFinite();
    requireCount(points.count());
    return new InputSpace(new CoordinateDistances(points), 1);
  }

  private static void requireCount(int count) {
    if (count < 2 || count > MOST_POINTS) {
      throw new IllegalArgumentException(
          "neighbourhoods of " + count + " points; expected 2 to " + MOST_POINTS + ", of more take a sample");
    }
  }

  /** Number of points. */
  public int count() {
    return ranks.length;
  }

  /**
   * The rank of point j among the others as seen from point i: 1 for the nearest, equal distances by index; 0 for i
   * itself.
   */
  public int rank(int i, int j) {
    return ranks[i][j];
  }

  /** The points of ranks 1, 2, ... as seen from point i, at most 200. The caller must not change the array. */
  char[] nearest(int i) {
    return nearest[i];
  }

  /** Squared distances, each in squares of {@link #unit}. */
  SquaredDistances distances() {
    return distances;
  }

  /** The length that a distance of 1 stands for: for images 1/255, so that pixels are in [0, 1]; otherwise 1. */
  double unit() {
    return unit;
  }

  Densities densities() {
    return densities;
  }
}
