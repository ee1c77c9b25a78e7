package gputae.paper;

import gputae.backend.Backend;
import gputae.data.Dataset;
import gputae.data.Split;
import gputae.train.Epoch;
import gputae.train.TrainConfig;
import gputae.train.TrainControl;
import gputae.train.TrainListener;
import gputae.train.Trainer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Measures the time of a training step. Several configurations take turns, so that a machine whose speed changes treats
 * them alike.
 */
final class StepCost {

  private static final int ROUNDS = 3;

  /** Number of steps in an epoch; a few steps pass between two checks of the clock. */
  private static final int STEPS = 100;

  /** A trainer tests after each epoch, so it needs some test images. */
  private static final int TEST_IMAGES = 10;

  private StepCost() {}

  /**
   * Seconds per step with whole batches: the median of three rounds. Neither tests nor the time before the first step
   * are included.
   *
   * @param configs all with the same batch size, which is at most the number of training images
   * @param seconds duration of a round of one configuration, or of one epoch of at most 100 steps if that is longer;
   *     each configuration runs once for the same time before the first round
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

  /** Only as many training images as fill whole batches. */
  private static Dataset part(Dataset dataset, int batch) {
    int steps = Math.min(STEPS, dataset.train().count() / batch);
    return new Dataset(dataset.name(), dataset.classes(), first(dataset.train(), steps * batch),
        first(dataset.test(), TEST_IMAGES));
  }

  private static Split first(Split split, int wanted) {
    return split.take(IntStream.range(0, Math.min(wanted, split.count())).toArray());
  }

  private static double one(Backend backend, Dataset dataset, TrainConfig config, double seconds) {
    TrainControl control = new TrainControl();
    double[] sums = new double[2];
    int steps = dataset.train().count() / config.batch();
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
