package gputae.data;

/**
 * Points in Euclidean space, in the precision of the file. Exactly one of the arrays is not null; the arrays are not
 * copied.
 *
 * @param points    number of points, at least 1
 * @param dimension number of coordinates of a point, at least 1
 * @param single    float32, row-major [points, dimension], or null
 * @param full      float64, row-major [points, dimension], or null
 */
public record PointCloud(int points, int dimension, float[] single, double[] full) {

  /** Throws {@link IllegalArgumentException} if the sizes do not fit together. The coordinates are not checked. */
  public PointCloud {
    if (points < 1 || dimension < 1 || (single == null) == (full == null)) {
      throw new IllegalArgumentException(
          "a cloud needs at least one point and one dimension, and coordinates in exactly one precision");
    }
    int length = single != null ? single.length : full.length;
    if ((long) points * dimension != length) {
      throw new IllegalArgumentException(
          points + " points of dimension " + dimension + " do not have " + length + " coordinates");
    }
  }
}
