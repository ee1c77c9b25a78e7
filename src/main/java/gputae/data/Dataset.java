package gputae.data;

import java.util.List;

/**
 * Images to train on and images held out, of the same size.
 *
 * @param name    short name, as in a run directory
 * @param classes legend names, indexed by label; empty where there are no labels
 * @param train   what a model learns from
 * @param test    what it is measured on
 */
public record Dataset(String name, List<String> classes, Split train, Split test) {

  /** Throws {@link IllegalArgumentException} where the two splits differ in image size or a label has no class. */
  public Dataset {
    classes = List.copyOf(classes);
    if (train.images().height() != test.images().height() || train.images().width() != test.images().width()) {
      throw new IllegalArgumentException(
          "training images are " + train.images().height() + " x " + train.images().width() + ", test images "
              + test.images().height() + " x " + test.images().width());
    }
    int largest = Math.max(train.largestLabel(), test.largestLabel());
    if (largest >= classes.size()) {
      throw new IllegalArgumentException("label " + largest + ", but only " + classes.size() + " class names");
    }
  }
}
