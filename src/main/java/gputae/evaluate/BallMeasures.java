package gputae.evaluate;

import gputae.backend.Backend;
import gputae.homology.Homology;

/**
 * How embeddings lie in the unit ball, and how far from filling it evenly.
 *
 * @param shareOutside            share of the embeddings whose norm is greater than 1
 * @param holes                   distances from places uniform in the ball to the nearest embedding, those outside the
 *     ball included
 * @param uniformHoles            the same for as many points uniform in the ball
 * @param energyDistance          squared energy distance D^2 to as many points uniform in the ball (Szekely, Rizzo
 *                                2013), in latent units. A second uniform sample has about 2 E|Y - Y'| / n, not 0
 * @param totalPersistence        sum of the H0 death times of all embeddings, which is the length of their minimum
 *     spanning tree
 * @param uniformTotalPersistence the same for as many points uniform in the ball
 */
public record BallMeasures(double shareOutside, HoleDistances holes, HoleDistances uniformHoles, double energyDistance,
    double totalPersistence,
    double uniformTotalPersistence) {

  /** @throws IllegalArgumentException if the reference is for another number of points or another dimension */
  public static BallMeasures of(Backend backend, Points embeddings, UniformBallReference uniform) {
    if (embeddings.count() != uniform.sample().count() || embeddings.dimension() != uniform.sample().dimension()) {
      throw new IllegalArgumentException(
          embeddings + ", but the uniform ones to compare them with are " + uniform.sample());
    }
    return new BallMeasures(
        UnitBall.shareOutside(embeddings.coordinates(), embeddings.dimension()),
        HoleDistances.of(uniform.probes(), embeddings),
        uniform.holes(),
        EnergyDistance.squared(EnergyDistance.mean(embeddings, uniform.sample()), EnergyDistance.mean(embeddings),
            uniform.meanPairDistance()),
        Homology.spanningTree(backend, embeddings.coordinates(), embeddings.dimension()).totalPersistence(1),
        uniform.totalPersistence());
  }

  /**
   * The holes in units of those that uniform points leave; 1 for an even cloud, larger where it leaves more of the ball
   * empty.
   */
  public HoleDistances holeRatios() {
    return holes.relativeTo(uniformHoles);
  }

  /** Total persistence in units of uniform points'. */
  public double persistenceRatio() {
    return totalPersistence / uniformTotalPersistence;
  }
}
