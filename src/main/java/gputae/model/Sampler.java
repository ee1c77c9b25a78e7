package gputae.model;

import gputae.backend.Backend;
import gputae.backend.Matrix;

/** A distribution of latent points, from which images are generated: the prior of a model, or one fitted afterwards. */
@FunctionalInterface
public interface Sampler {

  /** Draws latent points (count, latent); the caller closes them. The first points do not depend on the count. */
  Matrix sample(Backend backend, long count, int latent, long seed, int stream);
}
