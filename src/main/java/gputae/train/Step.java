package gputae.train;

import gputae.objective.Losses;
import gputae.objective.TermKind;

/**
 * One optimisation step, as measured on its batch before the weights moved.
 *
 * @param step            number of the step in the whole run, from 1
 * @param epoch           the epoch it belongs to, from 1
 * @param stepInEpoch     its number inside the epoch, from 1
 * @param stepsPerEpoch   how many steps an epoch has
 * @param rows            images in the batch
 * @param whole           false for the last batch of an epoch where it has fewer images than the others. Its ball
 *                        penalty and deaths are sums over fewer points, so means over steps leave it out
 * @param losses          values of the objective's terms on the batch, without their weights
 * @param total           the objective's value
 */
public record Step(
    long step, int epoch, int stepInEpoch, int stepsPerEpoch, int rows, boolean whole,
    Losses losses, double total) {

  /** The value of a term, 0 where the objective lacks it. */
  public double loss(TermKind<?> kind) {
    return losses.get(kind);
  }
}
