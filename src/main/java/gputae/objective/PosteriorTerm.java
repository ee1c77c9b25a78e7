package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;

/**
 * A term that depends on the normal distributions that a variational encoder gives instead of points. An objective has
 * such a term if and only if its encoder is variational.
 */
public interface PosteriorTerm extends Term {

  /**
   * Enqueues the computation of the value and the gradient, and passes the gradient of the sampled points on to the
   * encoder.
   *
   * @param statistics  the encoder's outputs, (rows, 2 latent): in each row the means, then the logarithms of the
   *     variances
   * @param noise       the standard normal numbers with which the points were sampled, (rows, latent)
   * @param dz          gradient of all other terms with respect to the sampled points, (rows, latent)
   * @param pixels      number of pixels of an image
   * @param dStatistics gradient with respect to the statistics, assigned
   * @param value       (1, 1), without the weight
   */
  void enqueue(Backend backend, Matrix statistics, Matrix noise, Matrix dz, long pixels, Matrix dStatistics,
      Matrix value);
}
