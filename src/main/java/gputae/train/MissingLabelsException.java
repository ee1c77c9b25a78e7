package gputae.train;

/** A term of the objective needs the images' classes, but no training image has one. */
public final class MissingLabelsException extends IllegalArgumentException {

  MissingLabelsException(String dataset) {
    super("the objective needs the classes of the images, but no training image of the data set '" + dataset
        + "' has a label");
  }
}
