package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;

/** A term of the decoder's outputs and the images they stand for: the reconstruction. Every objective has one. */
public interface OutputTerm extends Term {

  /**
   * Enqueues value and gradient.
   *
   * @param logits   the decoder's outputs, (rows, pixels)
   * @param target   the images, (rows, pixels), numbers in [0, 1]
   * @param gradient with respect to the logits; may be the logits themselves
   * @param value    (1, 1), without the weight
   */
  void enqueue(Backend backend, Matrix logits, Matrix target, Matrix gradient, Matrix value);
}
