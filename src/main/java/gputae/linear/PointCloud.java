package gputae.linear;

/**
 * A cloud of points in Euclidean space: embeddings, images as vectors, features of a classifier, the points of a file.
 * The coordinates are float32 or float64, row-major [count, dimension]. They may be NaN or infinite;
 * {@link #requireFinite} is for those who need finite ones. The arrays are not copied.
 */
public sealed interface PointCloud permits FloatPoints, DoublePoints {

  /** Number of points, 0 or more. */
  int count();

  /** Number of coordinates of a point, at least 1. */
  int dimension();

  /** One coordinate; point and axis are counted from 0. */
  double coordinate(int point, int axis);

  /** The same points in float64, which holds every float32 exactly. */
  DoublePoints inDouble();

  /**
   * Requires at least one point, and finite coordinates.
   *
   * @throws IllegalArgumentException if there is no point; if a coordinate is not finite, the message names the first
   *     such point
   */
  default void requireFinite() {
    if (count() == 0) {
      throw new IllegalArgumentException("there are no points");
    }
    for (int i = 0; i < count(); i++) {
      for (int k = 0; k < dimension(); k++) {
        if (!Double.isFinite(coordinate(i, k))) {
          throw new IllegalArgumentException("point " + i + " (counted from 0) has the coordinate " + coordinate(i, k)
              + "; every coordinate must be finite");
        }
      }
    }
  }

  /** Throws {@link IllegalArgumentException} if so many coordinates are no whole number of points. */
  static void requireWhole(int coordinates, int dimension) {
    if (dimension < 1 || coordinates % dimension != 0) {
      throw new IllegalArgumentException(coordinates + " coordinates are no points of dimension " + dimension);
    }
  }
}
