package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import java.util.List;

/** A term of the network's parameters, such as weight decay. The device computes it before the encoder's pass. */
public interface ParameterTerm extends Term {

  /**
   * Numbers that a term keeps from step to step. They belong to the state of a training, so a checkpoint holds them.
   * Each begins as 0.
   *
   * @param name    name of the tensor: the name of the term, a dot and more
   * @param rows    rows of the matrix, float32
   * @param columns columns of the matrix
   */
  record State(String name, long rows, long columns) {

    /** The bytes of the matrix. */
    public long bytes() {
      return rows * columns * Float.BYTES;
    }
  }

  /** What the term keeps from step to step for a buffer of {@code parameters} numbers. */
  default List<State> state(long parameters) {
    return List.of();
  }

  /**
   * A part of the flat buffer of the network.
   *
   * @param first its first number
   * @param count its numbers, the zeros between its tensors included
   */
  record Part(long first, long count) {}

  /**
   * What a computation is made for.
   *
   * @param parameters numbers in the flat buffer of the network
   * @param decoder    the part of the buffer that holds the decoder's weights and biases, and nothing else but zeros
   * @param seed       seed of the training
   * @param stream     the stream of random numbers that terms of the parameters may draw from
   * @param state      the term's {@link ParameterTerm#state} in the same order; the caller owns it
   */
  record Setup(long parameters, Part decoder, long seed, int stream, List<Matrix> state) {}

  /** Makes the computation of the term. The caller closes it. */
  Computation on(Backend backend, Setup setup);

  /**
   * About how many bytes the {@link Computation} allocates for a buffer of {@code parameters} numbers, without the
   * state.
   */
  default long bytes(long parameters) {
    return 0;
  }

  /** The computation of a term on a device, with the memory that it needs. */
  interface Computation extends AutoCloseable {

    /**
     * Enqueues the computation of the value and the gradient.
     *
     * @param parameters the flat buffer of the network, (1, parameters): all weights and biases, the scalars of other
     *     terms, and zeros between them
     * @param step       number of the steps done, int64 (1, 1)
     * @param weight     (1, 1), the factor of the gradient: negative if the term is maximised. It may change from step
     *     to step, so only the device reads it
     * @param gradient   gradient of what the term adds to the objective: weight times the derivative of the value with
     *     respect to the parameters; assigned. It must be 0 where the buffer has zeros between tensors
     * @param value      (1, 1), without the weight
     */
    void enqueue(Matrix parameters, Matrix step, Matrix weight, Matrix gradient, Matrix value);

    /** Frees the memory of the computation. */
    @Override
    void close();
  }
}
