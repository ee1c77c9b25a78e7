package gputae.loss;

import gputae.backend.BallPenalty;

/**
 * The paper's penalty on a batch of latent points, with a weight for each of its two sums:
 * {@code ballWeight * sum_z max(|z| - 1, 0) - deathWeight * sum_d d^degree}. Both are sums over the batch, not means; the paper's lambda is both weights.
 *
 * @param ballWeight  weight of the ball penalty, at least 0
 * @param penalty     how a point outside the ball is penalised
 * @param deathWeight weight of the death times, at least 0; larger ones spread points farther apart
 * @param degree      k of the total persistence sum of d^k, at least 1
 * @param maxEdge     death times longer than this are left out; infinite for none
 */
public record LatentRegulariser(double ballWeight, BallPenalty penalty, double deathWeight, double degree, double maxEdge) {

  public LatentRegulariser {
    if (!(ballWeight >= 0 && deathWeight >= 0 && ballWeight < Double.POSITIVE_INFINITY && deathWeight < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("weights of the penalty are finite and at least 0, not " + ballWeight + " and " + deathWeight);
    }
    if (!(degree >= 1 && degree < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("the degree of the total persistence is finite and at least 1, not " + degree);
    }
    if (!(maxEdge > 0)) {
      throw new IllegalArgumentException("the longest edge is greater than 0, not " + maxEdge);
    }
  }
}
