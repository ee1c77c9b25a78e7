package gputae.view;

import gputae.data.Dataset;
import gputae.model.Architecture;
import gputae.train.TrainConfig;
import gputae.train.Trainer;

/**
 * The subject of a view: one model on one data set.
 *
 * @param title   title for the user: data set, model, latent dimension
 * @param config  settings of the training
 * @param dataset the test split is shown; batches come from the training split
 * @param device  the device that trains the model
 */
public record Subject(String title, TrainConfig config, Dataset dataset, String device) {

  /** The network. */
  public Architecture architecture() {
    return Trainer.architecture(config, dataset.train().samples().size());
  }

  /** Number of steps in an epoch; the last one may have a smaller batch. */
  public int stepsPerEpoch() {
    return (dataset.train().count() - 1) / config.batch() + 1;
  }
}
