package gputae.data;

/**
 * Vectors of features, such as the rows of a table.
 *
 * @param values float32, row-major [count, features]; not copied, so nobody may change it afterwards
 * @param count  number of vectors, at least 1
 * @param shape  the features
 */
public record Vectors(float[] values, int count, Shape.Features shape) implements Samples {

  /** Throws {@link IllegalArgumentException} if the sizes do not fit together. */
  public Vectors {
    if (count < 1 || shape.size() < 1 || (long) count * shape.size() != values.length) {
      throw new IllegalArgumentException(
          count + " vectors of " + shape + " do not have " + values.length + " numbers");
    }
  }

  @Override
  public float value(int sample, int place) {
    return values[sample * size() + place];
  }

  @Override
  public Vectors take(int... which) {
    int size = size();
    float[] some = new float[Math.multiplyExact(which.length, size)];
    for (int i = 0; i < which.length; i++) {
      System.arraycopy(values, which[i] * size, some, i * size, size);
    }
    return new Vectors(some, which.length, shape);
  }
}
