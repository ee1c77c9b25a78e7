package gputae.data;

import java.util.stream.IntStream;

/**
 * One part of a data set: training or test.
 *
 * @param samples the samples
 * @param labels  uint8 [count], the class of every sample, or {@link #NO_CLASS}; null if no sample has a class; not
 *     copied
 */
public record Split(Samples samples, byte[] labels) {

  /** The label of a sample without a class, as an unsigned byte. Classes are below it. */
  public static final int NO_CLASS = 255;

  /** Throws {@link IllegalArgumentException} if the numbers of labels and samples differ. */
  public Split {
    if (labels != null && labels.length != samples.count()) {
      throw new IllegalArgumentException(samples.count() + " " + samples.shape().words() + ", but " + labels.length
          + " labels");
    }
    if (withClass(labels).findAny().isEmpty()) {
      labels = null;
    }
  }

  /** How many labels have a value. */
  static long count(byte[] labels, int value) {
    return IntStream.range(0, labels.length).filter(i -> (labels[i] & 0xff) == value).count();
  }

  /** Whether a label is that of a class. */
  public static boolean isClass(byte label) {
    return (label & 0xff) != NO_CLASS;
  }

  private static IntStream withClass(byte[] labels) {
    return labels == null ? IntStream.empty() : IntStream.range(0, labels.length).filter(i -> isClass(labels[i]));
  }

  /**
   * The samples of a split that is known to hold images.
   *
   * @throws IllegalStateException if it holds vectors
   */
  public Images images() {
    if (samples instanceof Images images) {
      return images;
    }
    throw new IllegalStateException("the samples are " + samples.shape().words() + " of " + samples.shape());
  }

  /** Number of samples. */
  public int count() {
    return samples.count();
  }

  /** Whether the sample has a class. */
  public boolean hasClass(int sample) {
    return labels != null && isClass(labels[sample]);
  }

  /** The class of a sample, or {@link Labels#NO_CLASS}. */
  public int classOf(int sample) {
    return hasClass(sample) ? labels[sample] & 0xff : Labels.NO_CLASS;
  }

  /** Indices of the samples that have a class, ascending. */
  public int[] withClass() {
    return withClass(labels).toArray();
  }

  /** Number of samples that have a class. */
  public int classified() {
    return (int) withClass(labels).count();
  }

  /**
   * The classes in the form that {@link gputae.backend.Backend#gather} reads, row-major [count, classes]: 255, which
   * becomes 1, at the label of a sample, 0 elsewhere. The split must have labels. A sample without a class has
   * only zeros.
   */
  public byte[] memberships(int classes) {
    byte[] memberships = new byte[Math.multiplyExact(labels.length, classes)];
    for (int i = 0; i < labels.length; i++) {
      int label = labels[i] & 0xff;
      if (label < classes) {
        memberships[i * classes + label] = (byte) 255;
      }
    }
    return memberships;
  }

  /** Some of the samples, in the given order. */
  public Split take(int... which) {
    byte[] some = labels == null ? null : new byte[which.length];
    for (int i = 0; labels != null && i < which.length; i++) {
      some[i] = labels[which[i]];
    }
    return new Split(samples.take(which), some);
  }

  /** The largest class, 0 to 254; -1 if no sample has one. */
  int largestLabel() {
    return withClass(labels).map(i -> labels[i] & 0xff).max().orElse(-1);
  }
}
