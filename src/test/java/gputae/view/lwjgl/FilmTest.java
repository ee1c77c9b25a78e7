package gputae.view.lwjgl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Backend;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.train.Epoch;
import gputae.train.ModelKind;
import gputae.train.Snapshot;
import gputae.train.TrainControl;
import gputae.train.TrainListener;
import gputae.train.TrainState;
import gputae.train.Trainer;
import gputae.view.Film;
import gputae.view.Subject;
import gputae.view.ViewException;
import gputae.view.ViewOptions;
import gputae.view.Viewer;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Films of trainings have every frame that was asked for. They change nothing, leave nothing behind and lose nothing.
 */
class FilmTest {

  private static final ViewOptions OPTIONS = new ViewOptions(ViewOptions.LEAST_WIDTH, ViewOptions.LEAST_HEIGHT, true);

  /** Seven steps an epoch. */
  private static final Subject SUBJECT = Scenes.spots(ModelKind.TAE, 2, 2);

  @TempDir
  Path folder;

  private static Backend backend() {
    return new CpuBackend(InstructionSet.best(), 1);
  }

  @BeforeEach
  void openGl() {
    GlAvailable.required();
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    assertEquals(0, threads("film") + threads("window-model"), "threads go on");
    try (Stream<Path> files = Files.walk(folder)) {
      assertEquals(List.of(), files.filter(file -> file.getFileName().toString().endsWith(".part")).toList());
    }
  }

  private static long threads(String name) {
    return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().equals(name)).count();
  }

  private Path frames() throws IOException {
    return Files.createDirectories(folder.resolve("frames"));
  }

  private static Film open(Subject subject, Path frames, Path gif) {
    return Viewer.find().openFilm(subject, FilmTest::backend, frames, gif, OPTIONS);
  }

  private static Snapshot initial() {
    try (Backend backend = backend();
        Trainer trainer = new Trainer(backend, SUBJECT.config(), SUBJECT.dataset(), new TrainControl())) {
      return trainer.snapshot();
    }
  }

  private static Snapshot at(long step) {
    return new Snapshot(step, initial().parameters());
  }

  /** Trains as the command line does, with frames at regular steps and one of the end; without a film if it is null. */
  private static TrainState train(Subject subject, Film film, long every) throws IOException {
    TrainControl control = new TrainControl();
    if (film != null) {
      control.snapshotEvery(every, film::frame);
    }
    try (Backend backend = backend();
        Trainer trainer = new Trainer(backend, subject.config(), subject.dataset(), control)) {
      assertTrue(trainer.run(film == null ? new TrainListener() {} : film));
      if (film != null) {
        film.frame(trainer.snapshot());
      }
      return trainer.state();
    }
  }

  private static void assertSame(TrainState expected, TrainState found) {
    assertEquals(expected.step(), found.step());
    assertArrayEquals(expected.parameters(), found.parameters());
    assertArrayEquals(expected.firstMoment(), found.firstMoment());
    assertArrayEquals(expected.secondMoment(), found.secondMoment());
    assertEquals(expected.history().size(), found.history().size());
    for (int i = 0; i < expected.history().size(); i++) {
      assertEquals(expected.history().get(i).total(), found.history().get(i).total());
      assertEquals(expected.history().get(i).testReconstruction(), found.history().get(i).testReconstruction());
    }
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** There are 14 steps. The end has a frame of its own unless it is one already. */
  @ParameterizedTest
  @CsvSource({"4, 5", "7, 3", "100, 2"})
  void thereIsAFrameForEveryStepAskedForAndTheEnd(long every, int expected) throws IOException {
    Path gif = folder.resolve("film.gif");
    try (Film film = open(SUBJECT, frames(), gif)) {
      assertSame(train(SUBJECT, null, 0), train(SUBJECT, film, every));
      assertEquals(expected, film.finish());
    }
    List<String> names = names(frames());
    assertEquals(expected, names.size());
    int[] before = null;
    for (int k = 0; k < expected; k++) {
      assertEquals(String.format(Locale.ROOT, "frame-%06d.png", k), names.get(k));
      BufferedImage frame = ImageIO.read(frames().resolve(names.get(k)).toFile());
      assertEquals(OPTIONS.width(), frame.getWidth());
      assertEquals(OPTIONS.height(), frame.getHeight());
      int[] rgb = frame.getRGB(0, 0, frame.getWidth(), frame.getHeight(), null, 0, frame.getWidth());
      assertFalse(java.util.Arrays.equals(before, rgb), "frame " + k + " is the one before");
      before = rgb;
    }
    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    try (ImageInputStream in = ImageIO.createImageInputStream(gif.toFile())) {
      reader.setInput(in);
      assertEquals(expected, reader.getNumImages(true));
      assertEquals(OPTIONS.width(), reader.getWidth(0));
      assertEquals(OPTIONS.height(), reader.getHeight(0));
    } finally {
      reader.dispose();
    }
  }

  /**
   * The frames equal pictures that the test draws itself, pixel by pixel. In space the camera has turned a little
   * before the second frame.
   */
  @ParameterizedTest
  @ValueSource(ints = {2, 5})
  void aFrameIsThePictureOfItsModel(int latent) throws IOException {
    Subject subject = Scenes.spots(ModelKind.TAE, latent, 2);
    Snapshot first;
    Snapshot second;
    try (Backend backend = backend();
        Trainer trainer = new Trainer(backend, subject.config(), subject.dataset(), new TrainControl())) {
      first = trainer.snapshot();
      second = new Snapshot(3, first.parameters());
    }
    try (Film film = open(subject, frames(), null)) {
      film.frame(first);
      film.frame(second);
      assertEquals(2, film.finish());
    }
    try (Stage stage = new Stage(subject, OPTIONS.width(), OPTIONS.height(), 1);
        Backend own = backend();
        Observer observer = new Observer(subject, own)) {
      stage.state.tree = 1;
      for (int k = 0; k < 2; k++) {
        Observation seen = observer.observe(k == 0 ? first : second, () -> {});
        stage.camera.follow(seen.extent(), Double.POSITIVE_INFINITY);
        stage.camera.turn(k == 0 ? 0 : Math.toRadians(1.2));
        stage.show(seen).draw();
        BufferedImage frame = ImageIO.read(frames().resolve("frame-00000" + k + ".png").toFile());
        int[] rgb = frame.getRGB(0, 0, frame.getWidth(), frame.getHeight(), null, 0, frame.getWidth());
        for (int i = 0; i < rgb.length; i++) {
          rgb[i] &= 0xffffff;
        }
        assertArrayEquals(stage.picture(), rgb, "frame " + k);
      }
    }
  }

  /** As with a window, another thread asks for snapshots at any time. */
  @Test
  void whatAWindowAsksForChangesNothing() throws Exception {
    Subject subject = Scenes.spots(ModelKind.TAE, 2, 300);
    TrainControl control = new TrainControl();
    List<String> said = new CopyOnWriteArrayList<>();
    Lookout lookout = new Lookout(subject, FilmTest::backend, control, said::add);
    lookout.start();
    int[] seen = {0};
    TrainState watched;
    try (Backend backend = backend();
        Trainer trainer = new Trainer(backend, subject.config(), subject.dataset(), control)) {
      assertTrue(trainer.run(new TrainListener() {
        @Override
        public void onEpoch(Epoch epoch) {
          lookout.decode(new float[] {0.1f * epoch.epoch(), 0});
          // Waits until two observations were made.
          for (int k = 0; k < 5 && seen[0] < 2; k++) {
            pause();
            seen[0] += lookout.observation() != null ? 1 : 0;
          }
        }
      }));
      watched = trainer.state();
    } finally {
      lookout.finished();
      lookout.close();
      lookout.join();
    }
    assertEquals(List.of(), said);
    assertEquals(2, seen[0], "the training ended before it was looked at twice");
    assertTrue(lookout.decoded() != null, "nothing was decoded");
    assertSame(train(subject, null, 0), watched);
  }

  private static void pause() {
    try {
      Thread.sleep(4);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aFrameThatCannotBeWrittenEndsTheTraining() throws IOException {
    Path frames = frames();
    Files.createDirectories(frames.resolve("frame-000002.png/in the way"));
    Path gif = folder.resolve("film.gif");
    try (Film film = open(SUBJECT, frames, gif)) {
      UncheckedIOException thrown = assertThrows(UncheckedIOException.class, () -> train(SUBJECT, film, 1));
      assertTrue(thrown.getMessage().startsWith(frames.resolve("frame-000002.png") + ": cannot be written"),
          thrown.getMessage());
      assertFalse(thrown.getMessage().contains("\n"));
      // A caller who finishes the film nevertheless gets the same error again.
      IOException again = assertThrows(IOException.class, film::finish);
      assertEquals(thrown.getMessage(), again.getMessage());
    }
    assertEquals(List.of("frame-000000.png", "frame-000001.png", "frame-000002.png"), names(frames));
    assertFalse(Files.exists(gif), "a film that lacks frames");
  }

  @Test
  void theFirstErrorIsNotLostWhereNoFrameFollows() throws IOException {
    Path frames = frames();
    try (Film film = open(SUBJECT, frames, null)) {
      Files.delete(frames);
      Files.writeString(frames, "a file in place of the folder");
      film.frame(initial());
      IOException thrown = assertThrows(IOException.class, film::finish);
      assertTrue(thrown.getMessage().contains(frames.toString()), thrown.getMessage());
    }
  }

  @Test
  void aFilmThatCannotBeWrittenIsRefusedAtOnce() throws IOException {
    Path gif = Files.writeString(folder.resolve("file"), "").resolve("film.gif");
    ViewException thrown = assertThrows(ViewException.class, () -> open(SUBJECT, null, gif));
    assertTrue(thrown.getMessage().contains(gif.toString()) && !thrown.getMessage().contains("\n"),
        thrown.getMessage());
  }

  @Test
  void aBackendThatCannotBeHadIsSaid() throws IOException {
    Path frames = frames();
    Path gif = folder.resolve("film.gif");
    ViewException thrown = assertThrows(ViewException.class, () -> Viewer.find().openFilm(SUBJECT, () -> {
      throw new IllegalStateException("no such device");
    }, frames, gif, OPTIONS));
    assertTrue(thrown.getMessage().contains("no such device"), thrown.getMessage());
    assertEquals(List.of("frames"), names(folder));
  }

  @Test
  void aModelThatDoesNotFitIsAnErrorOfTheView() throws IOException {
    try (Film film = open(SUBJECT, frames(), null)) {
      film.frame(new Snapshot(0, new float[3]));
      RuntimeException thrown = assertThrows(RuntimeException.class, film::finish);
      assertInstanceOf(ViewException.class, thrown);
    }
  }

  /** A film stays unfinished, for example, if an error stops the training. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 6})
  void aFilmThatIsNotFinishedIsNotLeftBehind(int count) throws IOException {
    Path gif = folder.resolve("film.gif");
    Film film = open(SUBJECT, frames(), gif);
    for (int k = 0; k < count; k++) {
      film.frame(at(k));
    }
    film.close();
    film.close();
    assertEquals(List.of("frames"), names(folder));
    // Frames that were drawn already stay.
    for (String name : names(frames())) {
      assertEquals(OPTIONS.width(), ImageIO.read(frames().resolve(name).toFile()).getWidth());
    }
  }

  @Test
  void anOldFilmStaysUntilTheNewOneIsWhole() throws IOException {
    Path gif = folder.resolve("film.gif");
    Files.writeString(gif, "the film of yesterday");
    try (Film film = open(SUBJECT, null, gif)) {
      film.frame(at(0));
    }
    assertEquals("the film of yesterday", Files.readString(gif));
    try (Film film = open(SUBJECT, null, gif)) {
      film.frame(at(0));
      // The same step gives only one frame.
      film.frame(at(0));
      film.frame(at(1));
      assertEquals(2, film.finish());
    }
    assertTrue(Files.size(gif) > 1000);
  }

  @Test
  void aFilmOfNothingIsNoFile() throws IOException {
    try (Film film = open(SUBJECT, frames(), folder.resolve("film.gif"))) {
      assertEquals(0, film.finish());
    }
    assertEquals(List.of("frames"), names(folder));
  }

  @Test
  void theViewerSaysWhatItDrawsWith() {
    assertTrue(Viewer.find().describe().matches("[1-9]\\.[0-9].*, .*; .*"), Viewer.find().describe());
  }
}
