package gputae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gputae.backend.Backend;
import gputae.backend.BallPenalty;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.Philox;
import gputae.backend.Recording;
import gputae.data.Dataset;
import gputae.data.Images;
import gputae.data.Split;
import gputae.model.Autoencoder;
import gputae.model.Initialisation;
import gputae.objective.Ball;
import gputae.objective.Deaths;
import gputae.objective.Decay;
import gputae.objective.Given;
import gputae.objective.Kl;
import gputae.objective.Objective;
import gputae.objective.Reconstruction;
import gputae.objective.Term;
import gputae.objective.TermKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a recorded step reads anew at each replay: learning rate, weights of terms, images and their classes. */
abstract class RecordedStepContract {

  /** A new backend; the test closes it. */
  abstract Backend backend();

  private static final int IMAGES = 20;
  private static final int PIXELS = Given.PIXELS;
  private static final int CLASSES = Given.CLASSES;
  private static final int BATCH = 8;
  private static final int STEPS_PER_EPOCH = 2;

  private static final byte[] LABELS = new byte[IMAGES];
  private static final byte[] IMAGE_BYTES = new byte[IMAGES * PIXELS];

  static {
    Random random = new Random(3);
    random.nextBytes(IMAGE_BYTES);
    for (int i = 0; i < IMAGES; i++) {
      LABELS[i] = (byte) random.nextInt(CLASSES);
    }
  }

  private static final Split SPLIT = new Split(new Images(IMAGE_BYTES, IMAGES, 3, 3), LABELS);

  private static TrainConfig config(double rate, double ball, double deaths) {
    Penalty penalty = new Penalty(ball, BallPenalty.SQUARED, deaths, 1, Double.POSITIVE_INFINITY);
    List<Term> terms = new ArrayList<>(penalty.of(ModelKind.TAE).terms());
    terms.add(new Decay(ball));
    return new TrainConfig(ModelKind.TAE, 2, List.of(6), BATCH, 1, rate, Objective.of(terms), 4);
  }

  /** A step with its data, recorded. */
  private static final class Recorded implements AutoCloseable {
    final Autoencoder model;
    final TrainStep step;
    final int[] order = Philox.permutation(IMAGES, 4, 1, Streams.ORDER);
    private final Matrix images;
    private final Matrix memberships;
    private final Matrix onDevice;
    private final Recording recording;

    Recorded(Backend backend, TrainConfig config) {
      this(backend, config, 1);
    }

    /** So many steps in one recording. */
    Recorded(Backend backend, TrainConfig config, int steps) {
      model = new Autoencoder(backend, Trainer.architecture(config, PIXELS));
      images = backend.allocate(ElementType.UINT8, IMAGES, PIXELS).upload(IMAGE_BYTES);
      memberships = config.objective().needsClasses()
          ? backend.allocate(ElementType.UINT8, IMAGES, CLASSES).upload(SPLIT.memberships(CLASSES))
          : null;
      step = new TrainStep(backend, config, model, BATCH, memberships);
      onDevice = backend.allocate(ElementType.INT32, 1, IMAGES).upload(order);
      model.parameters().upload(Initialisation.draw(model.layout(), config.seed(), Streams.INITIAL_WEIGHTS));
      recording = backend.record(() -> step.run(images, onDevice, STEPS_PER_EPOCH, BATCH, steps));
    }

    void replay(int times) {
      for (int i = 0; i < times; i++) {
        recording.replay();
      }
    }

    float[] parameters() {
      return model.parameters().toFloats();
    }

    @Override
    public void close() {
      recording.close();
      step.close();
      model.close();
      images.close();
      onDevice.close();
      if (memberships != null) {
        memberships.close();
      }
    }
  }

  /** The weights after two steps with the first settings and two with the second are those of an unbroken training. */
  @Test
  void rateAndWeightsChangeWithoutANewRecording() {
    TrainConfig before = config(1e-2, 0.5, 0.1);
    TrainConfig after = config(3e-3, 0.02, 0.7);
    try (Backend backend = backend(); Recorded changed = new Recorded(backend, before);
        Recorded first = new Recorded(backend, before); Recorded second = new Recorded(backend, after)) {
      changed.replay(2);
      first.replay(2);
      assertArrayEquals(first.parameters(), changed.parameters());
      changed.step.rate(after.rate());
      changed.step.weigh(Ball.KIND, 0.02);
      changed.step.weigh(Deaths.KIND, 0.7);
      changed.step.weigh(Decay.KIND, 0.02);
      changed.replay(2);
      second.model.parameters().upload(first.parameters());
      second.step.firstMoment().upload(first.step.firstMoment().toFloats());
      second.step.secondMoment().upload(first.step.secondMoment().toFloats());
      second.step.step().upload(new long[] {2});
      second.replay(2);
      assertArrayEquals(second.parameters(), changed.parameters());
      first.replay(2);
      assertFalse(Arrays.equals(first.parameters(), changed.parameters()), "the change makes a difference");
    }
  }

  /** Several steps in one recording gather their batches earlier, with the classes and the noise. */
  @Test
  void stepsTogetherAreStepsOneByOne() {
    for (ModelKind kind : List.of(ModelKind.TAE, ModelKind.VAE)) {
      List<Term> terms = new ArrayList<>(
          new Penalty(0.5, BallPenalty.NORM, 0.1, 1, Double.POSITIVE_INFINITY).of(kind).terms());
      terms.add(new Given(0.1));
      TrainConfig config = new TrainConfig(kind, 2, List.of(6), BATCH, 1, 1e-2, Objective.of(terms), 4);
      try (Backend backend = backend(); Recorded alone = new Recorded(backend, config);
          Recorded together = new Recorded(backend, config, 3)) {
        alone.replay(6);
        together.replay(2);
        assertArrayEquals(alone.parameters(), together.parameters(), kind.toString());
        assertArrayEquals(alone.step.log().toFloats(), together.step.log().toFloats(), kind.toString());
      }
    }
  }

  @Test
  void onlyTermsOfTheObjectiveWithAWeightCanBeWeighed() {
    try (Backend backend = backend(); Recorded recorded = new Recorded(backend, config(1e-2, 0.5, 0.1))) {
      for (TermKind<?> kind : List.of(Kl.KIND, Reconstruction.KIND)) {
        assertEquals("the objective has no " + kind.title() + " with a weight",
            assertThrows(IllegalArgumentException.class, () -> recorded.step.weigh(kind, 1)).getMessage());
      }
    }
  }

  @Test
  void aTermReadsTheInputsAndClassesOfItsBatch() {
    Objective objective = Objective.of(new Reconstruction(), new Given(0));
    TrainConfig config = new TrainConfig(ModelKind.AE, 2, List.of(6), BATCH, 1, 1e-2, objective, 4);
    try (Backend backend = backend(); Recorded recorded = new Recorded(backend, config)) {
      recorded.replay(STEPS_PER_EPOCH);
      float[] log = recorded.step.log().toFloats();
      int columns = objective.columns().size();
      for (int s = 0; s < STEPS_PER_EPOCH; s++) {
        double expected = 0;
        for (int r = 0; r < BATCH; r++) {
          int image = recorded.order[s * BATCH + r];
          for (int p = 0; p < PIXELS; p++) {
            expected += (LABELS[image] + 1) * (IMAGE_BYTES[image * PIXELS + p] & 0xff) / 255.0;
          }
        }
        assertEquals(expected, log[s * columns + objective.column(Given.KIND)], 1e-5 * expected, "step " + s);
      }
    }
  }

  @Test
  void aDataSetWithoutLabelsIsRefusedWhereATermNeedsThem() {
    Split bare = new Split(SPLIT.images(), null);
    Dataset dataset = new Dataset("bare", List.of(), bare, bare);
    TrainConfig config = new TrainConfig(ModelKind.AE, 2, List.of(6), BATCH, 1, 1e-2,
        Objective.of(new Reconstruction(), new Given(1)), 4);
    try (Backend backend = backend()) {
      long held = backend.allocatedBytes();
      String message = assertThrows(IllegalArgumentException.class,
          () -> new Trainer(backend, config, dataset, new TrainControl())).getMessage();
      assertEquals(
          "the objective needs the classes of the images, but no training image of the data set 'bare' has a label",
          message);
      assertEquals(held, backend.allocatedBytes());
    }
  }

  @Test
  void aTrainerBringsTheClassesToTheTerms() {
    Dataset dataset = new Dataset("labelled", List.of("a", "b", "c"), SPLIT, SPLIT);
    Objective objective = Objective.of(new Reconstruction(), new Given(0));
    TrainConfig config = new TrainConfig(ModelKind.AE, 2, List.of(6), IMAGES, 1, 1e-2, objective, 4);
    try (Backend backend = backend()) {
      long[] held = new long[2];
      for (int i = 0; i < 2; i++) {
        try (Trainer trainer = new Trainer(backend, config, dataset, new TrainControl())) {
          trainer.run(new TrainListener() {});
          double expected = 0;
          for (int p = 0; p < IMAGES * PIXELS; p++) {
            expected += (LABELS[p / PIXELS] + 1) * (IMAGE_BYTES[p] & 0xff) / 255.0;
          }
          assertEquals(expected, trainer.history().get(0).losses().get(Given.KIND), 1e-5 * expected);
        }
        held[i] = backend.allocatedBytes();
      }
      assertEquals(held[0], held[1], "a trainer frees the classes too");
    }
  }
}
