package gputae.paper;

import gputae.backend.Backend;
import gputae.data.Dataset;
import gputae.data.Images;
import gputae.data.Split;
import gputae.train.Epoch;
import gputae.train.TrainConfig;
import gputae.train.TrainControl;
import gputae.train.TrainListener;
import gputae.train.Trainer;
import java.util.Arrays;
import java.util.List;

/**
 * What a training step takes: several configurations in turns, so that a machine whose speed drifts treats them alike.
 */
final class StepCost {

  private static final int ROUNDS = 3;

  /** Steps of an epoch, of which some pass before the time is looked at. */
  private static final int STEPS = 100;

  /** For a trainer that wants to test after each epoch. */
  private static final int TEST_IMAGES = 10;

  private StepCost() {}

  /**
   * Seconds a step with whole batches, the median of three rounds; neither tests nor what comes before the first step
   * are in it.
   *
   * @param configs all of one batch size, which is at most the number of training images
   * @param seconds that a round of one configuration takes, or one epoch of at most 100 steps where that is longer;
   *     each is run as long once before
   */
  static double[] measure(Backend backend, Dataset dataset, List<TrainConfig> configs, double seconds) {
    double[][] perStep = new double[configs.size()][ROUNDS];
    for (int round = -1; round < ROUNDS; round++) {
      for (int i = 0; i < configs.size(); i++) {
        double taken = one(backend, part(dataset, configs.get(i).batch()), configs.get(i), seconds);
        if (round >= 0) {
          perStep[i][round] = taken;
        }
      }
    }
    return Arrays.stream(perStep).mapToDouble(rounds -> Arrays.stream(rounds).sorted().toArray()[ROUNDS / 2]).toArray();
  }

  /** Training images for whole batches alone. */
  private static Dataset part(Dataset dataset, int batch) {
    int steps = Math.min(STEPS, dataset.train().images().count() / batch);
    return new Dataset(dataset.name(), dataset.classes(), first(dataset.train(), steps * batch),
        first(dataset.test(), TEST_IMAGES));
  }

  private static Split first(Split split, int wanted) {
    Images images = split.images();
    int count = Math.min(wanted, images.count());
    return new Split(
        new Images(Arrays.copyOf(images.pixels(), count * images.pixelsPerImage()), count, images.height(),
            images.width()),
        split.labels() == null ? null : Arrays.copyOf(split.labels(), count));
  }

  private static double one(Backend backend, Dataset dataset, TrainConfig config, double seconds) {
    TrainControl control = new TrainControl();
    double[] sums = new double[2];
    int steps = dataset.train().images().count() / config.batch();
    long from = System.nanoTime();
    try (Trainer trainer = new Trainer(backend, config.withEpochs(Integer.MAX_VALUE), dataset, control)) {
      trainer.run(new TrainListener() {
        @Override
        public void onEpoch(Epoch epoch) {
          sums[0] += steps;
          sums[1] += steps / epoch.stepsPerSecond();
          if ((System.nanoTime() - from) * 1e-9 > seconds) {
            control.stop();
          }
        }
      });
    }
    return sums[1] / sums[0];
  }
}
