package gputae.data;

import java.util.stream.IntStream;

/**
 * One part of a data set: training or test.
 *
 * @param images the images
 * @param labels uint8 [count], the class of every image, or {@link #NO_CLASS}; null if no image has a class; not copied
 */
public record Split(Images images, byte[] labels) {

  /** The label of an image without a class, as an unsigned byte. Classes are below it. */
  public static final int NO_CLASS = 255;

  /** Throws {@link IllegalArgumentException} if the numbers of labels and images differ. */
  public Split {
    if (labels != null && labels.length != images.count()) {
      throw new IllegalArgumentException(images.count() + " images, but " + labels.length + " labels");
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

  /** Whether the image has a class. */
  public boolean hasClass(int image) {
    return labels != null && isClass(labels[image]);
  }

  /** The class of an image, or {@link Labels#NO_CLASS}. */
  public int classOf(int image) {
    return hasClass(image) ? labels[image] & 0xff : Labels.NO_CLASS;
  }

  /** Indices of the images that have a class, ascending. */
  public int[] withClass() {
    return withClass(labels).toArray();
  }

  /** Number of images that have a class. */
  public int classified() {
    return (int) withClass(labels).count();
  }

  /**
   * The classes in the form that {@link gputae.backend.Backend#gather} reads, row-major [count, classes]: 255, which
   * becomes 1, at the label of an image, 0 elsewhere. The split must have labels. An image without a class has
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

  /** Some of the images, in the given order. */
  Split take(int... which) {
    int size = images.pixelsPerImage();
    byte[] pixels = new byte[Math.multiplyExact(which.length, size)];
    byte[] some = labels == null ? null : new byte[which.length];
    for (int i = 0; i < which.length; i++) {
      System.arraycopy(images.pixels(), which[i] * size, pixels, i * size, size);
      if (some != null) {
        some[i] = labels[which[i]];
      }
    }
    return new Split(new Images(pixels, which.length, images.height(), images.width()), some);
  }

  /** The largest class, 0 to 254; -1 if no image has one. */
  int largestLabel() {
    return withClass(labels).map(i -> labels[i] & 0xff).max().orElse(-1);
  }
}
