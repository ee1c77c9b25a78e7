package gputae.train;

import gputae.objective.Losses;
import gputae.objective.TermKind;

/**
 * One optimisation step, measured on its batch before the weights changed.
 *
 * @param step            number of the step in the whole run, from 1
 * @param epoch           number of its epoch, from 1
 * @param stepInEpoch     number of the step within the epoch, from 1
 * @param stepsPerEpoch   number of steps in an epoch
 * @param rows            number of images in the batch
 * @param whole           false for the last batch of an epoch if it has fewer images than the others. Its ball penalty
 *     and deaths are sums over fewer points, so means over steps leave it out
 * @param losses          values of the objective's terms on the batch, without their weights
 * @param total           the objective's value
 */
public record Step(
    long step, int epoch, int stepInEpoch, int stepsPerEpoch, int rows, boolean whole,
    Losses losses, double total) {

  /** The value of a term; 0 if the objective does not have it. */
  public double loss(TermKind<?> kind) {
    return losses.get(kind);
  }
}
