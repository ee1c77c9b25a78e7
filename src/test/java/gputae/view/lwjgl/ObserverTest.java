package gputae.view.lwjgl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.data.Dataset;
import gputae.data.Images;
import gputae.data.Split;
import gputae.homology.Prim;
import gputae.homology.SpanningTree;
import gputae.linear.FloatPoints;
import gputae.model.Autoencoder;
import gputae.model.ParameterLayout.Tensor;
import gputae.objective.Deaths;
import gputae.train.ModelKind;
import gputae.train.Snapshot;
import gputae.train.Step;
import gputae.train.Streams;
import gputae.train.TrainConfig;
import gputae.train.TrainControl;
import gputae.train.TrainListener;
import gputae.train.Trainer;
import gputae.view.Subject;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The view of a model shows what the model computes. Needs no OpenGL. */
class ObserverTest {

  private static Backend backend() {
    return new CpuBackend(InstructionSet.best(), 1);
  }

  /** A model as it is at the beginning of a training. */
  private static Snapshot initial(Subject subject) {
    try (Backend backend = backend();
        Trainer trainer = new Trainer(backend, subject.config(), subject.dataset(), new TrainControl())) {
      return trainer.snapshot();
    }
  }

  private static byte[] bytes(float[] decoded) {
    byte[] bytes = new byte[decoded.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Math.round(255 * decoded[i]);
    }
    return bytes;
  }

  private static FloatPoints embeddings(Autoencoder model, Images images) {
    try (Matrix pixels =
        model.backend().allocate(ElementType.UINT8, images.count(), images.size()).upload(images.pixels())) {
      return model.embeddings(pixels);
    }
  }

  /** The images that a step takes, 0 for the first of the training. */
  private static int[] batch(Subject subject, long step) {
    int count = subject.dataset().train().count();
    int first = (int) (step % subject.stepsPerEpoch()) * subject.config().batch();
    int[] order = Trainer.order(subject.config(), count, (int) (step / subject.stepsPerEpoch()) + 1);
    return Arrays.copyOfRange(order, first, Math.min(first + subject.config().batch(), count));
  }

  private static Images taken(Images images, int[] numbers) {
    int size = images.size();
    byte[] pixels = new byte[numbers.length * size];
    for (int i = 0; i < numbers.length; i++) {
      System.arraycopy(images.pixels(), numbers[i] * size, pixels, i * size, size);
    }
    return new Images(pixels, numbers.length, images.height(), images.width());
  }

  @ParameterizedTest
  @EnumSource
  void latentsAndPicturesAreTheModels(ModelKind kind) {
    Subject subject = Scenes.spots(kind, 2, 3);
    Snapshot snapshot = initial(subject);
    int[] between = {0};
    try (Backend own = backend();
        Observer observer = new Observer(subject, own);
        Backend backend = backend();
        Autoencoder model = new Autoencoder(backend, subject.architecture())) {
      model.parameters().upload(snapshot.parameters());
      Observation seen = observer.observe(new Snapshot(9, snapshot.parameters()), () -> between[0]++);
      assertEquals(9, seen.step());
      assertTrue(between[0] > 0);
      FloatPoints latents = embeddings(model, subject.dataset().test().images());
      assertEquals(latents, seen.latents());
      float[] positions = new float[3 * 50];
      for (int i = 0; i < 50; i++) {
        positions[3 * i] = latents.coordinates()[2 * i];
        positions[3 * i + 1] = latents.coordinates()[2 * i + 1];
      }
      assertArrayEquals(positions, seen.positions());
      // The images of the command generate with the run's seed begin with the same ones.
      try (Matrix z = kind.prior().sample(backend, 100, 2, subject.config().seed(), Streams.PRIOR)) {
        assertArrayEquals(bytes(model.decode(z.firstRows(Observation.GENERATED))), seen.generated());
        float[] place = {0.3f, -0.7f};
        try (Matrix one = backend.allocate(1, 2).upload(place)) {
          assertArrayEquals(bytes(model.decode(one)), observer.decode(place));
        }
      }
      assertFalse(Arrays.equals(Arrays.copyOf(seen.generated(), 36), Arrays.copyOfRange(seen.generated(), 36, 72)),
          "all images are the same");
      // The same observation comes again, whatever was decoded in between.
      Observation again =
          observer.observe(new Snapshot(9, snapshot.parameters()), () -> observer.decode(new float[] {1, 2}));
      assertEquals(seen.latents(), again.latents());
      assertArrayEquals(seen.generated(), again.generated());
    }
  }

  @Test
  void manyTestImagesAreEmbeddedInParts() {
    Dataset spots = Scenes.spots(40, 10_050);
    Subject subject = new Subject("Spots", Scenes.config(ModelKind.AE, 2, 32, 1), spots, "the processor");
    Snapshot snapshot = initial(subject);
    int[] between = {0};
    try (Backend own = backend();
        Observer observer = new Observer(subject, own);
        Backend backend = backend();
        Autoencoder model = new Autoencoder(backend, subject.architecture())) {
      model.parameters().upload(snapshot.parameters());
      assertEquals(embeddings(model, spots.test().images()),
          observer.observe(snapshot, () -> between[0]++).latents());
      assertEquals(2, between[0]);
    }
  }

  /**
   * Each snapshot's tree is that of the batch whose death times the step after it reports; the last batch of an epoch
   * is smaller.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void theTreeIsThatOfTheBatchThatComesNext(int latent) {
    Subject subject = Scenes.spots(ModelKind.TAE, latent, 2);
    TrainControl control = new TrainControl();
    Observation[] newest = {null};
    long[] compared = {0};
    try (Backend own = backend();
        Observer observer = new Observer(subject, own);
        Backend backend = backend();
        Trainer trainer = new Trainer(backend, subject.config(), subject.dataset(), control);
        Backend second = backend();
        Autoencoder model = new Autoencoder(second, subject.architecture())) {
      control.snapshotEvery(1, snapshot -> {
        newest[0] = observer.observe(snapshot, () -> {});
        // After the last step the batch stays the last one.
        int[] numbers = batch(subject, Math.min(snapshot.step(), 13));
        model.parameters().upload(snapshot.parameters());
        FloatPoints latents = embeddings(model, taken(subject.dataset().train().images(), numbers));
        assertBatch(newest[0], latents, numbers, subject);
      });
      assertTrue(trainer.run(new TrainListener() {
        @Override
        public void onStep(Step step) {
          assertEquals(step.step() - 1, newest[0].step());
          double[] lengths = newest[0].batch().lengths();
          assertEquals(step.rows() - 1, lengths.length);
          assertEquals(step.loss(Deaths.KIND), Arrays.stream(lengths).sum(), 1e-5 * step.loss(Deaths.KIND));
          compared[0]++;
        }
      }));
      assertEquals(14, compared[0]);
      assertEquals(14, newest[0].step());
      assertEquals(203 - 6 * 32 - 1, newest[0].batch().lengths().length);
    }
  }

  private static void assertBatch(Observation seen, FloatPoints latents, int[] numbers, Subject subject) {
    Observation.Batch batch = seen.batch();
    for (int i = 0; i < numbers.length; i++) {
      assertEquals(subject.dataset().train().labels()[numbers[i]], batch.labels()[i]);
    }
    SpanningTree tree = Prim.ofPoints(latents).sorted();
    assertArrayEquals(tree.edges(), batch.edges());
    assertArrayEquals(tree.lengths(), batch.lengths(), 1e-12);
    float[] positions = new float[3 * numbers.length];
    // The projection is the same as that of the test images.
    seen.projection().project(latents, positions);
    assertArrayEquals(positions, batch.positions());
  }

  @Test
  void aBatchLargerThanTheDataIsTheData() {
    Subject spots = Scenes.spots(ModelKind.TAE, 2, 1);
    TrainConfig config = Scenes.config(ModelKind.TAE, 2, 500, 3);
    Subject subject = new Subject("Spots", config, spots.dataset(), "the processor");
    try (Backend own = backend();
        Observer observer = new Observer(subject, own)) {
      for (long step = 0; step <= 4; step++) {
        assertEquals(202,
            observer.observe(new Snapshot(step, initial(subject).parameters()), () -> {}).batch().lengths().length);
      }
    }
  }

  @Test
  void aLineIsSpreadIntoALaneAClass() {
    Subject subject = Scenes.spots(ModelKind.AE, 1, 3);
    try (Backend own = backend();
        Observer observer = new Observer(subject, own)) {
      Observation seen = observer.observe(initial(subject), () -> {});
      byte[] labels = subject.dataset().test().labels();
      double[] low = {9, 9};
      double[] high = {-9, -9};
      for (int i = 0; i < 50; i++) {
        assertEquals(seen.latents().coordinates()[i], seen.positions()[3 * i]);
        low[labels[i]] = Math.min(low[labels[i]], seen.positions()[3 * i + 1]);
        high[labels[i]] = Math.max(high[labels[i]], seen.positions()[3 * i + 1]);
        assertEquals(0, seen.positions()[3 * i + 2]);
      }
      // The first class is above, there is a gap, and both classes lie inside the ends of the line.
      assertTrue(high[0] < 0.8 && low[0] > 0.03 && high[1] < -0.03 && low[1] > -0.8,
          Arrays.toString(low) + Arrays.toString(high));
      assertTrue(high[0] - low[0] > 0.4, "the lane is not used");
      Observation next = observer.observe(new Snapshot(5, initial(subject).parameters()), () -> {});
      assertArrayEquals(seen.positions(), next.positions());
      // The batch and its tree lie in the middle.
      assertEquals(0, next.batch().positions()[1]);
    }
  }

  @Test
  void withoutLabelsThereIsOneLaneAndTheBatchHasNone() {
    Dataset spots = Scenes.spots(203, 50);
    Dataset plain = new Dataset("spots", List.of(), new Split(spots.train().images(), null),
        new Split(spots.test().images(), null));
    Subject subject = new Subject("Spots", Scenes.config(ModelKind.AE, 1, 32, 1), plain, "the processor");
    try (Backend own = backend();
        Observer observer = new Observer(subject, own)) {
      Observation seen = observer.observe(initial(subject), () -> {});
      assertNull(seen.batch().labels());
      double most = 0;
      for (int i = 0; i < 50; i++) {
        most = Math.max(most, Math.abs(seen.positions()[3 * i + 1]));
      }
      assertTrue(most > 0.5 && most < 0.8, "as far out as " + most);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void aModelThatHasDivergedHasNoPlacesAndNoTree(int latent) {
    Subject subject = Scenes.spots(ModelKind.TAE, latent, 3);
    Snapshot good = initial(subject);
    float[] lost = new float[good.parameters().length];
    Arrays.fill(lost, Float.NaN);
    try (Backend own = backend();
        Observer observer = new Observer(subject, own)) {
      Observation before = observer.observe(good, () -> {});
      Observation seen = observer.observe(new Snapshot(1, lost), () -> {});
      assertNull(seen.batch());
      for (int i = 0; i < 50; i++) {
        assertTrue(Float.isNaN(seen.positions()[3 * i]), "a place of image " + i);
      }
      assertArrayEquals(new double[] {1, 1, 1}, seen.extent().half());
      assertEquals(1, seen.extent().radius());
      // A run that is resumed from an earlier state looks as before.
      Observation after = observer.observe(good, () -> {});
      assertNotNull(after.batch());
      assertEquals(before.latents(), after.latents());
      for (int i = 0; i < after.positions().length; i++) {
        assertTrue(Float.isFinite(after.positions()[i]));
      }
    }
  }

  /** One pixel's weight is so large that images in which it is bright have no finite embedding. */
  @Test
  void embeddingsThatAreNotFiniteAreNowhereAndTheOthersAreInTheirPlace() {
    Subject subject = Scenes.spots(ModelKind.TAE, 2, 3);
    Snapshot snapshot = initial(subject);
    try (Backend own = backend();
        Observer observer = new Observer(subject, own);
        Backend backend = backend();
        Autoencoder model = new Autoencoder(backend, subject.architecture())) {
      List<Tensor> encoder = model.layout().tensors();
      float[] parameters = snapshot.parameters();
      parameters[encoder.get(0).offset()] = 3e38f;
      for (int row = 0; row < 2; row++) {
        parameters[encoder.get(2).offset() + row * encoder.get(2).columns()] = 10;
      }
      Observation seen = observer.observe(snapshot, () -> {});
      int lost = 0;
      for (int i = 0; i < 50; i++) {
        boolean finite = seen.latents().isFinite(i);
        lost += finite ? 0 : 1;
        for (int axis = 0; axis < 3; axis++) {
          float expected = !finite ? Float.NaN : axis < 2 ? seen.latents().coordinates()[2 * i + axis] : 0;
          assertEquals(expected, seen.positions()[3 * i + axis], "image " + i);
        }
      }
      assertTrue(lost > 0 && lost < 40, lost + " of 50 embeddings are not finite");
      assertTrue(Double.isFinite(seen.extent().radius()));
      assertNull(seen.batch(), "a batch of 32 has such an image");
    }
  }
}
