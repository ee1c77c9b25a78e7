package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;

/**
 * A term of a batch's latent points; it may read the images and their classes too. The device computes it beside the
 * decoder's passes, which do not need it.
 */
public interface LatentTerm extends Term {

  /**
   * What a term may read.
   *
   * @param z       latent points, (rows, latent)
   * @param inputs  the images they come from, (rows, pixels), numbers in [0, 1]
   * @param classes (rows, classes of the data set): 1 at an image's class, 0 elsewhere; null where no term of the
   *     objective {@linkplain #needsClasses needs} them
   */
  record Batch(Matrix z, Matrix inputs, Matrix classes) {

    /** Images in the batch. */
    public long rows() {
      return z.rows();
    }
  }

  /** Whether the term reads {@link Batch#classes}. The data set must have labels then. */
  default boolean needsClasses() {
    return false;
  }

  /** What computes the term for batches of up to {@code mostRows} points; its owner closes it. */
  Computation on(Backend backend, long mostRows, long latent);

  /** Bytes that the {@link Computation} allocates for batches of {@code points}, about. */
  default long bytes(long points, long latent) {
    return 0;
  }

  /** Bytes of work space that the device takes for each recording of a batch of {@code points}, about. */
  default long workBytes(long points) {
    return 0;
  }

  /** A term on a device, with the memory it needs. */
  interface Computation extends AutoCloseable {

    /**
     * Enqueues value and gradient.
     *
     * @param weight   (1, 1), what the gradient is multiplied by: negative where the term is maximised. It may change
     *     from step to step, so only the device reads it
     * @param gradient of what the term adds to the objective, that is weight times the derivative of the value with
     *     respect to the latent points; assigned
     * @param value    (1, 1), without the weight
     */
    void enqueue(Batch batch, Matrix weight, Matrix gradient, Matrix value);

    /** Frees its memory. */
    @Override
    void close();
  }
}
