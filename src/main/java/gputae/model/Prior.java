package gputae.model;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;

/** The distribution of latent points that a model is trained for, from which images are generated. */
public enum Prior implements Sampler {
  /** Uniform in the unit ball, for models with the ball penalty. */
  UNIFORM_BALL,
  /**
   * Standard normal, for all other models. Of these, only the variational and the Wasserstein autoencoder are trained
   * to match it.
   */
  STANDARD_NORMAL;

  /** Fills z (rows, latent) with samples, addressed by (seed, stream, step); step: int64 (1, 1). */
  public void draw(Backend backend, Matrix z, long seed, int stream, Matrix step) {
    if (this == UNIFORM_BALL) {
      backend.uniformBall(z, seed, stream, step);
    } else {
      backend.normals(z, seed, stream, step);
    }
  }

  /** The expected squared distance of two samples in so many dimensions: twice the sum of the variances. */
  public double squaredDistance(int latent) {
    return this == UNIFORM_BALL ? 2.0 * latent / (latent + 2) : 2.0 * latent;
  }

  @Override
  public Matrix sample(Backend backend, long count, int latent, long seed, int stream) {
    Matrix z = backend.allocate(count, latent);
    try (Matrix step = backend.allocate(ElementType.INT64, 1, 1)) {
      draw(backend, z, seed, stream, step);
      backend.synchronise();
    }
    return z;
  }
}
