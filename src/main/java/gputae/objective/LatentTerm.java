package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;

/** A term of a batch's latent points alone. It is computed beside the decoder's passes, which do not need it. */
public interface LatentTerm extends Term {

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
     * @param z        latent points, (rows, latent)
     * @param gradient of what the term adds to the objective, weight and sign included, with respect to z; assigned
     * @param value    (1, 1), without the weight
     */
    void enqueue(Matrix z, Matrix gradient, Matrix value);

    /** Frees its memory. */
    @Override
    void close();
  }
}
