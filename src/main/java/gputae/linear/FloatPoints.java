package gputae.linear;

import java.util.Arrays;

/**
 * A cloud of points in float32.
 *
 * @param coordinates row-major [count, dimension]
 * @param dimension   number of coordinates of a point, at least 1
 */
public record FloatPoints(float[] coordinates, int dimension) implements PointCloud {

  /** Throws {@link IllegalArgumentException} if the lengths do not fit together. */
  public FloatPoints {
    PointCloud.requireWhole(coordinates.length, dimension);
  }

  @Override
  public int count() {
    return coordinates.length / dimension;
  }

  @Override
  public double coordinate(int point, int axis) {
    return coordinates[point * dimension + axis];
  }

  @Override
  public DoublePoints inDouble() {
    double[] wide = new double[coordinates.length];
    Arrays.setAll(wide, i -> coordinates[i]);
    return new DoublePoints(wide, dimension);
  }

  /** Whether all coordinates of a point are finite. */
  public boolean isFinite(int point) {
    for (int i = point * dimension; i < (point + 1) * dimension; i++) {
      if (!Float.isFinite(coordinates[i])) {
        return false;
      }
    }
    return true;
  }

  /** The points with these indices, in this order. */
  public FloatPoints rows(int[] numbers) {
    float[] chosen = new float[Math.multiplyExact(numbers.length, dimension)];
    for (int i = 0; i < numbers.length; i++) {
      System.arraycopy(coordinates, numbers[i] * dimension, chosen, i * dimension, dimension);
    }
    return new FloatPoints(chosen, dimension);
  }

  /** Squared Euclidean norm of a point, in double precision. */
  public double squaredNorm(int point) {
    double sum = 0;
    for (int i = point * dimension; i < (point + 1) * dimension; i++) {
      sum += (double) coordinates[i] * coordinates[i];
    }
    return sum;
  }

  /** Squared Euclidean distance of two points, in double precision. */
  public double squaredDistance(int i, FloatPoints others, int j) {
    double sum = 0;
    for (int k = 0; k < dimension; k++) {
      double t = (double) coordinates[i * dimension + k] - others.coordinates[j * dimension + k];
      sum += t * t;
    }
    return sum;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FloatPoints points && dimension == points.dimension
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
