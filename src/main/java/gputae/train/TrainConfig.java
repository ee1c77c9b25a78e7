package gputae.train;

import gputae.backend.Output;
import gputae.model.HiddenLayers;
import gputae.objective.Kl;
import gputae.objective.Objective;
import java.util.List;

/**
 * The settings of a training, apart from the data and the device.
 *
 * @param model       the model; it names the run and determines the distribution for generated images
 * @param latent      dimension of the latent space
 * @param hidden      the hidden layers of encoder and decoder
 * @param batch       images per step; the last step of an epoch takes the remaining images
 * @param epochs      number of passes over the training images
 * @param rate        Adam's learning rate
 * @param objective   the function that is minimised: the model's terms, perhaps with other terms
 * @param seed        seed of initial weights, orders of images and noise
 * @param phDimension whether the PH dimension of the last iterates is measured; it changes no weight
 */
public record TrainConfig(
    ModelKind model, int latent, HiddenLayers hidden, int batch, int epochs, double rate, Objective objective,
    long seed, boolean phDimension) {

  public TrainConfig {
    if (latent < 1 || batch < 1 || epochs < 1) {
      throw new IllegalArgumentException("latent dimension, batch and epochs are at least 1");
    }
    if (!(rate > 0 && rate < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("the learning rate is finite and greater than 0, not " + rate);
    }
    if (!model.terms().stream().allMatch(objective::has)) {
      throw new IllegalArgumentException(
          "model " + model.label() + " has the terms " + model.terms() + ", not " + objective);
    }
    if (objective.variational() != model.terms().contains(Kl.KIND)) {
      throw new IllegalArgumentException("the objective of model " + model.label() + " is not " + objective);
    }
  }

  /** The same with ELU, a mirrored decoder, and without the PH dimension. */
  public TrainConfig(ModelKind model, int latent, List<Integer> hidden, int batch, int epochs, double rate,
      Objective objective, long seed) {
    this(model, latent, HiddenLayers.of(hidden), batch, epochs, rate, objective, seed, false);
  }

  /** The network, learning rate and objective of the paper. */
  public static TrainConfig ofPaper(ModelKind model, int latent, int batch, int epochs, long seed) {
    return new TrainConfig(model, latent, List.of(64, 64), batch, epochs, 3e-4, model.objective(), seed);
  }

  /** The same settings with another objective, which has the terms of the model. */
  public TrainConfig withObjective(Objective other) {
    return new TrainConfig(model, latent, hidden, batch, epochs, rate, other, seed, phDimension);
  }

  /** The same settings with another meaning of the decoder's outputs. */
  public TrainConfig withOutput(Output output) {
    return withObjective(objective.with(output));
  }

  /** What the decoder's outputs mean. */
  public Output output() {
    return objective.output().output();
  }

  /** The same settings, and the PH dimension is measured. */
  public TrainConfig withPhDimension() {
    return new TrainConfig(model, latent, hidden, batch, epochs, rate, objective, seed, true);
  }

  /** The same settings with another number of epochs. */
  public TrainConfig withEpochs(int other) {
    return new TrainConfig(model, latent, hidden, batch, other, rate, objective, seed, phDimension);
  }
}
