package gputae.train;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.OutOfMemoryException;
import gputae.backend.Philox;
import gputae.backend.Recording;
import gputae.data.Dataset;
import gputae.homology.NoDimensionException;
import gputae.homology.PhDimension;
import gputae.model.Architecture;
import gputae.model.Autoencoder;
import gputae.model.Initialisation;
import gputae.model.ReconstructionLoss;
import gputae.model.SampleMatrix;
import gputae.objective.Losses;
import gputae.objective.Objective;
import gputae.objective.Term;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * Trains one model on one data set. Knows neither console nor files: it tells listeners of steps and epochs and hands
 * out its state.
 *
 * <p>The same configuration, data, backend, instruction set and number of threads give the same weights, bit for bit,
 * however often the training is stopped, resumed, watched or snapshotted.
 */
public final class Trainer implements AutoCloseable {

  /**
   * Steps between two looks at losses and commands: some milliseconds on a CPU, and one fetch in that time costs
   * nothing. While one group is looked at the next is under way.
   */
  private static final int GROUP = TrainStep.LOG_ROWS / 2;

  private final Backend backend;
  private final TrainConfig config;
  private final TrainControl control;
  private final Autoencoder model;
  private final TrainStep trainStep;
  private final Matrix trainSamples;
  private final Matrix testSamples;

  /** Null where no term needs the images' classes. */
  private final Matrix trainClasses;

  private final Matrix order;
  private final ReconstructionLoss testLoss;
  private final Recording fullBatch;
  private final Recording lastBatch;

  /** Several full batches in one recording, where the backend wants that; else null. */
  private final Recording fullBatches;

  private final int batchesTogether;
  private final int images;
  private final int stepsPerEpoch;
  private final int lastRows;

  private final List<Epoch> history = new ArrayList<>();
  private EpochSums sums;
  private long steps;
  private double secondsBefore;
  private long started;

  /** Steps that are enqueued and not looked at; null between two calls of {@link #run}. */
  private Group underWay;

  /** For the PH dimension; null if it is not asked for. */
  private final LastIterates iterates;

  /** Number of steps before the first iterate that is kept. */
  private final long stepsBeforeIterates;

  /** The state before the first iterate that is kept; null before that step, and when the dimension is known. */
  private TrainState beforeIterates;

  /** The order of the next epoch's images, if it is known already. */
  private int[] nextOrder;

  /**
   * A training at its beginning, with initial weights drawn from the seed.
   *
   * @throws BatchOfOneException if a batch has one image and there are batch normalisations
   * @throws MissingLabelsException if a term needs the images' classes and the data set has none
   * @throws TooFewStepsException if the PH dimension is asked for and the training has too few steps for it
   * @throws OutOfMemoryException     if the device has not enough memory, saying which batch would fit where that is
   *     known
   */
  public Trainer(Backend backend, TrainConfig config, Dataset dataset, TrainControl control) {
    this.backend = backend;
    this.config = config;
    this.control = control;
    if (config.objective().needsClasses() && dataset.train().labels() == null) {
      throw new MissingLabelsException(dataset.name());
    }
    this.sums = new EpochSums(config.objective().columns());
    this.images = dataset.train().count();
    this.stepsPerEpoch = (images - 1) / config.batch() + 1;
    this.lastRows = images - (stepsPerEpoch - 1) * config.batch();
    if (config.hidden().batchNorm() && (lastRows == 1 || config.batch() == 1)) {
      throw new BatchOfOneException(images, config.batch());
    }
    LastIterates.requireSteps(config, images);
    this.stepsBeforeIterates = (long) config.epochs() * stepsPerEpoch - PhDimension.POINTS;
    Architecture architecture = architecture(config, dataset.shape().size());
    int fullRows = Math.min(config.batch(), images);
    long heldBefore = backend.allocatedBytes();
    try {
      this.model = new Autoencoder(backend, architecture);
      this.trainClasses = config.objective().needsClasses() ? uploadClasses(dataset) : null;
      this.trainStep = new TrainStep(backend, config, model, fullRows, trainClasses);
      this.trainSamples = SampleMatrix.of(backend, dataset.train().samples());
      this.testSamples = SampleMatrix.of(backend, dataset.test().samples());
      // Room for whole batches only, so that the recording for a full batch stays inside whatever the step; the rest is
      // never read.
      this.order = backend.allocate(ElementType.INT32, 1, (long) stepsPerEpoch * fullRows);
      model.parameters().upload(Initialisation.draw(model.layout(), config.seed(), Streams.INITIAL_WEIGHTS));
      this.fullBatch = backend.record(() -> trainStep.run(trainSamples, order, stepsPerEpoch, fullRows, 1));
      this.lastBatch = backend.record(() -> trainStep.run(trainSamples, order, stepsPerEpoch, lastRows, 1));
      this.batchesTogether = Math.min(backend.stepsARecording(), GROUP);
      this.fullBatches = batchesTogether == 1 || stepsPerEpoch <= batchesTogether ? null
          : backend.record(() -> trainStep.run(trainSamples, order, stepsPerEpoch, fullRows, batchesTogether));
      this.testLoss = new ReconstructionLoss(model, testSamples);
      this.iterates = config.phDimension() ? new LastIterates(backend, model.trained()) : null;
    } catch (OutOfMemoryException e) {
      throw e.free() < 0 ? e
          : e.advising(TrainMemory.advice(config, dataset, backend.allocatedBytes() - heldBefore + e.free()));
    }
  }

  /** The network of a configuration. */
  public static Architecture architecture(TrainConfig config, int pixels) {
    return new Architecture(pixels, config.hidden(), config.latent(), config.objective().variational(),
        config.objective().scalars(), config.objective().output().output());
  }

  private Matrix uploadClasses(Dataset from) {
    int classes = from.classes().size();
    return backend.allocate(ElementType.UINT8, images, classes).upload(from.train().memberships(classes));
  }

  public Autoencoder model() {
    return model;
  }

  /** The test split on the device, (n, pixels). */
  public Matrix testSamples() {
    return testSamples;
  }

  /** What is minimised. */
  public Objective objective() {
    return config.objective();
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

  /**
   * Goes on where a training with the same configuration and data stood.
   *
   * @throws TooFewStepsException if the PH dimension is asked for and too few steps are left for it
   */
  public void restore(TrainState state) {
    if (iterates != null) {
      LastIterates.requireStepsLeft(config, stepsPerEpoch, state.step());
      iterates.clear();
      beforeIterates = null;
    }
    model.parameters().upload(state.parameters());
    trainStep.firstMoment().upload(state.firstMoment());
    trainStep.secondMoment().upload(state.secondMoment());
    trainStep.step().upload(new long[] {state.step()});
    trainStep.termState().forEach((name, matrix) -> matrix.upload(state.terms().get(name)));
    steps = state.step();
    sums = state.sums().copy();
    history.clear();
    history.addAll(state.history());
    secondsBefore = state.seconds();
    nextOrder = null;
  }

  /**
   * What {@link #restore} takes. On the training thread only. While the iterates for the PH dimension are being kept,
   * it is the state before the first of them: a training that goes on from there has all of them.
   *
   * @throws DivergedException if a weight is not finite: such a state is not worth keeping
   */
  public TrainState state() {
    return beforeIterates != null ? beforeIterates : stateNow();
  }

  /** Number of the last steps that are not in {@link #state} and will be done again. */
  public long stepsToRepeat() {
    return beforeIterates != null ? steps - beforeIterates.step() : 0;
  }

  /**
   * The PH dimension of the last iterates. Call it once, after {@link #run} has returned true.
   *
   * @return null if it is not asked for, or if no step was left when the training was restored
   * @throws NoDimensionException if the iterates have no dimension
   */
  public PhDimension phDimension() {
    if (iterates == null || !iterates.complete()) {
      return null;
    }
    try {
      return iterates.dimension(config.seed());
    } finally {
      beforeIterates = null;
    }
  }

  private TrainState stateNow() {
    float[] parameters = model.parameters().toFloats();
    float[] first = trainStep.firstMoment().toFloats();
    float[] second = trainStep.secondMoment().toFloats();
    for (float[] values : new float[][] {parameters, first, second}) {
      for (float value : values) {
        if (!Float.isFinite(value)) {
          throw new DivergedException(steps, "a weight is not finite after step " + steps);
        }
      }
    }
    Map<String, float[]> terms = new LinkedHashMap<>();
    trainStep.termState().forEach((name, matrix) -> terms.put(name, matrix.toFloats()));
    return new TrainState(steps, seconds(), parameters, first, second, terms, sums.copy(), List.copyOf(history));
  }

  /** The model as it is. On the training thread only. */
  public Snapshot snapshot() {
    return new Snapshot(steps, model.parameters().toFloats());
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
    serveRegular();
    return true;
  }

  /** Steps from {@code first} on that are under way, and their losses. */
  private record Group(long first, int count, Supplier<float[]> log) {}

  private boolean runEpoch(TrainListener listener) {
    int epoch = history.size() + 1;
    for (Term term : config.objective().scheduled()) {
      trainStep.weigh(term.kind(), config.objective().schedule(term).in(epoch));
    }
    order.view(0, 1, images).upload(nextOrder != null ? nextOrder : imageOrder(epoch));
    nextOrder = null;
    long end = (long) epoch * stepsPerEpoch;
    long stepsHere = end - steps;
    long from = System.nanoTime();
    long waited = 0;
    DoubleSupplier test = null;
    while (steps < end || underWay != null) {
      Group next = null;
      if (steps < end) {
        long waits = System.nanoTime();
        if (control.regularDue(steps)) {
          settle(epoch, listener);
          serveRegular();
        }
        if (iterates != null && steps == stepsBeforeIterates && beforeIterates == null) {
          settle(epoch, listener);
          beforeIterates = stateNow();
        }
        boolean goOn = control.awaitStep(() -> settle(epoch, listener), this::snapshot);
        waited += System.nanoTime() - waits;
        if (!goOn) {
          return false;
        }
        next = enqueue(end);
      } else {
        // While the device is busy with the last steps; one that is never busy later takes its time now.
        long tests = System.nanoTime();
        test = testLoss.enqueue();
        waited += System.nanoTime() - tests;
      }
      settle(epoch, listener);
      underWay = next;
    }
    double stepsPerSecond = stepsHere / ((System.nanoTime() - from - waited) * 1e-9);
    nextOrder = epoch < config.epochs() ? imageOrder(epoch + 1) : null;
    double testReconstruction = (test != null ? test : testLoss.enqueue()).getAsDouble();
    if (!Double.isFinite(testReconstruction)) {
      throw new DivergedException(steps,
          "the reconstruction of the test samples is not finite after step " + steps + " (epoch " + epoch + ")");
    }
    Losses means = sums.means();
    Epoch done = new Epoch(epoch, seconds(), means, config.objective().total(means.values(), epoch), testReconstruction,
        stepsPerSecond);
    history.add(done);
    sums = new EpochSums(config.objective().columns());
    listener.onEpoch(done);
    return true;
  }

  private void serveRegular() {
    if (control.regularDue(steps)) {
      control.serveRegular(snapshot());
    }
  }

  private int[] imageOrder(int epoch) {
    return order(config, images, epoch);
  }

  /** In which order an epoch (from 1 on) takes the training images: batch after batch of their numbers. */
  public static int[] order(TrainConfig config, int images, int epoch) {
    return Philox.permutation(images, config.seed(), epoch, Streams.ORDER);
  }

  /**
   * Enqueues a group of steps: up to {@link #GROUP}, to the end of the epoch or a regular snapshot, or until something
   * else is asked for.
   */
  private Group enqueue(long epochEnd) {
    long first = steps;
    long end = Math.min(epochEnd, steps + Math.min(control.stepsToRegular(steps), GROUP));
    boolean keeps = iterates != null && steps >= stepsBeforeIterates;
    if (iterates != null && !keeps) {
      end = Math.min(end, stepsBeforeIterates);
    }
    do {
      if (steps + 1 == epochEnd) {
        lastBatch.replay();
        steps++;
      } else if (fullBatches != null && !keeps && steps + batchesTogether <= end && steps + batchesTogether < epochEnd
          && !control.wantsAttention()) {
        fullBatches.replay();
        steps += batchesTogether;
      } else {
        fullBatch.replay();
        steps++;
      }
      if (keeps) {
        iterates.keep();
      }
    } while (steps < end && !control.wantsAttention());
    return new Group(first, (int) (steps - first), backend.fetch(trainStep.log()));
  }

  /** Looks at the losses of the group that is under way, if there is one, when it is done. */
  private void settle(int epoch, TrainListener listener) {
    if (underWay == null) {
      return;
    }
    Group group = underWay;
    underWay = null;
    float[] log = group.log.get();
    for (long step = group.first; step < group.first + group.count; step++) {
      note(step, epoch, log, listener);
    }
  }

  private void note(long number, int epoch, float[] log, TrainListener listener) {
    double[] values = new double[config.objective().columns().size()];
    int row = (int) (number % TrainStep.LOG_ROWS) * values.length;
    for (int c = 0; c < values.length; c++) {
      values[c] = log[row + c];
    }
    int inEpoch = (int) (number - (long) (epoch - 1) * stepsPerEpoch) + 1;
    int rows = inEpoch == stepsPerEpoch ? lastRows : config.batch();
    Losses losses = new Losses(config.objective().columns(), values);
    double total = config.objective().total(values, epoch);
    if (!Double.isFinite(total)) {
      throw new DivergedException(number + 1, "the loss is not finite at step " + (number + 1) + " (epoch " + epoch
          + ", batch " + inEpoch + " of " + stepsPerEpoch + "): " + losses);
    }
    boolean whole = rows == config.batch() || stepsPerEpoch == 1;
    sums.add(values, rows, whole);
    listener.onStep(new Step(number + 1, epoch, inEpoch, stepsPerEpoch, rows, whole, losses, total));
  }

  @Override
  public void close() {
    testLoss.close();
    fullBatch.close();
    lastBatch.close();
    if (fullBatches != null) {
      fullBatches.close();
    }
    trainStep.close();
    model.close();
    trainSamples.close();
    testSamples.close();
    if (trainClasses != null) {
      trainClasses.close();
    }
    order.close();
    if (iterates != null) {
      iterates.close();
    }
  }
}
