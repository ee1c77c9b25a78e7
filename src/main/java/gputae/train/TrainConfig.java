package gputae.train;

import gputae.loss.LatentRegulariser;
import java.util.List;

/**
 * What a training computes, apart from the data and the device.
 *
 * @param model       which of the four models
 * @param latent      dimension of the latent space
 * @param hidden      sizes of the encoder's hidden layers; the decoder's are the same reversed
 * @param batch       images per step; the last step of an epoch takes what is left
 * @param epochs      passes over the training images
 * @param rate        Adam's learning rate
 * @param regulariser the latent penalty; unused by {@code ae} and {@code vae}, and only its ball penalty by {@code disk}
 * @param seed        of initial weights, orders of images and noise
 */
public record TrainConfig(
    ModelKind model, int latent, List<Integer> hidden, int batch, int epochs, double rate, LatentRegulariser regulariser, long seed) {

  public TrainConfig {
    hidden = List.copyOf(hidden);
    if (latent < 1 || batch < 1 || epochs < 1) {
      throw new IllegalArgumentException("latent dimension, batch and epochs are at least 1");
    }
    if (!(rate > 0 && rate < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("the learning rate is finite and greater than 0, not " + rate);
    }
  }

  /** The same for another number of epochs. */
  public TrainConfig withEpochs(int other) {
    return new TrainConfig(model, latent, hidden, batch, other, rate, regulariser, seed);
  }
}
