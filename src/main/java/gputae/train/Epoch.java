package gputae.train;

/**
 * One finished epoch: a row of {@code metrics.csv}.
 *
 * @param epoch              number of the epoch, from 1
 * @param seconds            wall time spent training so far, all epochs and all resumed parts of the run together
 * @param reconstruction     binary cross-entropy on the training batches, nats, mean per pixel
 * @param ball               ball penalty summed over a batch, unweighted, mean over the epoch's batches; a last batch
 *                           of fewer images is left out of this mean and the next
 * @param deaths             sum of d^k over a batch's death times, unweighted, mean over the same batches
 * @param kl                 Kullback-Leibler divergence of the VAE per pixel, nats, mean as for {@code reconstruction}; 0 for the other models
 * @param total              the objective formed from the four columns before
 * @param testReconstruction binary cross-entropy on the test split after the epoch, nats, mean per pixel
 * @param stepsPerSecond     training steps of this epoch divided by the time they took, without evaluation and files
 */
public record Epoch(
    int epoch, double seconds, double reconstruction, double ball, double deaths, double kl, double total,
    double testReconstruction, double stepsPerSecond) {}
