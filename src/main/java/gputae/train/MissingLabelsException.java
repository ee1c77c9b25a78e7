package gputae.train;

/** A term of the objective needs the images' classes, but the data set has no labels. */
public final class MissingLabelsException extends IllegalArgumentException {

  MissingLabelsException(String dataset) {
    super("the objective needs the classes of the images, but the data set '" + dataset + "' has no labels");
  }
}
