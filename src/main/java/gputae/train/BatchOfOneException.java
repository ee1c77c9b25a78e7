package gputae.train;

/** A batch of one image has no variance, so a batch normalisation cannot be trained with it, as in PyTorch. */
public final class BatchOfOneException extends RuntimeException {

  BatchOfOneException(int images, int batch) {
    super((batch == 1 ? "a batch has 1 image"
        : "the last batch of an epoch has 1 image (" + images + " images in batches of " + batch + ")")
        + "; batch normalisation needs at least 2");
  }
}
