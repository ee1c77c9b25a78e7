package gputae.linear;

import java.util.Arrays;

/**
 * A cloud of points in float64.
 *
 * @param coordinates row-major [count, dimension]
 * @param dimension   number of coordinates of a point, at least 1
 */
public record DoublePoints(double[] coordinates, int dimension) implements PointCloud {

  /** Throws {@link IllegalArgumentException} if the lengths do not fit together. */
  public DoublePoints {
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
    return this;
  }

  /** The points with these indices, in this order. */
  public DoublePoints rows(int[] numbers) {
    double[] chosen = new double[Math.multiplyExact(numbers.length, dimension)];
    for (int i = 0; i < numbers.length; i++) {
      System.arraycopy(coordinates, numbers[i] * dimension, chosen, i * dimension, dimension);
    }
    return new DoublePoints(chosen, dimension);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof DoublePoints points && dimension == points.dimension
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
