package gputae.train;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.Philox;
import gputae.backend.Recording;
import gputae.data.Dataset;
import gputae.data.Images;
import gputae.model.Architecture;
import gputae.model.Autoencoder;
import gputae.model.Initialisation;
import java.util.ArrayList;
import java.util.List;

/**
 * Trains one model on one data set. Knows neither console nor files: it tells listeners of steps and epochs and hands out its state.
 *
 * <p>The same configuration, data, backend, instruction set and number of threads give the same weights, bit for bit, however often the training is stopped,
 * resumed, watched or snapshotted.
 */
public final class Trainer implements AutoCloseable {

  /** Steps between two looks at losses and commands: some milliseconds on a CPU, and one fetch in that time costs nothing. */
  private static final int GROUP = TrainStep.LOG_ROWS / 2;

  private final Backend backend;
  private final TrainConfig config;
  private final TrainControl control;
  private final Autoencoder model;
  private final TrainStep trainStep;
  private final Matrix trainImages;
  private final Matrix testImages;
  private final Matrix order;
  private final Recording fullBatch;
  private final Recording lastBatch;
  private final int images;
  private final int stepsPerEpoch;
  private final int lastRows;

  private final List<Epoch> history = new ArrayList<>();
  private double[] sums = new double[TrainState.SUMS];
  private long steps;
  private double secondsBefore;
  private long started;

  private static final int SUM_RECONSTRUCTION = 0;
  private static final int SUM_KL = 1;
  private static final int SUM_BALL = 2;
  private static final int SUM_DEATHS = 3;
  private static final int SUM_ROWS = 4;
  private static final int SUM_STEPS = 5;

  /**
   * A training at its beginning, with initial weights drawn from the seed.
   *
   * @throws IllegalArgumentException if the batch leaves an epoch without a step
   */
  public Trainer(Backend backend, TrainConfig config, Dataset dataset, TrainControl control) {
    this.backend = backend;
    this.config = config;
    this.control = control;
    this.images = dataset.train().images().count();
    this.stepsPerEpoch = (images - 1) / config.batch() + 1;
    this.lastRows = images - (stepsPerEpoch - 1) * config.batch();
    this.model = new Autoencoder(backend, architecture(config, dataset.train().images().pixelsPerImage()));
    int fullRows = Math.min(config.batch(), images);
    this.trainStep = new TrainStep(backend, config, model, fullRows);
    this.trainImages = upload(dataset.train().images());
    this.testImages = upload(dataset.test().images());
    // Room for whole batches only, so that the recording for a full batch stays inside whatever the step; the rest is never read.
    this.order = backend.allocate(ElementType.INT32, 1, (long) stepsPerEpoch * fullRows);
    model.parameters().upload(Initialisation.draw(model.layout(), config.seed(), Streams.INITIAL_WEIGHTS));
    this.fullBatch = backend.record(() -> trainStep.run(trainImages, order, stepsPerEpoch, fullRows));
    this.lastBatch = backend.record(() -> trainStep.run(trainImages, order, stepsPerEpoch, lastRows));
  }

  /** The network of a configuration. */
  public static Architecture architecture(TrainConfig config, int pixels) {
    return new Architecture(pixels, config.hidden(), config.latent(), config.model().variational());
  }

  private Matrix upload(Images from) {
    return backend.allocate(ElementType.UINT8, from.count(), from.pixelsPerImage()).upload(from.pixels());
  }

  public Autoencoder model() {
    return model;
  }

  /** The test split on the device, uint8 (n, pixels). */
  public Matrix testImages() {
    return testImages;
  }

  public int stepsPerEpoch() {
    return stepsPerEpoch;
  }

  /** Finished epochs. */
  public List<Epoch> history() {
    return List.copyOf(history);
  }

  /** Starts from given weights (flat buffer) instead of drawn ones. */
  public void initialise(float[] parameters) {
    model.parameters().upload(parameters);
  }

  /** Goes on where a training with the same configuration and data stood. */
  public void restore(TrainState state) {
    model.parameters().upload(state.parameters());
    trainStep.firstMoment().upload(state.firstMoment());
    trainStep.secondMoment().upload(state.secondMoment());
    trainStep.step().upload(new long[] {state.step()});
    steps = state.step();
    sums = state.sums().clone();
    history.clear();
    history.addAll(state.history());
    secondsBefore = state.seconds();
  }

  /**
   * What {@link #restore} takes. On the training thread only.
   *
   * @throws DivergedException if a weight is not finite: such a state is not worth keeping
   */
  public TrainState state() {
    float[] parameters = model.parameters().toFloats();
    float[] first = trainStep.firstMoment().toFloats();
    float[] second = trainStep.secondMoment().toFloats();
    for (int i = 0; i < parameters.length; i++) {
      if (!Float.isFinite(parameters[i]) || !Float.isFinite(first[i]) || !Float.isFinite(second[i])) {
        throw new DivergedException(steps, "a weight is not finite after step " + steps);
      }
    }
    return new TrainState(steps, seconds(), parameters, first, second, sums.clone(), List.copyOf(history));
  }

  private double seconds() {
    return secondsBefore + (started == 0 ? 0 : (System.nanoTime() - started) * 1e-9);
  }

  /**
   * Trains until all epochs are done or {@link TrainControl#stop} is called.
   *
   * @return whether all epochs are done
   * @throws DivergedException if a loss is not finite
   */
  public boolean run(TrainListener listener) {
    started = System.nanoTime();
    while (history.size() < config.epochs()) {
      if (!runEpoch(listener)) {
        return false;
      }
    }
    return true;
  }

  private boolean runEpoch(TrainListener listener) {
    int epoch = history.size() + 1;
    order.view(0, 1, images).upload(Philox.permutation(images, config.seed(), epoch, Streams.ORDER));
    long end = (long) epoch * stepsPerEpoch;
    long stepsHere = end - steps;
    long nanos = 0;
    while (steps < end) {
      if (!control.awaitStep(() -> model.parameters().toFloats())) {
        return false;
      }
      long from = System.nanoTime();
      long first = steps;
      do {
        (steps + 1 == end ? lastBatch : fullBatch).replay();
        steps++;
      } while (steps < end && steps - first < GROUP && !control.wantsAttention());
      float[] log = trainStep.log().toFloats();
      nanos += System.nanoTime() - from;
      for (long s = first; s < steps; s++) {
        note(s, epoch, log, listener);
      }
    }
    double test = model.reconstructionLoss(testImages);
    if (!Double.isFinite(test)) {
      throw new DivergedException(steps, "the reconstruction of the test images is not finite after step " + steps + " (epoch " + epoch + ")");
    }
    double reconstruction = sums[SUM_RECONSTRUCTION] / sums[SUM_ROWS];
    double kl = sums[SUM_KL] / sums[SUM_ROWS];
    double ball = sums[SUM_BALL] / sums[SUM_STEPS];
    double deaths = sums[SUM_DEATHS] / sums[SUM_STEPS];
    Epoch done =
        new Epoch(epoch, seconds(), reconstruction, ball, deaths, kl, total(reconstruction, ball, deaths, kl), test, stepsHere / (nanos * 1e-9));
    history.add(done);
    sums = new double[TrainState.SUMS];
    listener.onEpoch(done);
    return true;
  }

  private void note(long number, int epoch, float[] log, TrainListener listener) {
    int row = (int) (number % TrainStep.LOG_ROWS) * TrainStep.LOSSES;
    double reconstruction = log[row + TrainStep.RECONSTRUCTION];
    double ball = log[row + TrainStep.BALL];
    double deaths = log[row + TrainStep.DEATHS];
    double kl = log[row + TrainStep.KL];
    int inEpoch = (int) (number - (long) (epoch - 1) * stepsPerEpoch) + 1;
    int rows = inEpoch == stepsPerEpoch ? lastRows : config.batch();
    double total = total(reconstruction, ball, deaths, kl);
    if (!Double.isFinite(total)) {
      throw new DivergedException(number + 1,
          "the loss is not finite at step " + (number + 1) + " (epoch " + epoch + ", batch " + inEpoch + " of " + stepsPerEpoch + "): reconstruction "
              + reconstruction + ", ball " + ball + ", deaths " + deaths + ", kl " + kl);
    }
    sums[SUM_RECONSTRUCTION] += reconstruction * rows;
    sums[SUM_KL] += kl * rows;
    sums[SUM_BALL] += ball;
    sums[SUM_DEATHS] += deaths;
    sums[SUM_ROWS] += rows;
    sums[SUM_STEPS]++;
    listener.onStep(new Step(number + 1, epoch, inEpoch, stepsPerEpoch, rows, reconstruction, ball, deaths, kl, total));
  }

  private double total(double reconstruction, double ball, double deaths, double kl) {
    ModelKind kind = config.model();
    return reconstruction + kl + (kind.ball() ? config.regulariser().ballWeight() * ball : 0)
        - (kind.deaths() ? config.regulariser().deathWeight() * deaths : 0);
  }

  @Override
  public void close() {
    fullBatch.close();
    lastBatch.close();
    trainStep.close();
    model.close();
    trainImages.close();
    testImages.close();
    order.close();
  }
}
