package gputae.view.lwjgl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lwjgl.opengl.GL33C.*;

import gputae.figure.ClassColours;
import gputae.objective.Ball;
import gputae.objective.Deaths;
import gputae.objective.Kl;
import gputae.objective.Objective;
import gputae.objective.Quartic;
import gputae.objective.Reconstruction;
import gputae.objective.Term;
import gputae.objective.TermKind;
import gputae.objective.Terms;
import gputae.train.ModelKind;
import gputae.train.TrainConfig;
import gputae.view.Subject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The panels beside the picture and the items on it: headings, curves, bars, tiles, legend, buttons, words. */
class PanelsTest {

  @Test
  void headingsSayWhatTrainsAndHowFarItIs() {
    try (Stage stage = new Stage(Scenes.flat())) {
      stage.show(Scenes.observation(stage.subject, null, 0.53, 0.22, -0.53, 0.22, 0.03, -0.71)).draw();
      List<String> texts = stage.renderer.texts().lines().toList();
      // 70 images in batches of 10 make seven steps an epoch.
      for (String text : List.of("A title of a scene", "a device of tests", "epoch 5 of 20", "step 35", "unit ball",
          "0", "9", "0.5", "\u22120.5",
          "reconstruction, nats per pixel", "ball penalty of a batch", "sum of a batch\u2019s death times",
          "decoded samples of the unit ball")) {
        assertTrue(texts.contains(text), () -> text + " in " + texts);
      }
      int side = stage.side();
      assertTrue(stage.darker(100, side + 14, 16, side + 160, 30) > 100, "no title");
      assertTrue(stage.darker(150, side + 14, 37, side + 120, 47) > 50, "no device");
      assertTrue(stage.darker(100, side + 14, 60, side + 120, 71) > 50, "no epoch");
      assertEquals(0, stage.darker(230, side + 4, 86, 1280, 94), "something between the headings and the first card");
      assertEquals(0, stage.darker(230, side + 4, 1, 1280, 14), "something above the title");
      // The bar is filled by a quarter.
      double inner = 1280 - side - 28;
      Looks.assertColour(Colours.ACCENT, stage.rgb(side + 14 + 0.22 * inner, 81), 2, "the progress made");
      Looks.assertColour(Colours.LINE, stage.rgb(side + 14 + 0.28 * inner, 81), 2, "the progress to come");
      Looks.assertColour(Colours.PANEL, stage.rgb(side + 4, 400), 0, "the panels' ground");
    }
  }

  @Test
  void aStatusIsSaidAndARateOtherwise() {
    try (Stage stage = new Stage(Scenes.flat())) {
      stage.state.stepsPerSecond = 1234.4;
      stage.draw();
      assertTrue(stage.renderer.texts().contains("step 0 \u00b7 1234 steps/s\n"), stage.renderer.texts());
      stage.state.status = "paused";
      stage.draw();
      assertTrue(stage.renderer.texts().contains("step 0 \u00b7 paused\n"), stage.renderer.texts());
    }
  }

  /** A term that the program does not have. */
  @Test
  void aTermOfOnesOwnHasACurve() {
    Subject plain = Scenes.flat();
    TrainConfig config = plain.config();
    List<Term> terms = new ArrayList<>(config.objective().terms());
    terms.add(new Quartic(0.1));
    TrainConfig with =
        new TrainConfig(config.model(), config.latent(), config.hidden().encoder(), config.batch(), config.epochs(),
            config.rate(), Objective.of(terms), config.seed());
    try (Stage stage = new Stage(new Subject(plain.title(), with, plain.dataset(), plain.device()))) {
      double[][] values = new double[5][3];
      values[4] = new double[] {2, 2.5, 3.21};
      double[] epochs = {1, 2, 3};
      stage.state.curves =
          new Curves.Copy(epochs, with.objective().columns(), values, epochs, new double[3], 21, Double.NaN);
      stage.draw();
      String texts = stage.renderer.texts();
      assertTrue(texts.contains("fourth moment\n") && texts.contains("3.21\n"), texts);
    }
  }

  @Test
  void panelsAreThoseOfTheModel() {
    for (ModelKind kind : ModelKind.values()) {
      try (Stage stage = new Stage(Scenes.spots(kind, 2, 3))) {
        stage.draw();
        String texts = stage.renderer.texts();
        assertEquals(kind.terms().contains(Ball.KIND), texts.contains("ball penalty of a batch\n"));
        assertEquals(kind.terms().contains(Deaths.KIND), texts.contains("sum of a batch\u2019s death times\n"));
        assertEquals(kind.terms().contains(Kl.KIND), texts.contains("Kullback\u2013Leibler divergence\n"));
        assertEquals(kind.terms().contains(Ball.KIND), texts.contains("decoded samples of the unit ball\n"));
        assertEquals(!kind.terms().contains(Ball.KIND), texts.contains("decoded samples of the standard normal\n"));
      }
    }
  }

  @Test
  void axesOfManyDimensionsAreNamedAsPrincipalComponents() {
    int n = 60;
    double[] latents = new double[5 * n];
    Random random = new Random(4);
    double[] spread = {0.1, 0.5, 0.3, 0.05, 0.2};
    for (int i = 0; i < latents.length; i++) {
      latents[i] = spread[i % 5] * random.nextGaussian();
    }
    try (Stage stage = new Stage(Scenes.subject(5, Scenes.DIGITS, new int[n]))) {
      Observation observation = Scenes.observation(stage.subject, null, latents);
      stage.show(observation).draw();
      List<String> texts = stage.renderer.texts().lines().toList();
      for (int axis = 0; axis < 3; axis++) {
        String name = (axis + 1) + " (" + Math.round(100 * observation.projection().share(axis)) + " %)";
        assertTrue(texts.contains(name), () -> name + " in " + texts);
        double[] end = {0, 0, 0};
        end[axis] = 1.13;
        double[] at = stage.camera.pixel(end[0], end[1], end[2]);
        assertTrue(stage.darker(180, at[0] - 20, at[1] - 16, at[0] + 20, at[1] - 4) > 20,
            "no name at the end of axis " + axis);
      }
      String whole = "5 latent dimensions seen along their principal components: "
          + Math.round(100 * observation.projection().share()) + " % of the variance";
      assertTrue(texts.contains(whole), () -> whole + " in " + texts);
      assertTrue(stage.darker(150, 10, stage.height - 22, 400, stage.height - 6) > 200, "not drawn");
    }
    try (Stage stage = new Stage(Scenes.subject(3, Scenes.DIGITS, 0))) {
      stage.show(Scenes.observation(stage.subject, null, 0.5, 0.2, -0.3)).draw();
      assertTrue(stage.renderer.texts().lines().toList().containsAll(List.of("z1", "z2", "z3")));
      assertFalse(stage.renderer.texts().contains("principal"));
    }
  }

  /**
   * The middle, in y, of the part of a curve that lies in one column; weights say how much of a pixel the curve covers.
   */
  private static double row(Stage stage, int colour, int x, int top, int bottom) {
    double sum = 0;
    double weights = 0;
    for (int y = top; y < bottom; y++) {
      int found = stage.rgb(x, y);
      double cover = (255 - (found >> 16 & 255)) / (255.0 - (colour >> 16 & 255));
      double blue = (255 - (found & 255)) / (255.0 - (colour & 255));
      if (cover > 0.3 && Math.abs(cover - blue) < 0.15) {
        sum += cover * (y + 0.5);
        weights += cover;
      }
    }
    return weights > 0 ? sum / weights : Double.NaN;
  }

  @Test
  void curvesLieWhereTheirValuesPutThem() {
    try (Stage stage = new Stage(Scenes.flat())) {
      int n = 80;
      double[] epochs = new double[n];
      double[][] values = new double[4][n];
      for (int i = 0; i < n; i++) {
        epochs[i] = 0.25 * (i + 1);
        values[Terms.PAPER.indexOf(Reconstruction.KIND)][i] = epochs[i] <= 6 ? 0.30 : epochs[i] <= 12 ? 0.22 : 0.16;
      }
      double[] testEpochs = new double[20];
      double[] testValues = new double[20];
      for (int i = 0; i < 20; i++) {
        testEpochs[i] = i + 1;
        testValues[i] = 0.12;
      }
      stage.state.curves = new Curves.Copy(epochs, Terms.PAPER, values, testEpochs, testValues, 140, Double.NaN);
      stage.draw();
      int side = stage.side();
      // The first card, below its title.
      int top = 95 + 24;
      int[] train = stage.bounds(Colours.TRAIN, side + 30, top, 1280, 300);
      int[] test = stage.bounds(Colours.TEST, side + 30, top, 1280, 300);
      assertNotNull(train, "no curve of the training");
      assertNotNull(test, "no curve of the test images");
      int bottom = test[3] + 2;
      double left = side + 14 + 40;
      double right = 1280 - 14 - 10;
      double[] row = new double[3];
      double[] at = {3, 9, 16};
      for (int k = 0; k < 3; k++) {
        row[k] = row(stage, Colours.TRAIN, (int) (left + at[k] / 20 * (right - left)), top, bottom);
      }
      assertTrue(row[0] < row[1] && row[1] < row[2], () -> Arrays.toString(row));
      double perUnit = (row[2] - row[0]) / 0.14;
      assertTrue(perUnit > 200, "hardly any height");
      assertEquals(row[0] + 0.08 * perUnit, row[1], 1.2);
      assertEquals(row[0] + 0.18 * perUnit, row(stage, Colours.TEST, (int) (left + 0.5 * (right - left)), top, bottom),
          1.2);
      // The steps lie at epochs 6 to 6.25. The curve ends where the training does; the test curve begins at epoch 1.
      double step = left + 6.1 / 20 * (right - left);
      assertEquals(row[0], row(stage, Colours.TRAIN, (int) step - 5, top, bottom), 1.2);
      assertEquals(row[1], row(stage, Colours.TRAIN, (int) step + 5, top, bottom), 1.2);
      assertEquals(right, train[2], 3.5);
      assertTrue(Double.isNaN(row(stage, Colours.TEST, (int) (left + 0.5 / 20 * (right - left)), top, bottom)),
          "a test before there was one");
      // The lines of the grid lie at the values that are written beside them.
      List<String> texts = stage.renderer.texts().lines().toList();
      for (double tick : new double[] {0.15, 0.20, 0.25, 0.30}) {
        assertTrue(texts.contains(String.format(java.util.Locale.ROOT, "%.2f", tick)));
        double y = row[0] + (0.30 - tick) * perUnit;
        assertTrue(Looks.darkest(stage, left + 1, y) < 250, "no line at " + tick);
        assertTrue(Stage.luma(stage.rgb(left + 1, y + 0.025 * perUnit)) > 253, "a line below " + tick);
      }
      assertTrue(texts.contains("training 0.160") && texts.contains("test 0.120"), () -> texts.toString());
    }
  }

  /**
   * The cards lie from top to bottom. Each has room for its name and value, whatever the size of the picture and the
   * number of curves.
   */
  @ParameterizedTest
  @EnumSource
  void noCardIsTooSmallForItsText(ModelKind kind) {
    for (int height : new int[] {480, 560, 700, 800, 1080}) {
      try (Stage stage = new Stage(Scenes.spots(kind, 2, 20), Math.max(640, 4 * height / 3), height, 1)) {
        stage.state.interactive = true;
        List<TermKind<?>> columns = stage.subject.config().objective().columns();
        double[][] values = new double[columns.size()][80];
        Arrays.stream(values).forEach(row -> {
          Arrays.fill(row, 0.3);
          row[79] = 0.137;
        });
        double[] epochs = IntStream.range(0, 80).mapToDouble(i -> 0.25 * (i + 1)).toArray();
        stage.state.curves = new Curves.Copy(epochs, columns, values, epochs, values[0], 140, Double.NaN);
        stage.draw();
        // This column is at the left edge of the cards, inside their frames.
        int x = stage.side() + 14 + 3;
        int cards = 0;
        int wholeCurves = 0;
        int from = -1;
        for (int y = 90; y < height; y++) {
          boolean card = stage.rgb(x, y) == Colours.CARD;
          if (card && from < 0) {
            from = y;
          } else if (!card && from >= 0) {
            cards++;
            assertTrue(y - from >= 20, height + ": card " + cards + " has a height of " + (y - from));
            wholeCurves += cards <= curves(kind) && y - from > 50 ? 1 : 0;
            from = -1;
          }
        }
        assertEquals(curves(kind) + 3, cards, "curves, death times, samples, pointer at height " + height);
        assertTrue(height < 700 || wholeCurves == curves(kind), "only " + wholeCurves + " curves at height " + height);
        assertEquals(curves(kind) + 1, stage.renderer.texts().lines().filter(text -> text.endsWith("0.137")).count(),
            () -> "a value for each curve: " + stage.renderer.texts());
      }
    }
  }

  private static int curves(ModelKind kind) {
    return kind.terms().size();
  }

  /** A penalty that is always 0 has ticks that can be read. */
  @Test
  void aCurveOfZerosLiesAtTheBottomOfItsAxis() {
    try (Stage stage = new Stage(Scenes.flat())) {
      double[] epochs = {1, 2, 3};
      stage.state.curves =
          new Curves.Copy(epochs, Terms.PAPER, new double[4][3], epochs, new double[3], 21, Double.NaN);
      stage.draw();
      List<String> texts = stage.renderer.texts().lines().toList();
      assertTrue(texts.contains("0.5") || texts.contains("1.0") || texts.contains("1"), () -> texts.toString());
      assertTrue(texts.stream().noneMatch(text -> text.contains("e\u2212")), () -> texts.toString());
    }
  }

  @Test
  void barsOfTheHistogramAreAsHighAsTheyCount() {
    try (Stage stage = new Stage(Scenes.flat())) {
      double[] lengths = new double[15];
      Arrays.fill(lengths, 0, 4, 0.55);
      Arrays.fill(lengths, 4, 12, 1.25);
      Arrays.fill(lengths, 12, 14, 2.05);
      lengths[14] = 3.6;
      int[] edges = new int[30];
      double[] positions = new double[48];
      stage.show(Scenes.observation(stage.subject, Scenes.batch(lengths, edges, positions), 0.53, 0.22, -0.53, 0.22,
          0.03, -0.71)).draw();
      int[] bars = {5, 12, 20, 35};
      int[] counts = {4, 8, 2, 1};
      int[][] found = new int[4][];
      for (int k = 0; k < 4; k++) {
        found[k] = stage.bounds(Colours.ofDeath((bars[k] + 0.5) / 36), stage.side(), 95, 1280, 800);
        assertNotNull(found[k], "no bar " + bars[k]);
      }
      double one = (found[1][3] - found[1][1]) / 8.0;
      assertTrue(one > 6, "hardly any height");
      double width = (found[3][0] - found[0][0]) / 30.0;
      for (int k = 0; k < 4; k++) {
        assertEquals(counts[k] * one, found[k][3] - found[k][1], 1.5);
        assertEquals(found[0][3], found[k][3], 1, "the ground is the same for all");
        assertEquals(found[0][0] + (bars[k] - 5) * width, found[k][0], 1.5);
        // Bars have a gap of one pixel between them, and soft edges.
        assertEquals(width - 1, found[k][2] - found[k][0], 2);
      }
      assertEquals(1280 - 14 - 10, found[3][2], 1.5, "the longest is at the end of the axis");
      assertNull(stage.bounds(Colours.ofDeath(8.5 / 36), stage.side(), 95, 1280, 800), "a bar of nothing");
      List<String> texts = stage.renderer.texts().lines().toList();
      assertTrue(texts.contains("15 edges, longest 3.60") || texts.contains("15 edges"), () -> texts.toString());
    }
  }

  @ParameterizedTest
  @CsvSource({"4, 3", "3, 9", "5, 2"})
  void tilesShowTheGreysOfGeneratedImages(int height, int width) {
    Subject subject = Scenes.sized(2, Scenes.DIGITS, height, width, 0, 2, 4);
    try (Stage stage = new Stage(subject)) {
      Observation model = Scenes.observation(subject, null, 0.53, 0.22, -0.53, 0.22, 0.03, -0.71);
      int pixels = height * width;
      for (int i = 0; i < Observation.GENERATED * pixels; i++) {
        model.generated()[i] = (byte) (20 + 5 * (i / pixels));
      }
      stage.show(model).draw();
      int[][] tile = new int[Observation.GENERATED][];
      int columns = 0;
      for (int i = 0; i < tile.length; i++) {
        tile[i] = stage.bounds((20 + 5 * i) * 0x010101, stage.side(), 95, 1280, 800);
        assertNotNull(tile[i], "no image " + i);
        columns += Math.abs(tile[i][1] - tile[0][1]) <= 1 ? 1 : 0;
      }
      double wide = (tile[columns - 1][2] - tile[0][0]) / (double) columns;
      double high = wide * height / width;
      assertTrue(wide >= 10, "tiny");
      for (int i = 0; i < tile.length; i++) {
        assertEquals(tile[0][0] + i % columns * wide, tile[i][0], 1.01, "image " + i);
        assertEquals(tile[0][1] + i / columns * high, tile[i][1], 1.01, "image " + i);
        assertEquals(wide, tile[i][2] - tile[i][0], 1.5);
        assertEquals(high, tile[i][3] - tile[i][1], 1.5);
      }
      // The images of the next model take their place.
      Observation next = Scenes.observation(subject, null, 0.53, 0.22, -0.53, 0.22, 0.03, -0.71);
      new Random(6).nextBytes(next.generated());
      stage.show(next).draw();
      for (int i = 0; i < tile.length; i++) {
        for (int p = 0; p < pixels; p++) {
          int grey = (next.generated()[i * pixels + p] & 255) * 0x010101;
          double x = tile[0][0] + (i % columns + (p % width + 0.5) / width) * wide;
          double y = tile[0][1] + (i / columns + (p / width + 0.5) / height) * high;
          assertEquals(grey, stage.rgb(x, y), "pixel " + p + " of image " + i);
        }
      }
    }
  }

  /** Moves everything but the legend far out of sight and checks the legend. */
  private static void assertLegendFits(Stage stage, List<String> shown, int more) {
    stage.camera.pan(1e5, 1e5);
    stage.draw();
    List<String> texts = stage.renderer.texts().lines().toList();
    assertEquals(more == 0 ? 0 : 1, texts.stream().filter(text -> text.equals("and " + more + " more")).count(),
        () -> texts.toString());
    int lines = shown.size() + (more > 0 ? 1 : 0) + 1;
    for (int c = 0; c < shown.size(); c++) {
      assertTrue(texts.contains(shown.get(c)), shown.get(c) + " in " + texts);
      Looks.assertColour(ClassColours.of(shown.size() + more)[c], stage.rgb(23.5, 26.5 + 18 * c), 2, "class " + c);
    }
    assertTrue(lines * 18 + 22 < stage.height - 42, "it reaches the buttons");
    assertEquals(0, stage.darker(225, 0, lines * 18 + 22, stage.side() - 60, stage.height - 22),
        "something below the legend");
    assertEquals(0, stage.darker(225, 180, 0, stage.side() - 60, stage.height - 22), "something beside the legend");
    for (int line = 0; line < lines; line++) {
      assertTrue(stage.darker(200, 34, 18 + 18 * line, 180, 32 + 18 * line) > 5, "no text in line " + line);
    }
  }

  @ParameterizedTest
  @CsvSource({"1280, 800, 36", "640, 480, 18"})
  void aLegendOfManyClassesEndsInTime(int width, int height, int room) {
    List<String> names = Scenes.names(40, "class ");
    try (Stage stage = new Stage(Scenes.subject(2, names, 0, 39), width, height, 1)) {
      assertLegendFits(stage, names.subList(0, room), 40 - room);
    }
  }

  @Test
  void longNamesAreCut() {
    List<String> names = Scenes.names(5, "a class with a name that is far too long for any legend, ");
    try (Stage stage = new Stage(Scenes.subject(2, names, 0, 4))) {
      stage.draw();
      List<String> cut = stage.renderer.texts().lines()
          .filter(text -> text.startsWith("a class with") && text.endsWith("\u2026")).toList();
      assertEquals(5, cut.size());
      assertLegendFits(stage, cut, 0);
    }
  }

  @Test
  void aLongTitleIsCutAtTheEdge() {
    Subject short1 = Scenes.flat();
    Subject subject = new Subject("A title " + "that goes on and on ".repeat(20), short1.config(), short1.dataset(),
        "a device " + "that goes on and on ".repeat(20));
    try (Stage stage = new Stage(subject, 640, 480, 1)) {
      stage.draw();
      assertEquals(0, stage.darker(200, 640 - 13, 0, 640, 50));
      assertTrue(stage.darker(100, 640 - 50, 15, 640 - 13, 32) > 10, "cut too early");
    }
  }

  @Test
  void buttonsAreDrawnWhereTheyArePressed() {
    try (Stage stage = new Stage(Scenes.flat())) {
      stage.state.buttons = List.of(new State.Button("Pause", "space", false), new State.Button("Tree", "T", true));
      stage.draw();
      Panels panels = stage.renderer.panels();
      assertEquals(-1, panels.button(5, 770));
      assertEquals(0, panels.button(20, 770));
      assertTrue(stage.renderer.texts().lines().toList().containsAll(List.of("Pause", "space", "Tree", "T")));
      int active = 0;
      for (int x = 0; x < stage.side(); x++) {
        boolean accent = Stage.off(Colours.ACCENT, stage.rgb(x, 761.5)) < 12;
        active += accent ? 1 : 0;
        assertTrue(!accent || panels.button(x, 761.5) == 1, "the colour of what is on beyond its button, at " + x);
      }
      assertTrue(active > 30, "nothing is on");
    }
  }

  @Test
  void whatTheMousePointsAtIsShown() {
    Subject subject = Scenes.sized(2, Scenes.DIGITS, 2, 2, 0, 2, 4);
    byte[] images = subject.dataset().test().images().pixels();
    Arrays.fill(images, 4, 8, (byte) 77);
    try (Stage stage = new Stage(subject)) {
      stage.state.interactive = true;
      stage.show(Scenes.observation(subject, null, 0.53, 0.22, -0.53, 0.22, 0.03, -0.71)).draw();
      assertTrue(stage.renderer.texts().contains("point at the cloud"));
      byte[] decoded = {(byte) 133, (byte) 133, (byte) 133, (byte) 133};
      stage.state.pointer = new State.Pointer(1, new float[] {0.3f, -0.4f}, decoded);
      stage.draw();
      List<String> texts = stage.renderer.texts().lines().toList();
      for (String text : List.of("2", "test image 1", "z = (0.30, \u22120.40)", "|z| = 0.50", "input",
          "reconstruction")) {
        assertTrue(texts.contains(text), () -> text + " in " + texts);
      }
      int[] input = stage.bounds(77 * 0x010101, stage.side(), 500, 1280, 800);
      int[] output = stage.bounds(133 * 0x010101, stage.side(), 500, 1280, 800);
      assertTrue(
          input != null && output != null && input[2] - input[0] > 40 && output[0] > input[2] && output[1] == input[1]);
      double[] at = stage.camera.pixel(-0.53, 0.22, 0);
      assertTrue(Looks.darkest(stage, at[0] + 8, at[1]) < 90 && Looks.darkest(stage, at[0], at[1] - 8) < 90,
          "no ring around it");
      stage.state.pointer = new State.Pointer(-1, new float[] {0.3f, -0.4f}, decoded);
      stage.draw();
      assertFalse(stage.renderer.texts().contains("test image"));
    }
  }
}
