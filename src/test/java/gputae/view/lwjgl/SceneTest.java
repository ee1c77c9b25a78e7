package gputae.view.lwjgl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lwjgl.opengl.GL33C.*;

import gputae.figure.ClassColours;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pictures of known scenes, checked where something must be and where nothing may be. */
class SceneTest {

  @Test
  void errorsOfOpenGlFailTests() {
    assertTrue(Gl.DEBUG, "the build sets gputae.gl.debug for tests");
    OffScreen context = GlAvailable.context();
    try {
      Gl.check("the beginning");
      glEnable(0xdead);
      IllegalStateException thrown = assertThrows(IllegalStateException.class, () -> Gl.check("a pass of this test"));
      assertEquals("OpenGL error 0x500 in a pass of this test", thrown.getMessage());
      Gl.check("the end");
    } finally {
      context.close();
    }
  }

  /** The messages of the driver are on, as always while a picture is drawn. One error is one failure. */
  @Test
  void anErrorWhileAPictureIsDrawnIsReportedOnce() {
    try (Stage stage = new Stage(Scenes.flat())) {
      stage.draw();
      glEnable(0xdead);
      IllegalStateException thrown = assertThrows(IllegalStateException.class, stage::draw);
      assertTrue(thrown.getMessage().startsWith("OpenGL error 0x500 in "), thrown.getMessage());
      Gl.check("what follows");
      stage.draw();
    }
  }

  @Test
  void discsHaveTheirClassesColourAtTheirPlaceAndEndThere() {
    try (Stage stage = new Stage(Scenes.flat())) {
      stage.show(Scenes.observation(stage.subject, null, 0.53, 0.22, -0.53, 0.22, 0.03, -0.71)).draw();
      double[][] places = {{0.53, 0.22}, {-0.53, 0.22}, {0.03, -0.71}};
      for (int i = 0; i < 3; i++) {
        Looks.assertClass(2 * i, stage.seen(places[i][0], places[i][1], 0));
        double[] at = stage.camera.pixel(places[i][0], places[i][1], 0);
        // The discs of so few points have a diameter of nine.
        Looks.assertClass(2 * i, stage.rgb(at[0] + 2.5, at[1]));
        Looks.assertClass(2 * i, stage.rgb(at[0], at[1] - 2.5));
        for (int degrees = 0; degrees < 360; degrees += 15) {
          Looks.assertEmpty(
              stage.rgb(at[0] + 7 * Math.cos(Math.toRadians(degrees)), at[1] + 7 * Math.sin(Math.toRadians(degrees))));
        }
      }
      // The picture is neither mirrored nor turned.
      Looks.assertEmpty(stage.seen(0.53, -0.22, 0));
      Looks.assertEmpty(stage.seen(0.03, 0.71, 0));
      Looks.assertEmpty(stage.seen(0.22, 0.53, 0));
    }
  }

  /** The picture agrees with a separate calculation: the nearer edges are 1.25 units away. */
  @Test
  void thePlaneLiesAsOnPaper() {
    try (Stage stage = new Stage(Scenes.flat())) {
      stage.show(Scenes.observation(stage.subject, null, 0.53, 0.22, -0.53, 0.22, 0.03, -0.71)).draw();
      double scale = 400 / 1.25;
      Looks.assertClass(0, stage.rgb(0.5 * stage.side() + 0.53 * scale, 400 - 0.22 * scale));
      Looks.assertClass(2, stage.rgb(0.5 * stage.side() - 0.53 * scale, 400 - 0.22 * scale));
      Looks.assertClass(4, stage.rgb(0.5 * stage.side() + 0.03 * scale, 400 + 0.71 * scale));
    }
  }

  @Test
  void aPointThatIsNotANumberIsNowhere() {
    try (Stage stage = new Stage(Scenes.flat())) {
      stage.show(Scenes.observation(stage.subject, null, 0.53, 0.22, Double.NaN, 0.22, 0.03, -0.71)).draw();
      Looks.assertClass(0, stage.seen(0.53, 0.22, 0));
      Looks.assertClass(4, stage.seen(0.03, -0.71, 0));
      int found = 0;
      for (int y = 0; y < stage.height; y++) {
        // Right of the legend.
        for (int x = 120; x < stage.side(); x++) {
          found += Stage.off(Looks.TEN[2], stage.rgb(x, y)) <= 40 ? 1 : 0;
        }
      }
      assertEquals(0, found);
    }
  }

  @Test
  void pointsWithoutLabelsHaveTheColourOfThose() {
    try (Stage stage = new Stage(Scenes.subject(2, List.of(), 0))) {
      stage.show(Scenes.observation(stage.subject, null, 0.53, 0.22)).draw();
      Looks.assertColour(ClassColours.UNLABELLED, stage.seen(0.53, 0.22, 0), Looks.BLENDED, "a point without a label");
    }
  }

  @Test
  void pointsFlowFromOneObservationToTheNext() {
    try (Stage stage = new Stage(Scenes.flat())) {
      stage.show(Scenes.observation(stage.subject, null, -0.62, 0.22, 0.22, 0.62, 0.03, -0.71));
      stage.show(Scenes.observation(stage.subject, null, 0.42, 0.22, 0.22, -0.22, 0.03, -0.71));
      double[][] first = {{-0.62, 0.22}, {-0.1, 0.22}, {0.42, 0.22}};
      double[][] second = {{0.22, 0.62}, {0.22, 0.2}, {0.22, -0.22}};
      for (int k = 0; k < 3; k++) {
        stage.state.mixture = k / 2.0;
        stage.draw();
        for (int other = 0; other < 3; other++) {
          if (other == k) {
            Looks.assertClass(0, stage.seen(first[k][0], first[k][1], 0));
            Looks.assertClass(2, stage.seen(second[k][0], second[k][1], 0));
          } else {
            Looks.assertEmpty(stage.seen(first[other][0], first[other][1], 0));
            Looks.assertEmpty(stage.seen(second[other][0], second[other][1], 0));
          }
        }
        Looks.assertClass(4, stage.seen(0.03, -0.71, 0));
        assertEquals(0,
            stage.renderer.cloud().nearest(stage.camera, stage.state.mixture,
                stage.camera.pixel(first[k][0], first[k][1], 0)[0],
                stage.camera.pixel(first[k][0], first[k][1], 0)[1], 3));
      }
    }
  }

  /** The previous flow had come only half the way; the new one goes on from there without a jump. */
  @Test
  void aFlowThatIsInterruptedGoesOnFromWhereItIs() {
    try (Stage stage = new Stage(Scenes.flat())) {
      stage.show(Scenes.observation(stage.subject, null, -0.62, 0.22, Double.NaN, 0, 0.03, -0.71));
      stage.show(Scenes.observation(stage.subject, null, 0.42, 0.22, 0.22, 0.6, 0.03, -0.71));
      stage.state.mixture = 0.5;
      stage.show(Scenes.observation(stage.subject, null, 0.42, -0.4, 0.22, 0.3, 0.03, -0.71));
      stage.state.mixture = 0;
      stage.draw();
      Looks.assertClass(0, stage.seen(-0.1, 0.22, 0));
      // This point had no place before the second observation, so it does not move here from another place.
      Looks.assertClass(2, stage.seen(0.22, 0.6, 0));
      stage.state.mixture = 1;
      stage.draw();
      Looks.assertClass(0, stage.seen(0.42, -0.4, 0));
      Looks.assertClass(2, stage.seen(0.22, 0.3, 0));
    }
  }

  private static void assertRound(Stage stage, double x, double y, double radius, double dark) {
    for (int degrees = 0; degrees < 360; degrees += 9) {
      double dx = Math.cos(Math.toRadians(degrees));
      double dy = Math.sin(Math.toRadians(degrees));
      assertTrue(Looks.darkest(stage, x + radius * dx, y + radius * dy) < dark, "no circle at " + degrees + " degrees");
      // Straight up the vertical axis comes out of the ball.
      assertTrue(degrees == 270 || Stage.luma(stage.rgb(x + (radius + 5) * dx, y + (radius + 5) * dy)) > 200,
          "too thick at " + degrees + " degrees");
    }
  }

  @Test
  void theUnitCircleIsRoundAndThin() {
    try (Stage stage = new Stage(Scenes.flat())) {
      // The circle is there before the first observation too.
      stage.draw();
      assertRound(stage, stage.side() * 0.5, 400, 400 / 1.25, 110);
      Looks.assertEmpty(stage.seen(0.05, 0.05, 0));
      assertTrue(Stage.luma(stage.seen(0.68, 0.68, 0)) > 220);
    }
  }

  @Test
  void theUnitBallsOutlineIsWhereLinesOfSightTouchIt() {
    try (Stage stage = new Stage(Scenes.subject(3, Scenes.DIGITS, 0))) {
      stage.draw();
      // A field of view of 32 degrees; the outline of a ball is seen under the angle of its tangents.
      double distance = 1.25 / Math.tan(Math.toRadians(16));
      assertRound(stage, stage.side() * 0.5, 400, 400 / 1.25 * distance / Math.sqrt(distance * distance - 1), 150);
    }
  }

  @Test
  void theUnitBallOfALineIsItsTwoEnds() {
    try (Stage stage = new Stage(Scenes.subject(1, Scenes.DIGITS, 0))) {
      stage.draw();
      for (int end = -1; end <= 1; end += 2) {
        for (double y = -0.9; y <= 0.9; y += 0.3) {
          double[] at = stage.camera.pixel(end, y, 0);
          assertTrue(Looks.darkest(stage, at[0], at[1]) < 110, "no end at " + y);
          Looks.assertEmpty(stage.rgb(at[0] + 4, at[1]));
        }
        assertTrue(Stage.luma(stage.seen(end, 1.02, 0)) > 220, "too long");
      }
      assertTrue(Stage.luma(stage.seen(0, 1, 0)) > 220, "a circle");
    }
  }

  /** A triangle without its longest side; the lengths are those of a space with more dimensions. */
  private static Observation.Batch tree() {
    return Scenes.batch(new double[] {0.8, 2}, new int[] {0, 1, 1, 2}, -0.62, 0.23, 0, -0.02, 0.23, 0, 0.33, -0.57, 0);
  }

  @Test
  void edgesOfTheTreeHaveTheColoursOfTheirLengths() {
    try (Stage stage = new Stage(Scenes.flat())) {
      stage.show(Scenes.observation(stage.subject, tree(), 0.9, 0.9, 0.9, 0.9, 0.9, 0.9));
      double[] first = stage.camera.pixel(-0.32, 0.23, 0);
      double[] second = stage.camera.pixel(0.155, -0.17, 0);
      stage.state.tree = 1;
      stage.draw();
      assertTrue(stage.off(Colours.ofDeath(0.4), first[0], first[1]) <= 12, String.format("%06x", stage.rgb(first)));
      assertTrue(stage.off(Colours.ofDeath(1), second[0], second[1]) <= 12, String.format("%06x", stage.rgb(second)));
      Looks.assertEmpty(stage.rgb(first[0], first[1] + 4));
      // There is no third side.
      Looks.assertEmpty(stage.seen(-0.145, -0.17, 0));
      stage.state.tree = 0;
      stage.draw();
      Looks.assertEmpty(stage.rgb(first));
      Looks.assertEmpty(stage.rgb(second));
    }
  }

  @Test
  void thePointsOfTheBatchAreRingedAndTheOthersStepBack() {
    try (Stage stage = new Stage(Scenes.flat())) {
      stage.show(Scenes.observation(stage.subject, tree(), 0.53, 0.62, -0.53, 0.62, 0.03, -0.71));
      stage.state.tree = 1;
      stage.draw();
      double[][] places = {{-0.62, 0.23}, {-0.02, 0.23}, {0.33, -0.57}};
      for (int i = 0; i < 3; i++) {
        double[] at = stage.camera.pixel(places[i][0], places[i][1], 0);
        Looks.assertColour(Looks.TEN[i], stage.rgb(at), 8, "a point of the batch");
        // Rings are 1.4 wide inside a diameter of 8.5; the edges that end there are as wide and do not cover them.
        for (int degrees = 10; degrees < 360; degrees += 45) {
          double angle = Math.toRadians(degrees);
          assertTrue(Looks.darkest(stage, at[0] + 3.6 * Math.cos(angle), at[1] + 3.6 * Math.sin(angle)) < 90,
              "no ring at " + degrees + " degrees");
        }
      }
      // A fifth of their opacity is left to embeddings.
      Looks.assertColour(Colours.mix(Colours.BACKGROUND, Looks.TEN[0], 0.95 * 0.22), stage.seen(0.53, 0.62, 0), 6,
          "an embedding behind the tree");
    }
  }

  @Test
  void aBatchThatIsNotThereIsNotDrawn() {
    try (Stage stage = new Stage(Scenes.flat())) {
      stage.state.tree = 1;
      stage.show(Scenes.observation(stage.subject, tree(), 0.53, 0.62, -0.53, 0.62, 0.03, -0.71)).draw();
      stage.show(Scenes.observation(stage.subject, null, 0.53, 0.62, -0.53, 0.62, 0.03, -0.71)).draw();
      Looks.assertEmpty(stage.seen(-0.32, 0.23, 0));
      Looks.assertEmpty(stage.seen(-0.02, 0.23, 0));
      // A batch of one point has no edges.
      stage.show(Scenes.observation(stage.subject, Scenes.batch(new double[0], new int[0], -0.02, 0.23, 0), 0.53, 0.62,
          -0.53, 0.62, 0.03, -0.71)).draw();
      Looks.assertColour(Looks.TEN[0], stage.seen(-0.02, 0.23, 0), 8, "a point of the batch");
    }
  }

  @Test
  void theNearerOfTwoPointsIsSeenFromBothSides() {
    try (Stage stage = new Stage(Scenes.subject(3, Scenes.DIGITS, 0, 2, 4, 9))) {
      // The camera is level with the points, so that the line of sight is the same after a half turn.
      stage.camera.orbit(0, -60);
      double[] away = stage.camera.away();
      assertEquals(0, away[1], 1e-9);
      stage.show(Scenes.observation(stage.subject, null, -0.4 * away[0], 0, -0.4 * away[2], 0.4 * away[0], 0,
          0.4 * away[2], 0.2, 0.5, 0.1, 0.5, -0.5, 0)).draw();
      int front = stage.seen(0, 0, 0);
      // The point is nearer to the eye than the target, so it is hardly faded.
      Looks.assertColour(Colours.mix(Looks.TEN[0], Colours.BACKGROUND, 0.0656), front, Looks.BLENDED,
          "the first is nearer");
      stage.camera.turn(Math.PI);
      stage.draw();
      int back = stage.seen(0, 0, 0);
      Looks.assertColour(Colours.mix(Looks.TEN[2], Colours.BACKGROUND, 0.0656), back, Looks.BLENDED,
          "the second is nearer");
      // The nearer disc is the larger one and hides the other one completely.
      double[] at = stage.camera.pixel(0, 0, 0);
      for (int degrees = 0; degrees < 360; degrees += 30) {
        double x = at[0] + 4 * Math.cos(Math.toRadians(degrees));
        double y = at[1] + 4 * Math.sin(Math.toRadians(degrees));
        assertTrue(Stage.off(Looks.TEN[2], stage.rgb(x, y)) < Stage.off(Looks.TEN[0], stage.rgb(x, y)));
      }
    }
  }

  @Test
  void pointsInSpaceAreWhereTheCameraSeesThem() {
    try (Stage stage = new Stage(Scenes.subject(3, Scenes.DIGITS, 0, 2, 4))) {
      stage.show(Scenes.observation(stage.subject, null, 0.5, 0.2, -0.3, -0.4, 0.6, 0.1, 0.1, -0.5, 0.7));
      for (int k = 0; k < 3; k++) {
        stage.draw();
        // The points are faded by up to two fifths here.
        for (int fade = 0; fade < 1; fade++) {
          assertTrue(Stage.off(Looks.TEN[0], stage.seen(0.5, 0.2, -0.3)) < 100);
          assertTrue(Stage.off(Looks.TEN[2], stage.seen(-0.4, 0.6, 0.1)) < 100);
          assertTrue(Stage.off(Looks.TEN[4], stage.seen(0.1, -0.5, 0.7)) < 100);
        }
        stage.camera.orbit(170, 40);
      }
    }
  }

  @Test
  void aCameraThatZoomsAndPansMovesThePoints() {
    try (Stage stage = new Stage(Scenes.flat())) {
      stage.show(Scenes.observation(stage.subject, null, 0.33, 0.22, -0.23, 0.22, 0.03, -0.31));
      double[] before = stage.camera.pixel(0.33, 0.22, 0);
      stage.camera.zoom(2, 500, 300);
      stage.camera.pan(30, -20);
      stage.draw();
      Looks.assertClass(0, stage.rgb(500 + 2 * (before[0] - 500) + 30, 300 + 2 * (before[1] - 300) - 20));
      assertFalse(Stage.off(Looks.TEN[0], stage.rgb(before)) <= 40, "still where it was");
      // Discs do not grow with the picture.
      Looks.assertEmpty(stage.rgb(500 + 2 * (before[0] - 500) + 30 + 7, 300 + 2 * (before[1] - 300) - 20));
    }
  }

  @ParameterizedTest
  @CsvSource({"1280, 800, 2", "640, 480, 1", "640, 480, 2", "1920, 1080, 1"})
  void aSceneIsTheSameAtEverySize(int width, int height, int ratio) {
    try (Stage stage = new Stage(Scenes.flat(), width, height, ratio)) {
      stage.state.tree = 0;
      stage.show(Scenes.observation(stage.subject, tree(), 0.53, 0.22, -0.53, 0.22, 0.03, -0.71)).draw();
      Looks.assertClass(0, stage.seen(0.53, 0.22, 0));
      Looks.assertClass(2, stage.seen(-0.53, 0.22, 0));
      Looks.assertClass(4, stage.seen(0.03, -0.71, 0));
      double scale = 0.5 * Math.min(width - Panels.panelWidth(width, height), height) / 1.25;
      double[] at = {0.5 * (width - Panels.panelWidth(width, height)) + 0.53 * scale, 0.5 * height - 0.22 * scale};
      Looks.assertClass(0, stage.rgb(at));
      // Diameters are in points, not in pixels.
      Looks.assertClass(0, stage.rgb(at[0] + 3, at[1]));
      Looks.assertEmpty(stage.rgb(at[0] + 6, at[1] + 2));
      Looks.assertColour(Colours.PANEL, stage.rgb(stage.side() + 5, 0.5 * height), 0, "the panels' ground");
      assertTrue(stage.darker(100, stage.side() + 14, 16, stage.side() + 160, 30) > 100 * ratio * ratio, "no title");
      assertTrue(stage.renderer.texts().lines().toList()
          .containsAll(List.of("A title of a scene", "epoch 5 of 20", "step 35", "9")));
      stage.state.tree = 1;
      stage.draw();
      double[] edge = stage.camera.pixel(-0.32, 0.23, 0);
      assertTrue(stage.off(Colours.ofDeath(0.4), edge[0], edge[1]) <= 30, String.format("%06x", stage.rgb(edge)));
    }
  }

  /** A data set may have any number of points; exactly these are drawn. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 1000, 30_000})
  void anyNumberOfPointsIsDrawn(int n) {
    for (int d = 2; d <= 3; d++) {
      try (Stage stage = new Stage(Scenes.subject(d, List.of(), new int[n]), 640, 480, 1)) {
        double[] latents = new double[d * n];
        Random random = new Random(n);
        for (int i = 0; i < latents.length; i++) {
          latents[i] = 0.2 * random.nextGaussian();
        }
        latents[latents.length - d] = 0.8;
        latents[latents.length - d + 1] = -0.8;
        if (d == 3) {
          latents[latents.length - 1] = 0;
        }
        stage.show(Scenes.observation(stage.subject, null, latents)).draw();
        double[] at = stage.camera.pixel(0.8, -0.8, 0);
        assertTrue(Stage.off(ClassColours.UNLABELLED, stage.rgb(at)) < 130,
            String.format("the last of %d is not drawn: %06x", n, stage.rgb(at)));
        assertEquals(n - 1, stage.renderer.cloud().nearest(stage.camera, 1, at[0], at[1], 2));
      }
    }
  }

  /** Films and screenshots of the same model are the same. */
  @Test
  void equalScenesGiveEqualPictures() {
    int[][] pictures = new int[2][];
    for (int k = 0; k < 2; k++) {
      try (Stage stage = new Stage(Scenes.subject(3, Scenes.DIGITS, 0, 2, 4))) {
        stage.state.tree = 1;
        stage.show(Scenes.observation(stage.subject, tree(), 0.5, 0.2, -0.3, -0.4, 0.6, 0.1, 0.1, -0.5, 0.7)).draw();
        pictures[k] = stage.picture();
        // An earlier picture leaves nothing behind.
        stage.draw();
        assertArrayEquals(pictures[k], stage.picture());
      }
    }
    assertArrayEquals(pictures[0], pictures[1]);
  }
}
