package gputae.evaluate;

import java.util.Arrays;

/**
 * A cloud of points: embeddings, images as vectors, features of a classifier.
 *
 * @param coordinates row-major float32 [count, dimension], all finite
 * @param dimension   number of coordinates of a point, at least 1
 */
public record Points(float[] coordinates, int dimension) {

  /**
   * @throws IllegalArgumentException if the lengths do not fit, if there is no point, or if a coordinate is not finite;
   *     the message names the first such point
   */
  public Points {
    if (dimension < 1 || coordinates.length == 0 || coordinates.length % dimension != 0) {
      throw new IllegalArgumentException(coordinates.length + " coordinates are no points of dimension " + dimension);
    }
    for (int i = 0; i < coordinates.length; i++) {
      if (!Float.isFinite(coordinates[i])) {
        throw new IllegalArgumentException("point " + i / dimension + " (counted from 0) has the coordinate "
            + coordinates[i] + "; every coordinate must be finite");
      }
    }
  }

  public int count() {
    return coordinates.length / dimension;
  }

  /** The points with these indices, in this order. */
  public Points rows(int[] numbers) {
    float[] chosen = new float[Math.multiplyExact(numbers.length, dimension)];
    for (int i = 0; i < numbers.length; i++) {
      System.arraycopy(coordinates, numbers[i] * dimension, chosen, i * dimension, dimension);
    }
    return new Points(chosen, dimension);
  }

  /** Squared Euclidean distance of two points, in double precision. */
  public double squaredDistance(int i, Points others, int j) {
    double sum = 0;
    for (int k = 0; k < dimension; k++) {
      double t = (double) coordinates[i * dimension + k] - others.coordinates[j * dimension + k];
      sum += t * t;
    }
    return sum;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Points points && dimension == points.dimension
        && Arrays.equals(coordinates, points.coordinates);
  }

  @Override
  public int hashCode() {
    return 31 * dimension + Arrays.hashCode(coordinates);
  }

  @Override
  public String toString() {
    return count() + " points of dimension " + dimension;
  }
}
