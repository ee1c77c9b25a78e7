package gputae.evaluate;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.homology.Homology;
import gputae.model.Prior;

/**
 * What embeddings that fill the unit ball evenly would look like: as many points, uniform in the ball, and their
 * measures. Made once, it serves all models of the same number of embeddings and latent dimension.
 *
 * @param sample           the points, uniform in the ball
 * @param probes           10,000 more, independent of them, from which holes are sought
 * @param holes            of the sample
 * @param meanPairDistance of the sample, E|Y - Y'| over all pairs, those of a point with itself included
 * @param totalPersistence of the sample: sum of its H0 death times
 */
public record UniformBallReference(Points sample, Points probes, HoleDistances holes, double meanPairDistance,
    double totalPersistence) {

  private static final int PROBES = 10_000;

  // Streams of random numbers beyond those that a training with the same seed draws from.
  private static final int SAMPLE_STREAM = 16;
  private static final int PROBE_STREAM = 17;

  /**
   * Draws the points and measures them; the seed says which.
   *
   * @param count     at least 2
   * @param dimension at least 1
   */
  public static UniformBallReference of(Backend backend, int count, int dimension, long seed) {
    if (count < 2) {
      throw new IllegalArgumentException(count + " points are too few to compare a cloud with; expected at least 2");
    }
    return of(backend, draw(backend, count, dimension, seed, SAMPLE_STREAM),
        draw(backend, PROBES, dimension, seed, PROBE_STREAM));
  }

  static UniformBallReference of(Backend backend, Points sample, Points probes) {
    return new UniformBallReference(sample, probes, HoleDistances.of(probes, sample), EnergyDistance.mean(sample),
        Homology.spanningTree(backend, sample.coordinates(), sample.dimension()).totalPersistence(1));
  }

  private static Points draw(Backend backend, int count, int dimension, long seed, int stream) {
    try (Matrix z = Prior.UNIFORM_BALL.sample(backend, count, dimension, seed, stream)) {
      return new Points(z.toFloats(), dimension);
    }
  }
}
