package gputae.data;

import java.util.List;

/**
 * Samples for training and samples that are held out, all of one shape.
 *
 * @param name    short name, as in a run directory
 * @param classes names for the legend, indexed by label, at most {@link Split#NO_CLASS}; empty if no sample has a class
 * @param train   the samples from which a model learns
 * @param test    the samples on which it is measured
 * @param heldOut how the test samples were chosen; null if the data bring a test split
 * @param scaling how the features were scaled; null for images
 */
public record Dataset(String name, List<String> classes, Split train, Split test, HeldOut heldOut, Scaling scaling) {

  /** A data set that brings its test split. */
  public Dataset(String name, List<String> classes, Split train, Split test) {
    this(name, classes, train, test, null);
  }

  /** A data set whose samples are not scaled. */
  public Dataset(String name, List<String> classes, Split train, Split test, HeldOut heldOut) {
    this(name, classes, train, test, heldOut, null);
  }

  /** Throws {@link IllegalArgumentException} if the two splits differ in shape or a label has no class. */
  public Dataset {
    classes = List.copyOf(classes);
    if (!train.samples().shape().equals(test.samples().shape())) {
      throw new IllegalArgumentException("training " + train.samples().shape().words() + " are "
          + train.samples().shape() + ", test " + test.samples().shape().words() + " " + test.samples().shape());
    }
    if (classes.size() > Split.NO_CLASS) {
      throw new IllegalArgumentException(classes.size() + " classes; at most " + Split.NO_CLASS + " are supported");
    }
    int largest = Math.max(train.largestLabel(), test.largestLabel());
    if (largest >= classes.size()) {
      throw new IllegalArgumentException("label " + largest + ", but only " + classes.size() + " class names");
    }
  }

  /** The shape of each sample. */
  public Shape shape() {
    return train.samples().shape();
  }

  /** The same data with each feature scaled. The samples must be vectors. */
  Dataset scaled(Scaling by) {
    return new Dataset(name, classes, new Split(by.apply((Vectors) train.samples()), train.labels()),
        new Split(by.apply((Vectors) test.samples()), test.labels()), heldOut, by);
  }
}
