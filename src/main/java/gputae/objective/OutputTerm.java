package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.backend.Output;

/**
 * A term that depends on the decoder's outputs and on the samples that they stand for: the reconstruction. Every
 * objective has one such term.
 */
public interface OutputTerm extends Term {

  /**
   * Enqueues the computation of the value and the gradient.
   *
   * @param outputs  the decoder's outputs, (rows, pixels)
   * @param target   the samples, (rows, pixels)
   * @param gradient gradient with respect to the outputs; may be the same matrix as the outputs
   * @param value    (1, 1), without the weight
   */
  void enqueue(Backend backend, Matrix outputs, Matrix target, Matrix gradient, Matrix value);

  /** What the decoder's outputs mean to this term. */
  Output output();
}
