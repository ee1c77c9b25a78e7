package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;

/** A term of the network's parameters, such as weight decay. The device computes it before the encoder's pass. */
public interface ParameterTerm extends Term {

  /** What computes the term for a network of {@code parameters} weights and biases; its owner closes it. */
  Computation on(Backend backend, long parameters);

  /** Bytes that the {@link Computation} allocates for a network of {@code parameters} weights and biases, about. */
  default long bytes(long parameters) {
    return 0;
  }

  /** A term on a device, with the memory it needs. */
  interface Computation extends AutoCloseable {

    /**
     * Enqueues value and gradient.
     *
     * @param parameters all weights and biases of the network, (1, parameters)
     * @param step       number of the steps done, int64 (1, 1)
     * @param weight     (1, 1), what the gradient is multiplied by: negative where the term is maximised. It may change
     *     from step to step, so only the device reads it
     * @param gradient   of what the term adds to the objective, that is weight times the derivative of the value with
     *     respect to the parameters; assigned
     * @param value      (1, 1), without the weight
     */
    void enqueue(Matrix parameters, Matrix step, Matrix weight, Matrix gradient, Matrix value);

    /** Frees its memory. */
    @Override
    void close();
  }
}
