package gputae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Backend;
import gputae.backend.BallPenalty;
import gputae.backend.Matrix;
import gputae.backend.Output;
import gputae.backend.Philox;
import gputae.data.Dataset;
import gputae.data.Images;
import gputae.data.Shape;
import gputae.data.Split;
import gputae.homology.ExactDistance;
import gputae.homology.PhDimension;
import gputae.linear.FloatPoints;
import gputae.model.HiddenLayers;
import gputae.model.SafeTensors;
import gputae.objective.Ball;
import gputae.objective.ClassDeaths;
import gputae.objective.Deaths;
import gputae.objective.DecoderNorm;
import gputae.objective.Kl;
import gputae.objective.IterateDimension;
import gputae.objective.Landscape;
import gputae.objective.LatentNorm;
import gputae.objective.MeanDiscrepancy;
import gputae.objective.Objective;
import gputae.objective.Reconstruction;
import gputae.objective.WeightSchedule;
import gputae.objective.Signature;
import gputae.objective.Term;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A whole training: it is repeatable, can be resumed at any step, is not changed by listeners, and stops when its
 * losses are no longer finite.
 */
abstract class TrainerContract {

  /** A new backend; the test closes it. */
  abstract Backend backend();

  private static final Map<List<Object>, TrainState> EXPECTED = new ConcurrentHashMap<>();

  private static final int SIDE = 6;

  /** 203 images in batches of 32: six full ones and one of 11. */
  private static final Dataset DATA = blobs(203, 50);

  private static Dataset blobs(int train, int test) {
    Random random = new Random(1);
    return new Dataset("blobs", List.of("left", "right"), split(train, random), split(test, random));
  }

  private static Split split(int count, Random random) {
    byte[] pixels = new byte[count * SIDE * SIDE];
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      double x = random.nextDouble() * SIDE;
      labels[i] = (byte) (2 * x < SIDE ? 0 : 1);
      double y = random.nextDouble() * SIDE;
      for (int p = 0; p < SIDE * SIDE; p++) {
        double distance = Math.hypot(p % SIDE - x, p / SIDE - y);
        pixels[i * SIDE * SIDE + p] = (byte) (255 * Math.exp(-distance * distance / 3));
      }
    }
    return new Split(new Images(pixels, count, SIDE, SIDE), labels);
  }

  private static TrainConfig config(ModelKind kind, int epochs) {
    return new TrainConfig(kind, 2, List.of(16), 32, epochs, 1e-2,
        new Penalty(0.005, BallPenalty.NORM, 0.005, 1, Double.POSITIVE_INFINITY).of(kind), 3);
  }

  /** Everything that a listener is told of a training. */
  private static final class Heard implements TrainListener {
    final List<Step> steps = new ArrayList<>();
    final List<Epoch> epochs = new ArrayList<>();

    @Override
    public void onStep(Step step) {
      steps.add(step);
    }

    @Override
    public void onEpoch(Epoch epoch) {
      epochs.add(epoch);
    }
  }

  /** The model of the paper with all other terms, and weights that change. */
  private static TrainConfig everything(int epochs) {
    TrainConfig tae = config(ModelKind.TAE, epochs);
    List<Term> terms = new ArrayList<>(tae.objective().terms());
    terms.add(new Signature(0.5, Signature.Normalisation.BATCH));
    terms.add(new ClassDeaths(0.004));
    terms.add(new Landscape(0.01, 5));
    terms.add(new IterateDimension(0.001));
    terms.add(new MeanDiscrepancy(0.02));
    terms.add(new LatentNorm(0.01));
    terms.add(new DecoderNorm(0.001));
    Objective objective = Objective.of(terms, Map.of(Deaths.KIND, new WeightSchedule(0, 0.005, 2), Signature.KIND,
        new WeightSchedule(1, 0.5, 4)));
    return tae.withObjective(objective);
  }

  private TrainState uninterrupted(ModelKind kind, int epochs, Heard heard) {
    return uninterrupted(config(kind, epochs), heard);
  }

  private TrainState uninterrupted(TrainConfig config, Heard heard) {
    try (Backend backend = backend();
        Trainer trainer = new Trainer(backend, config, DATA, new TrainControl())) {
      assertTrue(trainer.run(heard));
      return trainer.state();
    }
  }

  /**
   * The end of an uninterrupted training, which several tests compare with. It is the same in all of them, so each
   * training runs once for each backend.
   */
  private TrainState expected(ModelKind kind, int epochs) {
    return EXPECTED.computeIfAbsent(List.of(getClass(), kind, epochs),
        key -> uninterrupted(kind, epochs, new Heard()));
  }

  private static void assertSame(TrainState expected, TrainState found) {
    assertEquals(expected.step(), found.step());
    assertArrayEquals(expected.parameters(), found.parameters());
    assertArrayEquals(expected.firstMoment(), found.firstMoment());
    assertArrayEquals(expected.secondMoment(), found.secondMoment());
    assertArrayEquals(expected.sums().toNumbers(), found.sums().toNumbers());
    assertEquals(expected.terms().keySet(), found.terms().keySet());
    expected.terms().forEach((name, values) -> assertArrayEquals(values, found.terms().get(name), name));
    assertEquals(expected.history().size(), found.history().size());
    for (int i = 0; i < expected.history().size(); i++) {
      Epoch a = expected.history().get(i);
      Epoch b = found.history().get(i);
      // All but the two columns of time.
      assertEquals(new Epoch(a.epoch(), 0, a.losses(), a.total(), a.testReconstruction(), 0),
          new Epoch(b.epoch(), 0, b.losses(), b.total(), b.testReconstruction(), 0));
    }
  }

  /** Points of a bent sheet in five dimensions, two classes. */
  private static Split vectors(int count, Random random) {
    float[] values = new float[count * 5];
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      double u = 2 * random.nextDouble() - 1;
      double v = 2 * random.nextDouble() - 1;
      double[] point = {u, v, u * v, Math.sin(3 * u), Math.cos(3 * v) - 0.5};
      for (int k = 0; k < 5; k++) {
        values[5 * i + k] = (float) (1.5 * point[k]);
      }
      labels[i] = (byte) (u > 0 ? 1 : 0);
    }
    return new Split(Shape.Features.numbered(5).samples(values), labels);
  }

  /** Vectors with normal outputs learn, and an interrupted training ends with the same bits. */
  @Test
  void trainsOnVectors() {
    Random random = new Random(4);
    Dataset sheet = new Dataset("sheet", List.of("left", "right"), vectors(203, random), vectors(50, random));
    TrainConfig config = everything(6).withOutput(Output.GAUSSIAN);
    Heard heard = new Heard();
    TrainState whole;
    TrainState half;
    try (Backend backend = backend();
        Trainer trainer = new Trainer(backend, config, sheet, new TrainControl())) {
      assertTrue(trainer.run(heard));
      whole = trainer.state();
      // The loss of the test samples, computed here.
      float[] z = trainer.model().embeddings(trainer.testSamples()).coordinates();
      try (Matrix points = backend.allocate(50, 2).upload(z)) {
        float[] decoded = trainer.model().decode(points);
        double sum = 0;
        for (int i = 0; i < decoded.length; i++) {
          sum += Math.pow(decoded[i] - sheet.test().samples().value(i / 5, i % 5), 2);
        }
        assertEquals(sum / 250, heard.epochs.get(5).testReconstruction(), 1e-6);
      }
    }
    assertTrue(heard.epochs.get(5).testReconstruction() < 0.8 * heard.epochs.get(0).testReconstruction(),
        "the test reconstruction gets better");
    try (Backend backend = backend();
        Trainer trainer = new Trainer(backend, config.withEpochs(3), sheet, new TrainControl())) {
      assertTrue(trainer.run(new Heard()));
      half = trainer.state();
    }
    try (Backend backend = backend();
        Trainer trainer = new Trainer(backend, config, sheet, new TrainControl())) {
      trainer.restore(half);
      assertTrue(trainer.run(new Heard()));
      assertSame(whole, trainer.state());
    }
  }

  @ParameterizedTest
  @EnumSource
  void learnsAndReportsEveryStepAndEpoch(ModelKind kind) {
    Heard heard = new Heard();
    TrainState state = uninterrupted(kind, 20, heard);
    assertEquals(7 * 20, state.step());
    assertEquals(7 * 20, heard.steps.size());
    assertEquals(20, heard.epochs.size());
    for (int i = 0; i < heard.steps.size(); i++) {
      Step step = heard.steps.get(i);
      assertEquals(i + 1, step.step());
      assertEquals(i / 7 + 1, step.epoch());
      assertEquals(i % 7 + 1, step.stepInEpoch());
      assertEquals(i % 7 == 6 ? 11 : 32, step.rows());
      assertEquals(i % 7 != 6, step.whole());
      assertEquals(kind.terms().contains(Ball.KIND),
          step.loss(Ball.KIND) > 0 || kind.terms().contains(Ball.KIND) && step.loss(Ball.KIND) == 0);
      assertEquals(kind.terms().contains(Deaths.KIND), step.loss(Deaths.KIND) > 0);
      assertEquals(kind.terms().contains(Kl.KIND), step.loss(Kl.KIND) > 0);
      assertEquals(kind.terms().contains(Signature.KIND), step.loss(Signature.KIND) > 0);
      assertEquals(kind == ModelKind.RAE, step.loss(LatentNorm.KIND) > 0);
      assertEquals(kind == ModelKind.RAE, step.loss(DecoderNorm.KIND) > 0);
      assertEquals(kind.terms().contains(MeanDiscrepancy.KIND), step.loss(MeanDiscrepancy.KIND) != 0);
    }
    Epoch last = heard.epochs.get(19);
    assertTrue(last.testReconstruction() < 0.9 * heard.epochs.get(0).testReconstruction(),
        "the test reconstruction gets better");
    // An epoch's columns follow from its steps: losses per pixel are weighted by rows, sums of a batch are means over
    // whole batches.
    List<Step> steps = heard.steps.subList(19 * 7, 20 * 7);
    assertEquals(steps.stream().mapToDouble(s -> s.loss(Reconstruction.KIND) * s.rows()).sum() / 203,
        last.loss(Reconstruction.KIND), 1e-12);
    assertEquals(steps.subList(0, 6).stream().mapToDouble(e -> e.loss(Ball.KIND)).sum() / 6, last.loss(Ball.KIND),
        1e-12);
    assertEquals(steps.subList(0, 6).stream().mapToDouble(e -> e.loss(Deaths.KIND)).sum() / 6, last.loss(Deaths.KIND),
        1e-12);
    assertEquals(steps.stream().mapToDouble(s -> s.loss(Kl.KIND) * s.rows()).sum() / 203, last.loss(Kl.KIND), 1e-12);
    double ball = kind.terms().contains(Ball.KIND) ? 0.005 * last.loss(Ball.KIND) : 0;
    double deaths = kind.terms().contains(Deaths.KIND) ? 0.005 * last.loss(Deaths.KIND) : 0;
    // The signature loss is a mean over the images of a batch.
    assertEquals(steps.stream().mapToDouble(s -> s.loss(Signature.KIND) * s.rows()).sum() / 203,
        last.loss(Signature.KIND), 1e-12);
    double discrepancy = kind.terms().contains(MeanDiscrepancy.KIND) ? 0.255 * last.loss(MeanDiscrepancy.KIND) : 0;
    double norms = 1.25e-5 * last.loss(LatentNorm.KIND) + 1e-7 * last.loss(DecoderNorm.KIND);
    assertEquals(last.loss(Reconstruction.KIND) + last.loss(Kl.KIND) + 0.5 * last.loss(Signature.KIND) + ball - deaths
        + discrepancy + norms, last.total(), 1e-12);
  }

  @ParameterizedTest
  @EnumSource
  void theSameSeedGivesTheSameBits(ModelKind kind) {
    assertSame(expected(kind, 3), uninterrupted(kind, 3, new Heard()));
  }

  @ParameterizedTest
  @EnumSource
  void aResumedTrainingEndsInTheSameBitsWhereverItStopped(ModelKind kind, @TempDir Path directory) throws IOException {
    assertResumesToTheSameBits(config(kind, 3), expected(kind, 3), directory);
  }

  @Test
  void aTrainingWithAllTermsResumesToTheSameBits(@TempDir Path directory) throws IOException {
    TrainConfig config = everything(3);
    assertResumesToTheSameBits(config, uninterrupted(config, new Heard()), directory);
  }

  @Test
  void weightsThatChangeAreThoseOfTheirEpoch() {
    Heard heard = new Heard();
    TrainState all = uninterrupted(everything(3), heard);
    for (Step step : heard.steps) {
      double deaths = Math.min(1, (step.epoch() - 1) / 2.0) * 0.005;
      double signature = 1 - 0.5 * (step.epoch() - 1) / 4.0;
      double total = step.loss(Reconstruction.KIND) + signature * step.loss(Signature.KIND)
          + 0.005 * step.loss(Ball.KIND) - deaths * step.loss(Deaths.KIND) + 0.004 * step.loss(ClassDeaths.KIND)
          - 0.01 * step.loss(Landscape.KIND) + 0.02 * step.loss(MeanDiscrepancy.KIND)
          + 0.01 * step.loss(LatentNorm.KIND) + 0.001 * step.loss(DecoderNorm.KIND);
      assertEquals(total, step.total(), 1e-12);
      assertTrue(step.loss(ClassDeaths.KIND) > 0);
    }
    // The device weighs as the total does: in the first epoch the weight of the death times is 0.
    TrainConfig first = config(ModelKind.TAE, 1);
    List<Term> without = new ArrayList<>(first.objective().terms());
    without.replaceAll(term -> term.kind().equals(Deaths.KIND) ? new Deaths(0, 1, Double.POSITIVE_INFINITY) : term);
    TrainConfig zero = first.withObjective(Objective.of(without));
    TrainConfig rising = first.withObjective(Objective.of(first.objective().terms(),
        Map.of(Deaths.KIND, new WeightSchedule(0, 0.005, 5))));
    assertArrayEquals(uninterrupted(zero, new Heard()).parameters(),
        uninterrupted(rising, new Heard()).parameters());
    // After the change, a training goes on as one with the last weight.
    TrainState halfway = uninterrupted(rising.withEpochs(1), new Heard());
    assertFalse(Arrays.equals(all.parameters(), halfway.parameters()));
    assertArrayEquals(resumed(first.withEpochs(2), halfway).parameters(),
        resumed(first.withObjective(Objective.of(first.objective().terms(),
            Map.of(Deaths.KIND, new WeightSchedule(0, 0.005, 1)))).withEpochs(2), halfway).parameters());
  }

  /** 34 steps an epoch, so that a GPU replays several together until the first iterate that is kept. */
  private static TrainConfig iterated(int epochs, boolean phDimension) {
    return new TrainConfig(ModelKind.AE, 2, HiddenLayers.of(List.of(5)), 6, epochs, 1e-3, ModelKind.AE.objective(), 3,
        phDimension);
  }

  @Test
  void theDimensionIsThatOfTheWeightsAfterTheLastSteps() {
    int epochs = 30;
    int first = epochs * 34 - PhDimension.POINTS;
    List<float[]> weights = new ArrayList<>();
    TrainControl watching = new TrainControl();
    watching.snapshotEvery(1, snapshot -> {
      if (snapshot.step() > first) {
        weights.add(snapshot.parameters());
      }
    });
    TrainState expected;
    try (Backend backend = backend();
        Trainer trainer = new Trainer(backend, iterated(epochs, false), DATA, watching)) {
      assertTrue(trainer.run(new Heard()));
      assertNull(trainer.phDimension());
      expected = trainer.state();
    }
    int n = weights.size();
    assertEquals(PhDimension.POINTS, n);
    float[] squares = new float[n * n];
    float[] all = new float[n * weights.get(0).length];
    for (int i = 0; i < n; i++) {
      System.arraycopy(weights.get(i), 0, all, i * weights.get(0).length, weights.get(0).length);
    }
    FloatPoints cloud = new FloatPoints(all, weights.get(0).length);
    for (int i = 0; i < n * n; i++) {
      squares[i] = ExactDistance.squared(cloud, i / n, i % n);
    }
    PhDimension wanted = PhDimension.of(squares, size -> Philox.permutation(n, 3, size, Streams.ITERATES));

    TrainState before;
    try (Backend backend = backend()) {
      TrainControl control = new TrainControl();
      try (Trainer trainer = new Trainer(backend, iterated(epochs, true), DATA, control)) {
        assertEquals(0, trainer.stepsToRepeat());
        assertFalse(trainer.run(new TrainListener() {
          @Override
          public void onStep(Step step) {
            if (step.step() == first + 300) {
              control.stop();
            }
          }
        }));
        // The state is that before the first iterate, which the training will do again.
        before = trainer.state();
        assertEquals(first, before.step());
        assertTrue(trainer.stepsToRepeat() >= 300 && trainer.stepsToRepeat() < 350, "" + trainer.stepsToRepeat());
      }
      try (Trainer trainer = new Trainer(backend, iterated(epochs, true), DATA, new TrainControl())) {
        trainer.restore(before);
        assertTrue(trainer.run(new Heard()));
        assertEquals(first, trainer.state().step(), "the dimension is not known yet");
        PhDimension found = trainer.phDimension();
        assertArrayEquals(wanted.sums(), found.sums());
        assertEquals(wanted.slope(), found.slope());
        assertEquals(0, trainer.stepsToRepeat());
        assertSame(expected, trainer.state());
      }
    }
  }

  @Test
  void aTrainingWithTooFewStepsHasNoDimension() {
    try (Backend backend = backend()) {
      assertEquals("the PH dimension needs the last 1,000 steps of a training, and this one has 986 (34 an epoch);"
          + " give --epochs 30 or more",
          assertThrows(TooFewStepsException.class,
              () -> new Trainer(backend, iterated(29, true), DATA, new TrainControl()).close()).getMessage());
      TrainState state;
      try (Trainer trainer = new Trainer(backend, iterated(2, false), DATA, new TrainControl())) {
        assertTrue(trainer.run(new Heard()));
        state = trainer.state();
      }
      try (Trainer trainer = new Trainer(backend, iterated(31, true), DATA, new TrainControl())) {
        assertEquals(
            "the PH dimension needs the last 1,000 steps of a training, and only 986 are left (34 an"
                + " epoch); give --epochs 32 or more",
            assertThrows(TooFewStepsException.class, () -> trainer.restore(state)).getMessage());
      }
    }
  }

  private TrainState resumed(TrainConfig config, TrainState from) {
    try (Backend backend = backend();
        Trainer trainer = new Trainer(backend, config, DATA, new TrainControl())) {
      trainer.restore(from);
      assertTrue(trainer.run(new Heard()));
      return trainer.state();
    }
  }

  private void assertResumesToTheSameBits(TrainConfig config, TrainState expected, Path directory)
      throws IOException {
    // An epoch has seven steps. The training stops after the first step, around the end of an epoch, and before the
    // last step.
    int steps = 3 * 7;
    for (int stopAfter : new int[] {1, 6, 7, 8, steps - 1}) {
      Path file = directory.resolve("checkpoint-" + stopAfter);
      TrainControl control = new TrainControl();
      control.pause();
      for (int i = 0; i < stopAfter; i++) {
        control.step();
      }
      try (Backend backend = backend();
          Trainer trainer = new Trainer(backend, config, DATA, control)) {
        assertFalse(trainer.run(new TrainListener() {
          @Override
          public void onStep(Step step) {
            if (step.step() == stopAfter) {
              control.stop();
            }
          }
        }));
        TrainState stopped = trainer.state();
        assertEquals(stopAfter, stopped.step());
        Files.write(file, stopped.toTensors(trainer.model().layout(), trainer.objective()).toBytes());
      }
      try (Backend backend = backend();
          Trainer trainer = new Trainer(backend, config, DATA, new TrainControl())) {
        trainer.restore(
            TrainState.fromTensors(trainer.model().layout(), trainer.objective(), SafeTensors.read(file)));
        Heard heard = new Heard();
        assertTrue(trainer.run(heard));
        assertEquals(steps - stopAfter, heard.steps.size());
        assertSame(expected, trainer.state());
      }
    }
  }

  @Test
  void whoWatchesAndTakesSnapshotsChangesNothing() throws InterruptedException {
    TrainState expected = expected(ModelKind.TAE, 4);
    TrainControl control = new TrainControl();
    AtomicReference<float[]> last = new AtomicReference<>();
    int[] snapshots = {0};
    try (Backend backend = backend();
        Trainer trainer = new Trainer(backend, config(ModelKind.TAE, 4), DATA, control)) {
      assertTrue(trainer.run(new TrainListener() {
        @Override
        public void onStep(Step step) {
          control.requestSnapshot(snapshot -> {
            snapshots[0]++;
            last.set(snapshot.parameters());
            // The receiver may do what it likes with its copy.
            java.util.Arrays.fill(snapshot.parameters(), Float.NaN);
          });
        }

        @Override
        public void onEpoch(Epoch epoch) {
          trainer.model().embeddings(trainer.testSamples());
        }
      }));
      // One snapshot comes between any two groups of steps; an epoch of seven steps is one group.
      assertEquals(3, snapshots[0]);
      assertSame(expected, trainer.state());
    }
  }

  /**
   * An epoch has seven steps. Snapshots come at, before and across the ends of epochs, more often and less often than
   * groups of steps.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 3, 7, 14, 100})
  void regularSnapshotsComeAtTheirStepsAndChangeNothing(long every) throws InterruptedException {
    TrainState expected = expected(ModelKind.TAE, 3);
    Map<Long, float[]> models = new LinkedHashMap<>();
    List<String> heard = new ArrayList<>();
    TrainControl control = new TrainControl();
    control.snapshotEvery(every, snapshot -> {
      assertNull(models.put(snapshot.step(), snapshot.parameters()), "twice");
      heard.add("snapshot " + snapshot.step());
    });
    try (Backend backend = backend();
        Trainer trainer = new Trainer(backend, config(ModelKind.TAE, 3), DATA, control)) {
      float[] initial = trainer.snapshot().parameters();
      assertTrue(trainer.run(new TrainListener() {
        @Override
        public void onStep(Step step) {
          heard.add("step " + step.step());
        }

        @Override
        public void onEpoch(Epoch epoch) {
          heard.add("epoch " + epoch.epoch());
        }
      }));
      assertSame(expected, trainer.state());
      assertArrayEquals(initial, models.get(0L));
    }
    List<String> order = new ArrayList<>(List.of("snapshot 0"));
    for (int step = 1; step <= 21; step++) {
      order.add("step " + step);
      if (step % 7 == 0) {
        order.add("epoch " + step / 7);
      }
      if (step % every == 0) {
        order.add("snapshot " + step);
      }
    }
    assertEquals(order, heard);
    // These are the weights of a training that ends there.
    if (every == 7) {
      assertArrayEquals(uninterrupted(ModelKind.TAE, 2, new Heard()).parameters(), models.get(14L));
      assertArrayEquals(expected.parameters(), models.get(21L));
    }
  }

  @Test
  void pauseHoldsStepAdvancesAndResumeGoesOn() throws InterruptedException {
    TrainState expected = uninterrupted(ModelKind.AE, 2, new Heard());
    TrainControl control = new TrainControl();
    control.pause();
    List<Long> steps = java.util.Collections.synchronizedList(new ArrayList<>());
    AtomicReference<TrainState> end = new AtomicReference<>();
    Thread training = new Thread(() -> {
      try (Backend backend = backend();
          Trainer trainer = new Trainer(backend, config(ModelKind.AE, 2), DATA, control)) {
        trainer.run(new TrainListener() {
          @Override
          public void onStep(Step step) {
            steps.add(step.step());
          }
        });
        end.set(trainer.state());
      }
    });
    training.start();
    java.util.concurrent.CountDownLatch held = new java.util.concurrent.CountDownLatch(1);
    control.requestSnapshot(snapshot -> held.countDown());
    // A snapshot is served while paused, and no step was done before it.
    assertTrue(held.await(60, java.util.concurrent.TimeUnit.SECONDS));
    assertEquals(0, steps.size());
    control.step();
    java.util.concurrent.CountDownLatch stepped = new java.util.concurrent.CountDownLatch(1);
    while (steps.isEmpty()) {
      Thread.onSpinWait();
    }
    control.requestSnapshot(snapshot -> stepped.countDown());
    assertTrue(stepped.await(60, java.util.concurrent.TimeUnit.SECONDS));
    assertEquals(1, steps.size());
    control.resume();
    training.join();
    assertEquals(14, steps.size());
    assertSame(expected, end.get());
  }

  @Test
  void aLossThatIsNotFiniteStopsWithItsStep() {
    TrainConfig wild =
        new TrainConfig(ModelKind.TAE, 2, List.of(16), 32, 50, 1e30, config(ModelKind.TAE, 1).objective(), 3);
    try (Backend backend = backend();
        Trainer trainer = new Trainer(backend, wild, DATA, new TrainControl())) {
      DivergedException exception = assertThrows(DivergedException.class, () -> trainer.run(new Heard()));
      assertTrue(exception.step() >= 1 && exception.step() <= 14, "step " + exception.step());
      assertTrue(exception.getMessage().contains("step " + exception.step()), exception.getMessage());
    }
  }

  @Test
  void aStateWithAWeightThatIsNotFiniteIsNotHandedOut() {
    try (Backend backend = backend();
        Trainer trainer = new Trainer(backend, config(ModelKind.AE, 1), DATA, new TrainControl())) {
      float[] parameters = trainer.model().parameters().toFloats();
      parameters[5] = Float.NaN;
      trainer.initialise(parameters);
      assertThrows(DivergedException.class, trainer::state);
    }
  }

  @Test
  void closingATrainerFreesAllItAllocated() {
    for (ModelKind kind : ModelKind.values()) {
      try (Backend backend = backend()) {
        // Scratch that the backend keeps for itself appears with the first use.
        try (Trainer trainer = new Trainer(backend, config(kind, 1), DATA, new TrainControl())) {
          trainer.run(new Heard());
        }
        long before = backend.allocatedBytes();
        try (Trainer trainer = new Trainer(backend, config(kind, 1), DATA, new TrainControl())) {
          long during = backend.allocatedBytes();
          assertTrue(during > before);
          trainer.run(new Heard());
          assertEquals(during, backend.allocatedBytes(), "nothing stays allocated by running");
        }
        assertEquals(before, backend.allocatedBytes());
      }
    }
  }

  @Test
  void aBatchLargerThanTheDataIsOneStepAnEpoch() {
    TrainConfig large =
        new TrainConfig(ModelKind.TAE, 2, List.of(16), 5000, 2, 1e-2, config(ModelKind.TAE, 1).objective(), 3);
    try (Backend backend = backend();
        Trainer trainer = new Trainer(backend, large, DATA, new TrainControl())) {
      Heard heard = new Heard();
      assertTrue(trainer.run(heard));
      assertEquals(2, heard.steps.size());
      assertEquals(203, heard.steps.get(0).rows());
    }
  }

  @Test
  void aLastBatchOfOneImageHasNoDeaths() {
    try (Backend backend = backend();
        Trainer trainer = new Trainer(backend, config(ModelKind.TAE, 1), blobs(33, 5), new TrainControl())) {
      Heard heard = new Heard();
      assertTrue(trainer.run(heard));
      assertEquals(1, heard.steps.get(1).rows());
      assertEquals(0, heard.steps.get(1).loss(Deaths.KIND));
    }
  }
}
