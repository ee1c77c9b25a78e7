package gputae.train;

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
 * @param reconstruction  binary cross-entropy, nats, mean over the batch's pixels
 * @param ball            ball penalty, sum over the batch, unweighted
 * @param deaths          sum of d^k over the batch's death times, unweighted
 * @param kl              Kullback-Leibler divergence of the VAE, nats, sum over the batch divided by its number of pixels; 0 for the other models
 * @param total           the objective: reconstruction + kl + weighted ball - weighted deaths
 */
public record Step(
    long step, int epoch, int stepInEpoch, int stepsPerEpoch, int rows, boolean whole,
    double reconstruction, double ball, double deaths, double kl, double total) {}
