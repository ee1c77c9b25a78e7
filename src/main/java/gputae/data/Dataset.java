package gputae.data;

import java.util.List;

/**
 * Images for training and images that are held out, all of the same size.
 *
 * @param name    short name, as in a run directory
 * @param classes names for the legend, indexed by label, at most {@link Split#NO_CLASS}; empty if no image has a class
 * @param train   the images from which a model learns
 * @param test    the images on which it is measured
 * @param heldOut how the test images were chosen; null if the data bring a test split
 */
public record Dataset(String name, List<String> classes, Split train, Split test, HeldOut heldOut) {

  /** A data set that brings its test split. */
  public Dataset(String name, List<String> classes, Split train, Split test) {
    this(name, classes, train, test, null);
  }

  /** Throws {@link IllegalArgumentException} if the two splits differ in image size or a label has no class. */
  public Dataset {
    classes = List.copyOf(classes);
    if (train.images().height() != test.images().height() || train.images().width() != test.images().width()) {
      throw new IllegalArgumentException(
          "training images are " + train.images().height() + " x " + train.images().width() + ", test images "
              + test.images().height() + " x " + test.images().width());
    }
    if (classes.size() > Split.NO_CLASS) {
      throw new IllegalArgumentException(classes.size() + " classes; at most " + Split.NO_CLASS + " are supported");
    }
    int largest = Math.max(train.largestLabel(), test.largestLabel());
    if (largest >= classes.size()) {
      throw new IllegalArgumentException("label " + largest + ", but only " + classes.size() + " class names");
    }
  }
}
