package gputae.figure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Output;
import gputae.objective.Losses;
import gputae.train.Epoch;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LossFigureTest {

  private static final int TRAINING = 0x3f90da;
  private static final int TEST = 0xe76300;
  private static final int BALL = 0xbd1f01;
  private static final int DEATHS = 0x832db6;
  private static final int KL = 0x717581;

  @TempDir
  Path directory;

  @Test
  void onePanelATermThatIsNotZeroThroughout() throws IOException {
    BufferedImage plain = drawn(epochs(30, 0, 0, 0));
    BufferedImage regularised = drawn(epochs(30, 1, 1, 0));
    BufferedImage variational = drawn(epochs(30, 0, 0, 1));

    assertEquals(1400, plain.getWidth());
    assertEquals(plain.getHeight() + 2 * 2 * (34 + 130), regularised.getHeight());
    assertEquals(plain.getHeight() + 2 * (34 + 130), variational.getHeight());
    assertTrue(has(plain, TRAINING) && has(plain, TEST) && !has(plain, BALL) && !has(plain, DEATHS) && !has(plain, KL));
    assertTrue(has(regularised, BALL) && has(regularised, DEATHS) && !has(regularised, KL));
    assertTrue(has(variational, KL) && !has(variational, BALL));
  }

  @Test
  void curvesLieWhereTheirValuesAre() throws IOException {
    // Training falls from 0.3 to 0.1, test rises from 0.1 to 0.3; the plot is 230 points high with 7 % margin at both
    // ends.
    List<Epoch> epochs = new ArrayList<>();
    for (int e = 1; e <= 11; e++) {
      epochs.add(new Epoch(e, e, Losses.ofPaper(0.3 - 0.02 * (e - 1), 0, 0, 0), 0, 0.1 + 0.02 * (e - 1), 1));
    }
    BufferedImage image = drawn(epochs);
    double left = 66 + 0.015 * 516;
    double right = 66 + 0.985 * 516;
    double high = 34 + 230 * 0.07 / 1.14;
    double low = 34 + 230 * 1.07 / 1.14;
    assertEquals(TRAINING, rgb(image, left, high));
    assertEquals(TRAINING, rgb(image, right, low));
    assertEquals(TEST, rgb(image, left, low));
    assertEquals(TEST, rgb(image, right, high));
  }

  @Test
  void oneEpochIsMarkedInTheMiddle() throws IOException {
    BufferedImage image = drawn(List.of(new Epoch(1, 2, Losses.ofPaper(0.25, 3, 4, 0), 0.2, 0.25, 100)));
    assertEquals(TEST, rgb(image, 66 + 258, 34 + 115));
    assertTrue(has(image, BALL) && has(image, DEATHS));
  }

  @Test
  void valuesThatAreNotFiniteAreGaps() throws IOException {
    List<Epoch> epochs = new ArrayList<>(epochs(9, 1, 1, 0));
    epochs.set(4, new Epoch(5, 5, Losses.ofPaper(Double.NaN, Double.POSITIVE_INFINITY, Double.NaN, 0), Double.NaN,
        Double.NEGATIVE_INFINITY, 1));
    assertTrue(has(drawn(epochs), BALL));
    BufferedImage nothing = drawn(List.of(epochs.get(4)));
    assertFalse(has(nothing, TRAINING));
  }

  @Test
  void constantAndExtremeValuesAreDrawn() throws IOException {
    drawn(List.of(new Epoch(1, 1, Losses.ofPaper(0, 0, 0, 0), 0, 0, 1),
        new Epoch(2, 1, Losses.ofPaper(0, 0, 0, 0), 0, 0, 1)));
    drawn(List.of(new Epoch(1, 1, Losses.ofPaper(3e38, 1e-30, -5, 0), 0, 1, 1),
        new Epoch(2, 1, Losses.ofPaper(-3e38, 2e-30, -5, 0), 0, 1, 1)));
  }

  @Test
  void equalInputGivesEqualBytes() throws IOException {
    Path first = directory.resolve("a.png");
    Path second = directory.resolve("b.png");
    LossFigure.write(first, epochs(100, 1, 1, 1), Output.BERNOULLI);
    LossFigure.write(second, epochs(100, 1, 1, 1), Output.BERNOULLI);
    assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(second));
  }

  @Test
  void noEpochsAreRefused() {
    assertThrows(IllegalArgumentException.class,
        () -> LossFigure.write(directory.resolve("x.png"), List.of(), Output.BERNOULLI));
  }

  private static List<Epoch> epochs(int count, double ball, double deaths, double kl) {
    List<Epoch> epochs = new ArrayList<>();
    for (int e = 1; e <= count; e++) {
      double rec = 0.2 + 0.1 / e;
      epochs.add(new Epoch(e, e, Losses.ofPaper(rec, ball / e, deaths * (2 - 1.0 / e), kl / e), rec, rec + 0.01, 1000));
    }
    return epochs;
  }

  private BufferedImage drawn(List<Epoch> epochs) throws IOException {
    Path png = directory.resolve("figures/losses.png");
    LossFigure.write(png, epochs, Output.BERNOULLI);
    return ImageIO.read(png.toFile());
  }

  private static int rgb(BufferedImage image, double x, double y) {
    return image.getRGB((int) Math.round(x * 2), (int) Math.round(y * 2)) & 0xffffff;
  }

  private static boolean has(BufferedImage image, int colour) {
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        if ((image.getRGB(x, y) & 0xffffff) == colour) {
          return true;
        }
      }
    }
    return false;
  }
}
