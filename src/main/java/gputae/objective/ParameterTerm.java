package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;

/** A term of the network's parameters, such as weight decay. The device computes it before the encoder's pass. */
public interface ParameterTerm extends Term {

  /** Makes the computation of the term for a buffer of {@code parameters} numbers. The caller closes it. */
  Computation on(Backend backend, long parameters);

  /** About how many bytes the {@link Computation} allocates for a buffer of {@code parameters} numbers. */
  default long bytes(long parameters) {
    return 0;
  }

  /** A term on a device, with the memory it needs. */
  interface Computation extends AutoCloseable {

    /**
     * Enqueues value and gradient.
     *
     * @param parameters the flat buffer of the network, (1, parameters): all weights and biases, the scalars of other
     *     terms, and zeros between them
     * @param step       number of the steps done, int64 (1, 1)
     * @param weight     (1, 1), what the gradient is multiplied by: negative where the term is maximised. It may change
     *     from step to step, so only the device reads it
     * @param gradient   of what the term adds to the objective, that is weight times the derivative of the value with
     *     respect to the parameters; assigned. It must be 0 where the buffer has zeros between tensors
     * @param value      (1, 1), without the weight
     */
    void enqueue(Matrix parameters, Matrix step, Matrix weight, Matrix gradient, Matrix value);

    /** Frees its memory. */
    @Override
    void close();
  }
}
