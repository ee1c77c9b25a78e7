package gputae.train;

import gputae.objective.Losses;
import gputae.objective.TermKind;

/**
 * One finished epoch: a row of {@code metrics.csv}.
 *
 * @param epoch              number of the epoch, from 1
 * @param seconds            wall time spent training so far: all epochs and all resumed parts of the run together
 * @param losses             values of the objective's terms, without their weights: means over the epoch. A term that
 *     is a mean over a batch counts each batch by its number of images. A term that is a sum over a batch leaves out a
 *     smaller last batch
 * @param total              the objective's value, computed from {@code losses}
 * @param testReconstruction reconstruction loss on the test split after the epoch, mean per number of a sample
 * @param stepsPerSecond     training steps of this epoch divided by the time they took, without evaluation and files
 */
public record Epoch(
    int epoch, double seconds, Losses losses, double total, double testReconstruction, double stepsPerSecond) {

  /** The mean of a term; 0 if the objective does not have it. */
  public double loss(TermKind<?> kind) {
    return losses.get(kind);
  }
}
