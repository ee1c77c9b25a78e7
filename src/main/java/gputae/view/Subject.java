package gputae.view;

import gputae.data.Dataset;
import gputae.model.Architecture;
import gputae.train.TrainConfig;
import gputae.train.Trainer;

/**
 * What is shown: one model on one data set.
 *
 * @param title   for people: data set, model, latent dimension
 * @param config  how the model is trained
 * @param dataset the test split is shown; batches come from the training split
 * @param device  that trains the model
 */
public record Subject(String title, TrainConfig config, Dataset dataset, String device) {

  /** The network. */
  public Architecture architecture() {
    return Trainer.architecture(config, dataset.train().images().pixelsPerImage());
  }

  /** Steps of an epoch, the last one's batch perhaps smaller. */
  public int stepsPerEpoch() {
    return (dataset.train().images().count() - 1) / config.batch() + 1;
  }
}
