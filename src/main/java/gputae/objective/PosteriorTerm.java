package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;

/**
 * A term of the normal distributions that a variational encoder gives in place of points. An objective has one if and
 * only if its encoder is variational.
 */
public interface PosteriorTerm extends Term {

  /**
   * Enqueues value and gradient, and carries the gradient of the sampled points on to the encoder.
   *
   * @param statistics  the encoder's outputs, (rows, 2 latent): means beside logarithms of variances
   * @param noise       standard normals that the points were sampled with, (rows, latent)
   * @param dz          gradient of everything else with respect to the sampled points, (rows, latent)
   * @param pixels      of an image
   * @param dStatistics gradient with respect to the statistics, assigned
   * @param value       (1, 1), without the weight
   */
  void enqueue(Backend backend, Matrix statistics, Matrix noise, Matrix dz, long pixels, Matrix dStatistics,
      Matrix value);
}
