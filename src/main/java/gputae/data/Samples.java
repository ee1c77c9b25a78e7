package gputae.data;

import java.util.List;

/** Samples of one shape: images, or vectors of features. */
public sealed interface Samples permits Images, Vectors {

  /** Number of samples, at least 1. */
  int count();

  /** The shape of each sample. */
  Shape shape();

  /** Numbers of a sample, at least 1. */
  default int size() {
    return shape().size();
  }

  /** A number as a model receives it: of an image pixel / 255, of a vector the feature. */
  float value(int sample, int place);

  /** Some of the samples, in the given order. */
  Samples take(int... which);

  /** The samples of several parts of one shape, one part after the other. */
  static Samples joined(List<Samples> parts) {
    int count = parts.stream().mapToInt(Samples::count).sum();
    int numbers = Math.multiplyExact(count, parts.get(0).size());
    int at = 0;
    if (parts.get(0) instanceof Images first) {
      byte[] pixels = new byte[numbers];
      for (Samples part : parts) {
        byte[] some = ((Images) part).pixels();
        System.arraycopy(some, 0, pixels, at, some.length);
        at += some.length;
      }
      return new Images(pixels, count, first.shape());
    }
    float[] values = new float[numbers];
    for (Samples part : parts) {
      float[] some = ((Vectors) part).values();
      System.arraycopy(some, 0, values, at, some.length);
      at += some.length;
    }
    return new Vectors(values, count, ((Vectors) parts.get(0)).shape());
  }
}
