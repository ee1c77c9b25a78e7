package gputae.bench;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.Philox;
import gputae.backend.Recording;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.data.Digits;
import gputae.data.Images;
import gputae.model.Autoencoder;
import gputae.model.Initialisation;
import gputae.train.ModelKind;
import gputae.train.Streams;
import gputae.train.TrainConfig;
import gputae.train.TrainStep;
import gputae.train.Trainer;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;

/**
 * A whole training step of the paper's network 784-64-64-dimension and back on batches of built-in digits: gather,
 * forward, losses, backward, Adam. It is measured with the topological term (model tae) and without (model ae), so the
 * difference is the cost of the term. Steps are recorded and replayed as in a training. The network keeps learning
 * while it is timed.
 *
 * <p>The check requires that the losses of the first step agree with the CPU's to 1e-4, that all losses are finite, and
 * that eight passes over the images lower the objective.
 */
public class TrainingStep extends DeviceBenchmark {

  /** The number of steps that are logged; a power of two, like the number in a recording. */
  private static final int REPEATS = 32;

  /** Number of batches of different images. */
  private static final int BATCHES = 4;

  private static final double TOLERANCE = 1e-4;

  @Param({"ae", "tae"})
  public String model;

  @Param({"128", "512", "4096"})
  public int batch;

  @Param("2")
  public int dimension;

  private TrainConfig config;
  private Images images;
  private Training training;

  /** A network with its optimiser and images on a device. */
  private final class Training {
    private final TrainStep step;
    private final Matrix pixels; // uint8 (images, 784)
    private final Matrix order; // int32 (1, images)

    private Training(Backend backend) {
      Autoencoder network = new Autoencoder(backend, Trainer.architecture(config, images.size()));
      network.parameters().upload(Initialisation.draw(network.layout(), config.seed(), Streams.INITIAL_WEIGHTS));
      step = new TrainStep(backend, config, network, batch);
      pixels = backend.allocate(ElementType.UINT8, images.count(), images.size()).upload(images.pixels());
      order = backend.allocate(ElementType.INT32, 1, images.count())
          .upload(Philox.permutation(images.count(), config.seed(), 1, Streams.ORDER));
    }

    private void enqueue(int steps) {
      step.run(pixels, order, BATCHES, batch, steps);
    }

    /** Row-major, with a row of losses for each of the last steps. */
    private float[] losses() {
      return step.log().toFloats();
    }
  }

  public TrainingStep() {
    super(REPEATS);
  }

  @Override
  void prepare(Backend backend) {
    ModelKind kind = Arrays.stream(ModelKind.values()).filter(one -> one.label().equals(model)).findFirst()
        .orElseThrow(() -> new IllegalArgumentException("model=" + model + ": there are "
            + Arrays.stream(ModelKind.values()).map(ModelKind::label).collect(Collectors.joining(", "))));
    config = BenchCloud.config(kind, dimension, batch, 1);
    images = Digits.generate(BATCHES * batch, 1, 0).train().images();
    training = new Training(backend);
  }

  @Override
  int recorded(Backend backend) {
    return Integer.highestOneBit(Math.min(backend.stepsARecording(), REPEATS));
  }

  @Override
  void enqueue(Backend backend) {
    enqueue(backend, 1);
  }

  /** As in a training, the next batch is gathered during a step. */
  @Override
  void enqueue(Backend backend, int times) {
    training.enqueue(times);
  }

  @Override
  void check() {
    float[] losses = training.losses();
    float[] reference = firstLossesOnTheCpu();
    for (int column = 0; column < config.objective().columns().size(); column++) {
      Answer.close("loss of the first step", column, reference[column], losses[column], TOLERANCE * 0x1p24,
          Math.abs(reference[column]));
    }
    requireFinite(losses);
    double before = objective(losses, 0);
    double after = objective(losses, REPEATS - BATCHES);
    Answer.require(after < before, "the objective did not fall: " + before + " in the first " + BATCHES + " steps, "
        + after + " in the last of " + REPEATS);
  }

  private float[] firstLossesOnTheCpu() {
    try (Backend cpu = new CpuBackend(InstructionSet.chosen(), Runtime.getRuntime().availableProcessors())) {
      Training reference = new Training(cpu);
      try (Recording once = cpu.record(() -> reference.enqueue(1))) {
        once.replay();
      }
      return reference.losses();
    }
  }

  /** The objective, without its constant parts, of the four steps from {@code first} on, which see all images once. */
  private double objective(float[] losses, int first) {
    int columns = config.objective().columns().size();
    double sum = 0;
    for (int s = first; s < first + BATCHES; s++) {
      double[] values = new double[columns];
      for (int column = 0; column < columns; column++) {
        values[column] = losses[s * columns + column];
      }
      sum += config.objective().total(values, 1);
    }
    return sum / BATCHES;
  }

  @Override
  void checkAtEnd() {
    requireFinite(training.losses());
  }

  private static void requireFinite(float[] losses) {
    for (float loss : losses) {
      Answer.require(Float.isFinite(loss), "a loss is " + loss);
    }
  }

  @Benchmark
  @OperationsPerInvocation(REPEATS)
  public void time(DeviceTime time) {
    measure(time);
  }
}
