package gputae.data;

/**
 * One part of a data set: training or test.
 *
 * @param images the images
 * @param labels uint8 [count], the class of every image, or null if the data has none; not copied
 */
public record Split(Images images, byte[] labels) {

  /** Throws {@link IllegalArgumentException} if the numbers of labels and images differ. */
  public Split {
    if (labels != null && labels.length != images.count()) {
      throw new IllegalArgumentException(images.count() + " images, but " + labels.length + " labels");
    }
  }

  /**
   * The classes in the form that {@link gputae.backend.Backend#gather} reads, row-major [count, classes]: 255, which
   * becomes 1, at the label of an image, 0 elsewhere. The split must have labels. A label from {@code classes} on
   * stands for no class: such an image has only zeros.
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

  /** The largest label, 0..255; -1 if there are no labels. */
  int largestLabel() {
    int largest = -1;
    if (labels != null) {
      for (byte label : labels) {
        largest = Math.max(largest, label & 0xff);
      }
    }
    return largest;
  }
}
