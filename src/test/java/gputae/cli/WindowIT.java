package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.cli.ViewIT.Picture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The window as its user sees it: keys, mouse, closing, and the loss of the display. */
class WindowIT {

  private static final String SIZE = "800x600";

  /** After this time nothing moves any more; until then the camera follows the cloud. */
  private static final long STILL_MILLISECONDS = 2000;

  @TempDir
  static Path shared;

  @TempDir
  Path folder;

  private static Xvfb xvfb;
  private static Path data;

  /** A run without a window; runs with a window must equal it bit for bit. */
  private static Path finished;

  /** Runs trainings without a window, in another folder than that of the tests. */
  private static Jar.Together program;

  private Jar.Running running;

  @BeforeAll
  static void openDisplay() throws IOException {
    ViewIT.requireOpenGl(shared);
    xvfb = new Xvfb(1920, 1080);
    data = Tiny.write(shared);
    finished = shared.resolve("finished");
    program = jar(shared).together();
    program.run(slow(40, "--out", finished)).succeeded();
  }

  @AfterAll
  static void closeDisplay() {
    if (program != null) {
      program.close();
    }
    if (xvfb != null) {
      xvfb.close();
    }
  }

  /** The mouse stays where the previous test left it. It must not be in the cloud of the next window. */
  @BeforeEach
  void moveMouseAway() {
    xvfb.park();
  }

  @AfterEach
  void endProgram() {
    if (running != null && running.isAlive()) {
      running.kill();
      running.await();
    }
  }

  private static Jar jar(Path folder) {
    return new Jar(folder).with("DISPLAY", null).with("WAYLAND_DISPLAY", null);
  }

  private Jar windowed(Xvfb display) {
    return jar(folder).with("DISPLAY", display.display()).java("-Dgputae.gl.debug=true");
  }

  /** A training with epochs of 8 steps of some milliseconds, so that the simulated user can be quicker. */
  private static Object[] slow(int epochs, Object... more) {
    List<Object> command = new ArrayList<>(List.of("train", "--dataset", data, "--batch", 32, "--threads", 1,
        "--hidden", "512,512", "--lr", "3e-3", "--epochs", epochs));
    command.addAll(List.of(more));
    return command.toArray();
  }

  private long start(Xvfb display, Object... command) throws InterruptedException {
    running = windowed(display).start(command);
    return display.window(running);
  }

  private static int epochs(Path run) {
    try {
      return Files.exists(run.resolve("metrics.csv"))
          ? Math.max(0, Files.readAllLines(run.resolve("metrics.csv")).size() - 1) : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private record Shot(long step, Picture picture) {}

  /** Presses S and looks at the screenshot. */
  private Shot shot(Xvfb display, long window, Path run) throws IOException, InterruptedException {
    return shot(run, () -> display.key(window, "s"));
  }

  private Shot shot(Path run, Runnable take) throws IOException, InterruptedException {
    Path figures = run.resolve("figures");
    for (Path old : screenshots(figures)) {
      Files.delete(old);
    }
    take.run();
    Xvfb.await("a screenshot in " + figures, running, () -> !screenshots(figures).isEmpty());
    Path file = screenshots(figures).get(0);
    String name = file.getFileName().toString();
    assertTrue(name.matches("view-\\d{7}.*\\.png"), name);
    // For people who want to see what the tests saw.
    String keep = System.getProperty("gputae.screenshots");
    if (keep != null) {
      Files.copy(file, Path.of(keep).resolve(System.nanoTime() + "-" + name));
    }
    return new Shot(Long.parseLong(name.substring(5, 12)), Picture.read(file));
  }

  private static List<Path> screenshots(Path figures) {
    if (!Files.exists(figures)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(figures)) {
      return files.filter(file -> file.getFileName().toString().startsWith("view-")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The lines on stderr, without those about screenshots. */
  private static List<String> remarks(Jar.Result result) {
    result.assertNoStackTrace();
    return result.errLines().stream().filter(line -> !line.startsWith("gpu-tae: screenshot: ")).toList();
  }

  /** The middle of each button, from left to right; the upper edges of the buttons' frames tell where they are. */
  private static List<int[]> buttons(Picture picture) {
    List<int[]> found = new ArrayList<>();
    int top = picture.height() - 54;
    int from = -1;
    for (int x = 0; x < picture.cloudWidth(); x++) {
      boolean edge = Picture.distance(picture.at(x, top), 0xdfe2e7) < 6 || active(picture, x, top);
      if (edge && from < 0) {
        from = x;
      } else if (!edge && from >= 0) {
        if (x - from > 30) {
          found.add(new int[] {(from + x) / 2, top + 13});
        }
        from = -1;
      }
    }
    return found;
  }

  private static boolean active(Picture picture, int x, int y) {
    return Picture.distance(picture.at(x, y), 0x2462c2) < 40;
  }

  private static boolean isActive(Picture picture, int button) {
    return active(picture, buttons(picture).get(button)[0], picture.height() - 51);
  }

  private int pausedAfter(Path run) throws InterruptedException {
    // The step and the epoch under way are finished first.
    int[] last = {-1};
    Xvfb.await("the training pauses", running, () -> {
      int now = epochs(run);
      boolean same = now == last[0];
      last[0] = now;
      try {
        Thread.sleep(600);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return same && now == epochs(run);
    });
    return last[0];
  }

  @Test
  void keysAndMouseDoWhatTheButtonsSay() throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    long window = start(xvfb, slow(100000, "--out", run, "--view", "--view-size", SIZE));
    // After these epochs the cloud has spread, so that edges can be seen between its points.
    Xvfb.await("some epochs", running, () -> epochs(run) >= 20);

    xvfb.key(window, "space");
    int done = pausedAfter(run);
    assertTrue(done < 100000);
    Thread.sleep(STILL_MILLISECONDS);
    Shot still = shot(xvfb, window, run);
    still.picture.assertShows(SIZE, true, "paused");
    still.picture.assertShowsEveryClass("paused");
    assertFalse(still.picture.hasTree(), "no tree was asked for");
    assertEquals(done, still.step / 8, "the model that is paused is shown");
    assertEquals(5, buttons(still.picture).size(), "Resume, One epoch, Tree, Reset, Screenshot");
    assertTrue(isActive(still.picture, 0), "Pause is on");

    // The wheel moves the camera away, dragging moves the picture, R resets it, and nothing else changes. The mouse
    // comes back to the place where it left the window, so its return moves nothing.
    int middleX = still.picture.cloudWidth() / 2;
    int middleY = still.picture.height() / 2;
    xvfb.scroll(window, middleX, middleY, -3);
    xvfb.park();
    Shot zoomed = shot(xvfb, window, run);
    assertEquals(still.step, zoomed.step);
    assertTrue(zoomed.picture.differences(still.picture) > 500, "zoomed");
    xvfb.drag(window, middleX, middleY, 90, 60);
    xvfb.park();
    Picture dragged = shot(xvfb, window, run).picture;
    assertTrue(dragged.differences(zoomed.picture) > 500, "moved");
    assertMoved(zoomed.picture, dragged, 90, 60);
    xvfb.key(window, "r");
    xvfb.key(window, "t");
    Thread.sleep(STILL_MILLISECONDS);
    Picture tree = shot(xvfb, window, run).picture;
    assertTrue(tree.hasTree(), "T shows the tree");
    assertTrue(isActive(tree, 2), "Tree is on");
    List<int[]> places = buttons(tree);
    xvfb.click(window, places.get(2)[0], places.get(2)[1]);
    xvfb.park();
    Thread.sleep(STILL_MILLISECONDS);
    Shot reset = shot(xvfb, window, run);
    assertEquals(still.step, reset.step);
    assertFalse(reset.picture.hasTree(), "the button hides the tree");
    assertTrue(reset.picture.differences(still.picture) < 150,
        reset.picture.differences(still.picture) + " pixels differ after R");
    int panelTop = still.picture.height() - 100;
    assertEquals(0, reset.picture.differences(still.picture, still.picture.cloudWidth() + 2, 0, still.picture.width(),
        still.picture.height()), "the panels stand still");

    // The mouse is over the cloud: its place is decoded, and a new place has another image.
    xvfb.move(window, middleX, middleY);
    Thread.sleep(1000);
    Picture pointed = shot(xvfb, window, run).picture;
    assertTrue(pointed.differences(still.picture, still.picture.cloudWidth() + 14, panelTop, still.picture.width() - 14,
        still.picture.height() - 14) > 1000, "decoded");
    assertEquals(0, pointed.differences(still.picture, still.picture.cloudWidth() + 14, 0, still.picture.width() - 14,
        panelTop - 100), "the other panels stand still");
    xvfb.move(window, middleX / 3, middleY);
    Thread.sleep(1000);
    Picture elsewhere = shot(xvfb, window, run).picture;
    // Only pixels within the image count, not the text beside it.
    int imageLeft = still.picture.cloudWidth() + 28;
    int imageTop = still.picture.height() - 84;
    for (Picture shown : List.of(pointed, elsewhere)) {
      assertTrue(shown.count(imageLeft, imageTop, imageLeft + 40, imageTop + 40,
          pixel -> Picture.distance(pixel, 0x303030) < 0x40) > 100, "dark pixels of a stripe");
    }
    assertTrue(elsewhere.differences(pointed, imageLeft, imageTop, imageLeft + 40, imageTop + 40) > 100,
        "another place, another image");
    // The button does the same as the key S.
    List<int[]> now = buttons(elsewhere);
    assertEquals(still.step, shot(run, () -> xvfb.click(window, now.get(4)[0], now.get(4)[1])).step);
    xvfb.park();

    // One epoch is trained by key, and another one by button.
    assertEquals(done, epochs(run), "still paused");
    xvfb.key(window, "e");
    Xvfb.await("the epoch", running, () -> epochs(run) > done);
    assertEquals(done + 1, pausedAfter(run));
    xvfb.click(window, now.get(1)[0], now.get(1)[1]);
    xvfb.park();
    Xvfb.await("the epoch", running, () -> epochs(run) > done + 1);
    assertEquals(done + 2, pausedAfter(run));
    Shot after = shot(xvfb, window, run);
    assertEquals(8L * (done + 2), after.step, "paused at the end of the epoch");
    assertTrue(isActive(after.picture, 0), "paused again");
    xvfb.key(window, "space");
    Xvfb.await("the training goes on", running, () -> epochs(run) > done + 3);

    // A signal saves and ends a paused training as it does with a running one.
    xvfb.click(window, now.get(0)[0], now.get(0)[1]);
    int last = pausedAfter(run);
    running.signal("TERM");
    Jar.Result result = running.await();
    assertEquals(143, result.exit(), result.toString());
    assertEquals(List.of(), remarks(result), result.toString());
    assertTrue(result.out().contains("stopped after epoch " + last + " of 100000 and saved"), result.toString());
  }

  /** Asserts that the colours of the classes have moved by as many pixels as the mouse. */
  private static void assertMoved(Picture before, Picture after, int dx, int dy) {
    int agree = 0;
    int all = 0;
    for (int y = 20; y < before.height() - 100 - dy; y++) {
      for (int x = 110; x < before.cloudWidth() - 45 - dx; x++) {
        if (Picture.near(0x3f90da, 0xffa90e, 0xbd1f01).test(before.at(x, y))) {
          all++;
          agree += Picture.distance(before.at(x, y), after.at(x + dx, y + dy)) < 60 ? 1 : 0;
        }
      }
    }
    assertTrue(all > 50 && agree > 0.8 * all, agree + " of " + all + " coloured pixels moved by " + dx + ", " + dy);
  }

  @Test
  void closingTheWindowLetsTheTrainingGoOnToTheSameBytes() throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    long window = start(xvfb, slow(40, "--out", run, "--view", "--view-size", SIZE));
    // The training is paused, so it cannot end before the window is closed. Closing the window lets it continue.
    xvfb.key(window, "space");
    pausedAfter(run);
    xvfb.quit(window);
    Jar.Result result = running.await().succeeded();
    assertEquals(List.of("gpu-tae: the window was closed; the training goes on"), remarks(result), result.toString());
    assertFalse(result.out().contains("the window stays"), result.toString());
    Tiny.assertSameResults(finished, run);
  }

  @Test
  void atTheEndTheWindowStaysUntilItIsClosed() throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    long window = start(xvfb, slow(40, "--out", run, "--view", "--view-size", SIZE));
    awaitEnd(run);
    assertTrue(running.isAlive(), "the window stays");
    Shot last = shot(xvfb, window, run);
    assertEquals(320, last.step, "the last model is shown");
    last.picture.assertShows(SIZE, true, "at the end");
    assertEquals(3, buttons(last.picture).size(), "there is nothing to pause");
    xvfb.quit(window);
    Jar.Result result = running.await().succeeded();
    assertEquals(List.of(), remarks(result), result.toString());
    assertTrue(result.out().endsWith("the window stays until it is closed\n"), result.toString());
    Tiny.assertSameResults(finished, run);
  }

  private void awaitEnd(Path run) throws InterruptedException {
    Xvfb.await("the end of the training", running, () -> Files.exists(run.resolve("report.html")));
    Thread.sleep(1000);
  }

  @Test
  void viewShowsAFinishedRunAndFollowsOneThatIsTrained() throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    Tiny.copy(finished, run);
    long window = start(xvfb, "view", "run", "--view-size", SIZE, "--show-tree");
    Thread.sleep(1500);
    Shot first = shot(xvfb, window, run);
    assertEquals(320, first.step);
    first.picture.assertShows(SIZE, true, "view");
    assertTrue(first.picture.hasTree(), "--show-tree");
    assertEquals(3, buttons(first.picture).size(), "a run is not paused from here");
    // Another process continues the training; these keys have no meaning in this window.
    xvfb.key(window, "space");
    xvfb.key(window, "e");
    program.run("train", "--resume", run, "--epochs", 60, "--threads", 1, "--quiet").succeeded();
    Thread.sleep(1500);
    Shot second = shot(xvfb, window, run);
    assertEquals(480, second.step);
    assertTrue(second.picture.differences(first.picture) > 100, "the new model is shown");
    xvfb.quit(window);
    assertEquals(List.of(), remarks(running.await().succeeded()));
  }

  @Test
  @Tag("thorough")
  void controlCEndsAWindowThatStays() throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    start(xvfb, slow(5, "--out", run, "--view", "--view-size", SIZE));
    awaitEnd(run);
    running.signal("INT");
    Jar.Result result = running.await();
    assertEquals(130, result.exit(), result.toString());
    assertEquals(List.of(), remarks(result), result.toString());
    long window = start(xvfb, "view", run, "--view-size", SIZE);
    assertNotEquals(0, window);
    running.signal("INT");
    assertEquals(130, running.await().assertNoStackTrace().exit());
  }

  @Test
  @Tag("thorough")
  void aSignalDuringATrainingWithAWindowSavesIt() throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    start(xvfb, slow(100000, "--out", run, "--view", "--view-size", SIZE));
    Xvfb.await("an epoch", running, () -> epochs(run) >= 3);
    running.signal("TERM");
    Jar.Result result = running.await();
    assertEquals(143, result.exit(), result.toString());
    assertEquals(List.of(), remarks(result), result.toString());
    assertTrue(result.out().contains("stopped after epoch " + epochs(run)), result.toString());
    int more = epochs(run) + 1;
    program.run("train", "--resume", run, "--epochs", more, "--threads", 1, "--quiet").succeeded();
    program.run(slow(more, "--out", folder.resolve("plain"), "--quiet")).succeeded();
    assertArrayEquals(Files.readAllBytes(folder.resolve("plain/model.safetensors")),
        Files.readAllBytes(run.resolve("model.safetensors")));
  }

  /** An action on the window of a training that is paused and would otherwise stay paused. */
  private interface Harm {
    void to(Xvfb display, long window) throws IOException, InterruptedException;
  }

  private void assertTrainingSurvives(Harm harm, String remark) throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    try (Xvfb own = new Xvfb(1024, 768)) {
      long window = start(own, slow(40, "--out", run, "--view", "--view-size", SIZE));
      own.key(window, "space");
      pausedAfter(run);
      harm.to(own, window);
      Jar.Result result = running.await().succeeded();
      assertEquals(1, remarks(result).size(), result.toString());
      assertTrue(remarks(result).get(0).contains(remark), result.toString());
      assertTrue(result.out().contains("done: see"), result.toString());
      Tiny.assertSameResults(finished, run);
    }
  }

  @Test
  @Tag("thorough")
  void aWindowThatIsDestroyedByForceLetsThePausedTrainingGoOn() throws IOException, InterruptedException {
    assertTrainingSurvives(Xvfb::destroy, "the training goes on");
  }

  @Test
  @Tag("thorough")
  void aConnectionThatIsEndedLetsThePausedTrainingGoOn() throws IOException, InterruptedException {
    assertTrainingSurvives(Xvfb::disconnect, "the display was lost");
  }

  @Test
  @Tag("thorough")
  void aDisplayThatEndsLetsThePausedTrainingGoOn() throws IOException, InterruptedException {
    assertTrainingSurvives((display, window) -> display.close(), "the display was lost");
  }

  @Test
  @Tag("thorough")
  void aSignalAfterTheDisplayWasLostSavesTheTraining() throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    try (Xvfb own = new Xvfb(1024, 768)) {
      start(own, slow(100000, "--out", run, "--view", "--view-size", SIZE));
      Xvfb.await("an epoch", running, () -> epochs(run) >= 3);
    }
    Thread.sleep(1000);
    running.signal("TERM");
    Jar.Result result = running.await();
    assertEquals(1, remarks(result).size(), result.toString());
    assertTrue(result.out().contains("stopped after epoch " + epochs(run)), result.toString());
    assertTrue(Files.exists(run.resolve("checkpoint.safetensors")));
    // Without a display the process cannot end in its usual way, and its exit code does not tell the signal.
    assertNotEquals(0, result.exit(), result.toString());
  }

  @Test
  @Tag("thorough")
  void screenshotsNeitherShowNoticesNorReplaceOneAnother() throws IOException, InterruptedException {
    Path run = folder.resolve("run");
    Tiny.copy(finished, run);
    long window = start(xvfb, "view", "run", "--view-size", SIZE);
    Thread.sleep(3000);
    Path figures = run.resolve("figures");
    for (int i = 1; i <= 2; i++) {
      int count = i;
      xvfb.key(window, "s");
      Xvfb.await("screenshot " + i, running, () -> screenshots(figures).size() >= count);
    }
    List<Path> shots = screenshots(figures);
    Picture first = Picture.read(shots.get(0));
    assertEquals(0, first.differences(Picture.read(shots.get(1)), 0, 0, first.width(), first.height()),
        "the notice of one is seen on the next");
    xvfb.quit(window);
    running.await().succeeded();
  }

  @Test
  @Tag("thorough")
  void everySizeModelAndDimensionHasAWindow() throws IOException, InterruptedException {
    for (String line : List.of("640x480 tae 1", "1920x1080 vae 3", "640x480 disk 10", "1920x1080 ae 2")) {
      String[] words = line.split(" ");
      Path run = folder.resolve(words[1] + words[2]);
      long window = start(xvfb, slow(20, "--out", run, "--view", "--view-size", words[0], "--show-tree", "--model",
          words[1], "--latent", words[2]));
      awaitEnd(run);
      Thread.sleep(1500);
      Shot shot = shot(xvfb, window, run);
      assertEquals(160, shot.step);
      shot.picture.assertShows(words[0], true, line);
      // A window that opens under a resting mouse knows where the mouse is: in the panels or outside.
      xvfb.move(window, shot.picture.width() - 30, 40);
      Thread.sleep(500);
      Picture away = shot(xvfb, window, run).picture;
      assertEquals(0,
          away.differences(shot.picture, away.cloudWidth() + 2, away.height() - 120, away.width(), away.height()),
          "nothing is pointed at, " + line);
      xvfb.park();
      xvfb.key(window, "t");
      Thread.sleep(1000);
      Picture plain = shot(xvfb, window, run).picture;
      assertTrue(plain.differences(shot.picture) > 100, "without the tree, " + line);
      // An orbiting camera turns; a flat one moves.
      xvfb.drag(window, shot.picture.cloudWidth() / 2, shot.picture.height() / 2, 60, 20);
      xvfb.park();
      assertTrue(shot(xvfb, window, run).picture.differences(plain) > 100, "dragged, " + line);
      xvfb.quit(window);
      assertEquals(List.of(), remarks(running.await().succeeded()));
    }
  }
}
