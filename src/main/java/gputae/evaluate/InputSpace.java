package gputae.evaluate;

import gputae.data.Images;
import gputae.linear.FloatPoints;

/**
 * The part of the neighbourhood measures that depends on the inputs alone: for every point the ranks of the others by
 * Euclidean distance, and the densities. It is made once and serves any number of models. It takes 2 n^2 bytes (200 MB
 * at n = 10,000), and another 4 n p bytes while it is made, for images of p pixels.
 */
public final class InputSpace {

  /** The limit is larger than the measures are meant for; beyond it the ranks would take more than 2 GB. */
  public static final int MOST_POINTS = 32_767;

  /** (n, n): rank of j among the others as seen from i, 1 for the nearest, equal distances by index; 0 for i itself. */
  private final char[][] ranks;
  private final char[][] nearest; // (n, min(n - 1, 200)): the points of ranks 1, 2, ...
  private final Densities densities;

  private InputSpace(SquaredDistances distances) {
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

  /** The space of images as vectors of pixels, 2 to {@link #MOST_POINTS} of them. Their distances are exact. */
  public static InputSpace of(Images images) {
    requireCount(images.count());
    if (images.pixelsPerImage() > PixelDistances.MOST_PIXELS) {
      // This is slower. Sums of squares of integers are exact in double too.
      float[] values = new float[images.pixels().length];
      for (int i = 0; i < values.length; i++) {
        values[i] = images.pixels()[i] & 0xff;
      }
      return of(new FloatPoints(values, images.pixelsPerImage()));
    }
    return new InputSpace(new PixelDistances(images.pixels(), images.count(), images.pixelsPerImage()));
  }

  /** The space of other vectors, 2 to {@link #MOST_POINTS} of them. Distances are computed in double. */
  public static InputSpace of(FloatPoints points) {
    points.requireFinite();
    requireCount(points.count());
    return new InputSpace(new CoordinateDistances(points));
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

  Densities densities() {
    return densities;
  }
}
