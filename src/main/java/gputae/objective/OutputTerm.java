package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;

/**
 * A term that depends on the decoder's outputs and on the images that they stand for: the reconstruction. Every
 * objective has one such term.
 */
public interface OutputTerm extends Term {

  /**
   * Enqueues the computation of the value and the gradient.
   *
   * @param logits   the decoder's outputs, (rows, pixels)
   * @param target   the images, (rows, pixels), numbers in [0, 1]
   * @param gradient gradient with respect to the logits; may be the same matrix as the logits
   * @param value    (1, 1), without the weight
   */
  void enqueue(Backend backend, Matrix logits, Matrix target, Matrix gradient, Matrix value);
}
