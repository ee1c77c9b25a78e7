package gputae.view.lwjgl;

import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.figure.ClassColours;

/** The values that tests of pictures expect at a place. */
final class Looks {

  /** The tolerance for the background that shows through discs of fewer than 500 points, and for rounding. */
  static final int BLENDED = 20;

  static final int[] TEN = ClassColours.of(10);

  static void assertColour(int expected, int found, int tolerance, String what) {
    assertTrue(Stage.off(expected, found) <= tolerance,
        () -> String.format("%s: %06x, expected about %06x", what, found, expected));
  }

  static void assertClass(int c, int found) {
    assertColour(TEN[c], found, BLENDED, "a point of class " + c);
  }

  /** Asserts that only the background is there; the places that tests ask for lie on no line of the grid. */
  static void assertEmpty(int found) {
    assertColour(Colours.BACKGROUND, found, 0, "background");
  }

  static double darkest(Stage stage, double x, double y) {
    double least = 255;
    for (int dy = -1; dy <= 1; dy++) {
      for (int dx = -1; dx <= 1; dx++) {
        least = Math.min(least, Stage.luma(stage.rgb(x + dx, y + dy)));
      }
    }
    return least;
  }

  private Looks() {}
}
