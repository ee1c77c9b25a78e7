package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.figure.ClassColours;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Frames and films of a training, without a display; and the messages if there is no display or no OpenGL. */
class ViewIT {

  private static final String GL_DEBUG = "-Dgputae.gl.debug=true";

  /** Small pictures are drawn sooner. */
  private static final String SIZE = "640x480";

  /** The folder where {@link #together} works; it is emptied before each test. */
  @TempDir
  static Path folder;

  private Path data;

  /** Runs commands that need no separate process; errors of OpenGL are failures. */
  private static Jar.Together together;

  @BeforeAll
  static void openTogether() {
    together = jar().java(GL_DEBUG).together();
  }

  @AfterAll
  static void closeTogether() {
    together.close();
  }

  @BeforeEach
  void writeData() throws IOException {
    Tiny.empty(folder);
    data = Tiny.write(folder);
  }

  private static Jar jar() {
    return new Jar(folder).with("DISPLAY", null).with("WAYLAND_DISPLAY", null);
  }

  /** A separate process that draws; errors of OpenGL are failures. */
  private Jar drawing() {
    requireOpenGl(folder);
    return jar().java(GL_DEBUG);
  }

  /** Runs a command that draws, in the shared process. */
  private static Jar.Result draw(Object... arguments) {
    requireOpenGl(folder);
    return together.run(arguments);
  }

  /** Skips the test, or fails, if doctor says that no pictures can be drawn at all. */
  static void requireOpenGl(Path folder) {
    String line = openGlWithoutDisplay(folder);
    if (line.contains("no OpenGL")) {
      Xvfb.missing(line);
    }
  }

  /** The line of doctor about OpenGL; doctor runs only once. */
  private static synchronized String openGlWithoutDisplay(Path folder) {
    if (openGl == null) {
      Jar withoutDisplay = new Jar(folder).with("DISPLAY", null).with("WAYLAND_DISPLAY", null);
      openGl = openGlLine(withoutDisplay.run("doctor").succeeded());
    }
    return openGl;
  }

  private static String openGl;

  private static String openGlLine(Jar.Result doctor) {
    return doctor.outLines().stream().filter(line -> line.startsWith("OpenGL ")).findFirst()
        .orElseThrow(() -> new AssertionError(doctor.toString()));
  }

  /** A picture of the latent space with the panels beside it, checked for what a person would see. */
  record Picture(int width, int height, int[] rgb) {

    static Picture read(Path png) throws IOException {
      Tiny.assertPng(png);
      return of(ImageIO.read(png.toFile()));
    }

    static Picture of(BufferedImage image) {
      return new Picture(image.getWidth(), image.getHeight(),
          image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth()));
    }

    int at(int x, int y) {
      return rgb[y * width + x] & 0xffffff;
    }

    /** The column where the panels begin, as documented in the window's layout: they take a third of a wide picture. */
    int cloudWidth() {
      return (int) Math.floor(width - Math.min(Math.max(300, 0.34 * width), Math.max(120, width - 0.55 * height)));
    }

    /** The number of pixels in a rectangle that satisfy a condition. */
    int count(int left, int top, int right, int bottom, IntPredicate meant) {
      return (int) IntStream.range(top, bottom)
          .mapToLong(y -> IntStream.range(left, right).filter(x -> meant.test(at(x, y))).count()).sum();
    }

    /** The number of such pixels in the cloud, without legend and toolbar. */
    int inCloud(IntPredicate meant) {
      return count(110, 0, cloudWidth(), 100, meant) + count(0, 100, cloudWidth(), height - 45, meant);
    }

    static IntPredicate near(int... colours) {
      return pixel -> Arrays.stream(colours).anyMatch(colour -> distance(pixel, colour) < 24);
    }

    static int distance(int a, int b) {
      return Math.max(Math.abs((a >> 16 & 255) - (b >> 16 & 255)),
          Math.max(Math.abs((a >> 8 & 255) - (b >> 8 & 255)), Math.abs((a & 255) - (b & 255))));
    }

    private static int colourfulness(int pixel) {
      int red = pixel >> 16 & 255;
      int green = pixel >> 8 & 255;
      int blue = pixel & 255;
      return Math.max(red, Math.max(green, blue)) - Math.min(red, Math.min(green, blue));
    }

    /** The number of pixels that a person would see differ. */
    int differences(Picture other, int left, int top, int right, int bottom) {
      assertEquals(List.of(width, height), List.of(other.width, other.height));
      return (int) IntStream.range(top, bottom)
          .mapToLong(y -> IntStream.range(left, right).filter(x -> distance(at(x, y), other.at(x, y)) > 40).count())
          .sum();
    }

    /** The same number, only within the cloud. */
    int differences(Picture other) {
      return differences(other, 110, 10, cloudWidth() - 45, height - 100);
    }

    /**
     * Whether edges of the spanning tree are visible. They have the darker colours of the map of death times, which
     * nothing else in a cloud of three classes has.
     */
    boolean hasTree() {
      return inCloud(near(0x0d0887, 0x4b03a1, 0x7d03a8, 0xa82296, 0xba3388, 0xcc4778)) > 30;
    }

    /**
     * Asserts that embeddings of each class are visible. At the beginning of a training, and behind a tree, embeddings
     * may hide one another.
     */
    void assertShowsEveryClass(String about) {
      for (int colour : ClassColours.of(Tiny.CLASSES)) {
        assertTrue(inCloud(near(colour)) > 20, () -> Integer.toHexString(colour) + ", " + about);
      }
    }

    /** Checks size, legend, cloud and panels. */
    void assertShows(String size, boolean labels, String about) {
      assertEquals(size, width + "x" + height, about);
      int[] colours = ClassColours.of(labels ? Tiny.CLASSES : 1);
      if (labels) {
        for (int c = 0; c < Tiny.CLASSES; c++) {
          int line = 17 + 18 * c;
          assertTrue(count(17, line, 29, line + 18, near(colours[c])) > 30, "legend of class " + c + ", " + about);
        }
      } else {
        assertEquals(0, count(0, 0, 40, 33, near(ClassColours.of(3)[1], ClassColours.of(3)[2])),
            "no class in the legend, " + about);
      }
      // In space, light and distance change the colours a little; nothing else in the cloud is as colourful.
      assertTrue(inCloud(pixel -> colourfulness(pixel) > 70) > 40, "embeddings, " + about);
      int panels = width - cloudWidth();
      assertTrue(count(cloudWidth() + 4, 0, width, height, near(0x1d232b)) > 300, "text of the panels, " + about);
      assertTrue(
          count(cloudWidth() + 4, height / 2, width, height,
              pixel -> distance(pixel, 0x808080) < 100 && (pixel >> 16 & 255) == (pixel & 255)) > panels * 10,
          "decoded images, " + about);
    }
  }

  private static List<Path> frames(Path frames) throws IOException {
    try (Stream<Path> files = Files.list(frames)) {
      return files.sorted().toList();
    }
  }

  private static int imagesOf(Path gif) throws IOException {
    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    try (ImageInputStream in = ImageIO.createImageInputStream(gif.toFile())) {
      reader.setInput(in);
      int count = reader.getNumImages(true);
      for (int i = 0; i < count; i++) {
        reader.read(i);
      }
      return count;
    } finally {
      reader.dispose();
    }
  }

  @Test
  void framesAndFilmShowTheBeginningAndEveryEpochAndChangeNoBit() throws IOException {
    together.run(Tiny.train(data, "--epochs", 3, "--lr", "3e-3", "--seed", 4, "--out", "plain")).succeeded();
    // A file that already has the film's name is replaced.
    Files.writeString(folder.resolve("film.gif"), "old");
    Jar.Result result = draw(Tiny.train(data, "--epochs", 3, "--lr", "3e-3", "--seed", 4, "--out", "filmed",
        "--frames", "frames", "--film", "film.gif", "--view-size", "800x500")).succeeded();
    assertEquals("", result.err(), result.toString());
    assertTrue(result.out().contains("film: film.gif, 4 frames\n"), result.toString());
    Tiny.assertSameResults(folder.resolve("plain"), folder.resolve("filmed"));
    assertEquals(Tiny.content(folder.resolve("plain")), Tiny.content(folder.resolve("filmed")));

    List<Path> frames = frames(folder.resolve("frames"));
    assertEquals(List.of("frame-000000.png", "frame-000001.png", "frame-000002.png", "frame-000003.png"),
        frames.stream().map(file -> file.getFileName().toString()).toList());
    Picture before = null;
    for (Path frame : frames) {
      Picture picture = Picture.read(frame);
      picture.assertShows("800x500", true, frame.toString());
      assertTrue(before == null || picture.differences(before) > 100, frame + " shows the model before");
      before = picture;
    }
    before.assertShowsEveryClass("the last frame");
    assertFalse(before.hasTree(), "no tree was asked for");
    Path film = folder.resolve("film.gif");
    assertEquals(4, imagesOf(film));
    assertEquals(List.of(800, 500),
        List.of(ImageIO.read(film.toFile()).getWidth(), ImageIO.read(film.toFile()).getHeight()));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(),
          files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".part")).toList());
    }
  }

  @Test
  void framesEveryCountsStepsAndAddsTheEndAndAResumedRunTakesTheOptions() throws IOException {
    // 8 steps an epoch: frames at 0, 5, 10, 15 and the end, 16.
    Jar.Result first = draw(Tiny.train(data, "--epochs", 2, "--lr", "1e-2", "--out", "run", "--frames", "a/new/folder",
        "--frames-every", 5, "--show-tree", "--view-size", SIZE)).succeeded();
    assertTrue(first.out().contains("film: a/new/folder, 5 frames\n"), first.toString());
    List<Path> frames = frames(folder.resolve("a/new/folder"));
    assertEquals(5, frames.size());
    Picture picture = Picture.read(frames.get(4));
    assertTrue(picture.hasTree(), "a tree was asked for");
    // There are frames at 20 and at the end, 24, as without the break. The output is only the run's path.
    Jar.Result second = draw("train", "--resume", "run", "--epochs", 3, "--threads", 2, "--quiet", "--film", "more.gif",
        "--frames", "run/frames", "--frames-every", 5, "--view-size", SIZE).succeeded();
    assertEquals("run\n", second.out());
    assertEquals("", second.err());
    assertEquals(2, imagesOf(folder.resolve("more.gif")));
    assertEquals(2, frames(folder.resolve("run/frames")).size());
    together.run(Tiny.train(data, "--epochs", 3, "--lr", "1e-2", "--out", "plain")).succeeded();
    Tiny.assertSameResults(folder.resolve("plain"), folder.resolve("run"));
  }

  @Test
  void aSpaceOfManyDimensionsAndDataWithoutLabelsAreShownToo() throws IOException {
    Files.delete(folder.resolve("tiny-labels.npy"));
    draw(Tiny.train(data, "--epochs", 2, "--latent", 10, "--model", "vae", "--quiet", "--frames", "frames",
        "--view-size", SIZE)).succeeded();
    List<Path> frames = frames(folder.resolve("frames"));
    assertEquals(3, frames.size());
    Picture.read(frames.get(2)).assertShows(SIZE, false, "latent dimension 10, no labels");
  }

  @Test
  @Tag("thorough")
  void everyModelInEveryDimensionIsShown() throws IOException {
    for (String model : List.of("ae", "tae", "disk", "vae")) {
      for (int latent : new int[] {1, 2, 3, 10}) {
        String name = model + latent;
        together.run(Tiny.train(data, "--epochs", 2, "--latent", latent, "--model", model, "--quiet", "--out", name))
            .succeeded();
        Jar.Result result = draw(Tiny.train(data, "--epochs", 2, "--latent", latent, "--model", model, "--quiet",
            "--out", name + "-filmed", "--frames", name + "-frames", "--film", name + ".gif", "--show-tree",
            "--view-size", SIZE)).succeeded();
        assertEquals("", result.err(), result.toString());
        Tiny.assertSameResults(folder.resolve(name), folder.resolve(name + "-filmed"));
        List<Path> frames = frames(folder.resolve(name + "-frames"));
        assertEquals(3, frames.size(), name);
        assertEquals(3, imagesOf(folder.resolve(name + ".gif")), name);
        Picture first = Picture.read(frames.get(0));
        Picture last = Picture.read(frames.get(2));
        first.assertShows(SIZE, true, name);
        last.assertShows(SIZE, true, name);
        assertTrue(last.differences(first) > 100, name);
      }
    }
  }

  @Test
  void withoutADisplayAWindowIsRefusedInOneLineBeforeThereIsARun() throws IOException {
    together.run(Tiny.train(data, "--epochs", 1, "--out", "run")).succeeded();
    List<String> before = Tiny.content(folder);
    Stream
        .<Runnable>of(
            () -> jar().run(Tiny.train(data, "--epochs", 1, "--view")).failed("no display", "--frames", "--film"),
            () -> jar().with("DISPLAY", ":987").run(Tiny.train(data, "--epochs", 1, "--view")).failed(":987",
                "--frames", "--film"),
            () -> together.run("train", "--resume", "run", "--epochs", 5, "--view").failed("no display"),
            () -> jar().with("DISPLAY", "nonsense").run("view", "run").failed("nonsense"))
        .parallel().forEach(Runnable::run);
    assertEquals(before, Tiny.content(folder));
  }

  @Test
  void viewOfWhatIsNoRunOrHasNoCheckpointFailsWithOneLine() throws IOException {
    together.run(Tiny.train(data, "--epochs", 1, "--out", "run")).succeeded();
    Path run = folder.resolve("run");
    together.run("view", "nowhere").failed("nowhere", "config.json");
    together.run("view", ".").failed("config.json");
    byte[] checkpoint = Files.readAllBytes(run.resolve("checkpoint.safetensors"));
    Files.write(run.resolve("checkpoint.safetensors"), Arrays.copyOf(checkpoint, 1000));
    together.run("view", "run").failed("checkpoint.safetensors");
    Files.delete(run.resolve("checkpoint.safetensors"));
    together.run("view", "run").failed("run", "no checkpoint");
    Files.write(run.resolve("checkpoint.safetensors"), checkpoint);
    Files.move(data, folder.resolve("moved.npy"));
    together.run("view", "run").failed("tiny.npy");
  }

  @Test
  void wrongUsageExits2WithOneLine() throws IOException {
    List<String> before = Tiny.content(folder);
    Stream
        .of("train --frames f --frames-every 0", "train --frames f --frames-every many", "train --frames-every 5",
            "train --view --frames-every 5", "train --film x.png", "train --film gif",
            "train --view --view-size 10x10", "train --frames f --view-size abc",
            "train --frames f --view-size 99999x1", "train --frames f --view-size 640x", "train --view-size 640x480",
            "train --show-tree", "view", "view run --view-size 1x1", "view run --view-size big", "view run --frames f")
        .forEach(line -> {
          Jar.Result result = together.runLine(line).wrongUsage();
          assertEquals("", result.out(), result.toString());
        });
    assertEquals(before, Tiny.content(folder));
  }

  @Test
  void framesAndFilmsNeverOverwriteWhatIsNotTheirs() throws IOException {
    Files.writeString(Files.createDirectory(folder.resolve("full")).resolve("notes.txt"), "mine");
    Files.writeString(folder.resolve("file"), "mine");
    Files.createDirectory(folder.resolve("folder.gif"));
    Files.writeString(folder.resolve("old.gif"), "mine");
    List<String> before = Tiny.content(folder);
    Stream.of("--frames full", "--frames file", "--frames file/below", "--film nowhere/x.gif", "--film file/x.gif",
        "--film folder.gif", "--frames full --film old.gif").forEach(options -> {
          List<Object> command = new ArrayList<>(List.of(Tiny.train(data, "--epochs", 1, "--quiet")));
          command.addAll(List.of(options.split(" ")));
          together.run(command.toArray()).failed(options.split(" ")[1].replaceFirst("/.*", ""));
        });
    // These trainings are refused for another reason, after the film was opened.
    together.run(Tiny.train(data, "--epochs", 1, "--quiet", "--film", "old.gif", "--out", "full")).failed("full");
    together.run(Tiny.train(data, "--epochs", 1, "--quiet", "--frames", "new", "--out", "full")).failed("full");
    assertEquals(before, Tiny.content(folder));
    assertEquals("mine", Files.readString(folder.resolve("full/notes.txt")));
    assertEquals("mine", Files.readString(folder.resolve("file")));
    assertEquals("mine", Files.readString(folder.resolve("old.gif")));
  }

  @Test
  void framesMayLieInTheNewRunsFolder() throws IOException {
    draw(Tiny.train(data, "--epochs", 1, "--quiet", "--out", "run", "--frames", "run/frames", "--view-size", SIZE))
        .succeeded();
    assertEquals(2, frames(folder.resolve("run/frames")).size());
  }

  @Test
  void nothingOfTheViewIsLoadedUnlessItIsAskedFor() throws IOException {
    Object[] plain = Tiny.train(data, "--epochs", 1, "--quiet", "--out", "plain");
    jar().java("-Xlog:class+load:file=plain.log").run(plain).succeeded();
    assertEquals(List.of(), classesOfTheView("plain.log"));
    drawing().java("-Xlog:class+load:file=filmed.log")
        .run(Tiny.train(data, "--epochs", 1, "--quiet", "--out", "filmed", "--frames", "frames", "--view-size", SIZE))
        .succeeded();
    List<String> loaded = classesOfTheView("filmed.log");
    assertTrue(loaded.contains("gputae.view.lwjgl.LwjglFilm")
        && loaded.stream().anyMatch(name -> name.startsWith("org.lwjgl.")), loaded.toString());
  }

  private List<String> classesOfTheView(String log) throws IOException {
    List<String> names = Files.readAllLines(folder.resolve(log)).stream()
        .map(line -> line.replaceFirst("^(\\[[^]]*\\])+ ", "").split(" ")[0]).toList();
    assertTrue(names.contains("gputae.cli.TrainCommand"), "the log names classes: " + names);
    return names.stream().filter(name -> name.startsWith("org.lwjgl.") || name.startsWith("gputae.view.lwjgl."))
        .toList();
  }

  @Test
  void doctorNamesOpenGlAndDisplay() {
    String line = openGlWithoutDisplay(folder);
    assertTrue(line.matches("OpenGL +(\\d\\.\\d.*|no OpenGL.*)") && line.contains("no display"), line);
    assertTrue(openGlLine(jar().with("DISPLAY", ":987").run("doctor").succeeded()).contains(":987"));
  }

  @Test
  void withoutOpenGlAFilmIsRefusedInOneLineThatSaysWhatToInstall() throws IOException {
    List<String> before = Tiny.content(folder);
    // EGL finds its drivers through files that say where they are; here it finds none of them.
    try (Jar.Together program = jar().with("__EGL_VENDOR_LIBRARY_FILENAMES", "/nonexistent").together()) {
      program.run(Tiny.train(data, "--epochs", 1, "--film", "film.gif", "--frames", "frames"))
          .failed("no OpenGL", "install");
      assertEquals(before, Tiny.content(folder));
      String line = openGlLine(program.run("doctor").succeeded());
      assertTrue(line.contains("no OpenGL") && line.contains("install"), line);
    }
  }

  @Tag("thorough")
  @Test
  void aFilmThatCannotBeWrittenDoesNotEndTheTraining() throws IOException, InterruptedException {
    together.run(Tiny.train(data, "--epochs", 15, "--out", "plain")).succeeded();
    Path frames = folder.resolve("frames");
    Jar.Running running =
        drawing().start(Tiny.train(data, "--epochs", 15, "--out", "filmed", "--frames", "frames", "--view-size", SIZE));
    Xvfb.await("a frame", running, () -> Files.exists(frames.resolve("frame-000001.png")));
    // A file takes the folder's place, so that the folder cannot be made again. While frames are written to the folder,
    // the first try may fail.
    for (boolean gone = false; !gone;) {
      try {
        for (Path frame : frames(frames)) {
          Files.deleteIfExists(frame);
        }
        Files.delete(frames);
        Files.writeString(frames, "mine");
        gone = true;
      } catch (IOException e) {
        assertTrue(running.isAlive(), e.toString());
      }
    }
    Jar.Result result = running.await();
    // Not all the frames that were asked for are there.
    assertEquals(1, result.exit(), result.toString());
    result.assertNoStackTrace();
    assertEquals(1, result.errLines().size(), result.toString());
    assertTrue(result.err().startsWith("gpu-tae: ") && result.err().contains("frames"), result.toString());
    Tiny.assertSameResults(folder.resolve("plain"), folder.resolve("filmed"));
    assertTrue(Files.exists(folder.resolve("filmed/report.html")));
    assertEquals("mine", Files.readString(frames));
  }

  @Test
  @Tag("thorough")
  void aSignalEndsTheFilmAndSavesTheTraining() throws IOException, InterruptedException {
    Jar.Running running = drawing().start(Tiny.train(data, "--epochs", 1000000, "--out", "run", "--frames", "frames",
        "--film", "film.gif", "--view-size", SIZE));
    Xvfb.await("a frame", running, () -> Files.exists(folder.resolve("frames/frame-000002.png")));
    running.signal("TERM");
    Jar.Result result = running.await().assertNoStackTrace();
    assertEquals(143, result.exit(), result.toString());
    assertEquals("", result.err(), result.toString());
    assertEquals(frames(folder.resolve("frames")).size(), imagesOf(folder.resolve("film.gif")));
    int done = Files.readAllLines(folder.resolve("run/metrics.csv")).size() - 1;
    assertTrue(result.out().contains("stopped after epoch " + done), result.toString());
    // The training continues from there.
    together.run("train", "--resume", "run", "--epochs", done + 1, "--threads", 2, "--quiet").succeeded();
    together.run(Tiny.train(data, "--epochs", done + 1, "--out", "plain", "--quiet")).succeeded();
    assertArrayEquals(Files.readAllBytes(folder.resolve("plain/model.safetensors")),
        Files.readAllBytes(folder.resolve("run/model.safetensors")));
  }
}
