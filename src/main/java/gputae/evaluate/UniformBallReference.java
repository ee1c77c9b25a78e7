package gputae.evaluate;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.homology.Homology;
import gputae.linear.FloatPoints;
import gputae.model.Prior;

/**
 * A reference for embeddings that fill the unit ball evenly: the same number of points, uniform in the ball, and their
 * measures. It is made once and serves all models with the same number of embeddings and the same latent dimension.
 *
 * @param sample           the points, uniform in the ball
 * @param probes           10,000 more points, independent of the sample, from which holes are measured
 * @param holes            holes of the sample
 * @param meanPairDistance mean distance of the sample, E|Y - Y'| over all pairs, including pairs of a point with itself
 * @param totalPersistence sum of the H0 death times of the sample
 */
public record UniformBallReference(FloatPoints sample, FloatPoints probes, HoleDistances holes, double meanPairDistance,
    double totalPersistence) {

  private static final int PROBES = 10_000;

  // Streams of random numbers that differ from those of a training with the same seed.
  private static final int SAMPLE_STREAM = 16;
  private static final int PROBE_STREAM = 17;

  /**
   * Draws the points, as the seed determines them, and measures them.
   *
   * @param count     number of points, at least 2
   * @param dimension dimension of the ball, at least 1
   */
  public static UniformBallReference of(Backend backend, int count, int dimension, long seed) {
    if (count < 2) {
      throw new IllegalArgumentException(count + " points are too few to compare a cloud with; expected at least 2");
    }
    return of(backend, draw(backend, count, dimension, seed, SAMPLE_STREAM),
        draw(backend, PROBES, dimension, seed, PROBE_STREAM));
  }

  static UniformBallReference of(Backend backend, FloatPoints sample, FloatPoints probes) {
    return new UniformBallReference(sample, probes, HoleDistances.of(probes, sample), EnergyDistance.mean(sample),
        Homology.spanningTree(backend, sample).totalPersistence(1));
  }

  private static FloatPoints draw(Backend backend, int count, int dimension, long seed, int stream) {
    try (Matrix z = Prior.UNIFORM_BALL.sample(backend, count, dimension, seed, stream)) {
      return new FloatPoints(z.toFloats(), dimension);
    }
  }
}
