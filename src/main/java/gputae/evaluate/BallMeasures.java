package gputae.evaluate;

import gputae.backend.Backend;
import gputae.homology.Homology;
import gputae.linear.FloatPoints;

/**
 * Where embeddings lie relative to the unit ball, and how evenly they fill it.
 *
 * @param shareOutside            share of the embeddings whose norm is greater than 1
 * @param holes                   distances from points uniform in the ball to the nearest embedding; embeddings outside
 *     the ball are included
 * @param uniformHoles            the same for the same number of points uniform in the ball
 * @param energyDistance          squared energy distance D^2 to the same number of points uniform in the ball (Szekely,
 *     Rizzo 2013), in latent units. For a second uniform sample it is about 2 E|Y - Y'| / n, not 0
 * @param totalPersistence        sum of the H0 death times of all embeddings, which is the length of their minimum
 *     spanning tree
 * @param uniformTotalPersistence the same for the same number of points uniform in the ball
 */
public record BallMeasures(double shareOutside, HoleDistances holes, HoleDistances uniformHoles, double energyDistance,
    double totalPersistence,
    double uniformTotalPersistence) {

  /**
   * Measures embeddings.
   *
   * @throws IllegalArgumentException if a coordinate is not finite, or if the reference is for another number of points
   *     or another dimension
   */
  public static BallMeasures of(Backend backend, FloatPoints embeddings, UniformBallReference uniform) {
    embeddings.requireFinite();
    if (embeddings.count() != uniform.sample().count() || embeddings.dimension() != uniform.sample().dimension()) {
      throw new IllegalArgumentException(
          embeddings + ", but the uniform ones to compare them with are " + uniform.sample());
    }
    return new BallMeasures(
        UnitBall.shareOutside(embeddings),
        HoleDistances.of(uniform.probes(), embeddings),
        uniform.holes(),
        EnergyDistance.squared(EnergyDistance.mean(embeddings, uniform.sample()), EnergyDistance.mean(embeddings),
            uniform.meanPairDistance()),
        Homology.spanningTree(backend, embeddings).totalPersistence(1),
        uniform.totalPersistence());
  }

  /**
   * The holes divided by those of uniform points: 1 for an even cloud, larger if the cloud leaves more of the ball
   * empty.
   */
  public HoleDistances holeRatios() {
    return holes.relativeTo(uniformHoles);
  }

  /** Total persistence divided by that of uniform points. */
  public double persistenceRatio() {
    return totalPersistence / uniformTotalPersistence;
  }
}
