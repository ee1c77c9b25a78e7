package gputae.figure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.data.Split;
import gputae.figure.LatentFigure.Cloud;
import gputae.linear.FloatPoints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pixels at the places where points, circle and legend must be. Clouds inside the unit disk give the range -1.08 ..
 * 1.08 on a plot 520 points wide.
 */
class LatentFigureTest {

  private static final List<String> DIGITS = List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
  /** Pixels per unit, and the pixel of the origin in x and y, for a labelled cloud inside the unit disk. */
  private static final double SCALE = 2 * 520 / 2.16;
  private static final double ORIGIN = 2 * (62 + 260);

  @TempDir
  Path directory;

  @Test
  void dotsHaveTheirClassesColourAtTheirPlace() throws IOException {
    float[] latents = {0.5f, 0.25f, -0.5f, 0.25f, 0, -0.7f};
    BufferedImage image = drawn(latents, 3, 2, new byte[] {0, 2, 4}, DIGITS);

    assertEquals(1400, image.getWidth());
    assertNear(0x3f90da, image, ORIGIN + 0.5 * SCALE, ORIGIN - 0.25 * SCALE);
    assertNear(0xbd1f01, image, ORIGIN - 0.5 * SCALE, ORIGIN - 0.25 * SCALE);
    assertNear(0x832db6, image, ORIGIN, ORIGIN + 0.7 * SCALE);
    assertEquals(0xffffff, rgb(image, ORIGIN + 0.5 * SCALE, ORIGIN + 0.25 * SCALE));
  }

  /** They are grey, and their name is the last one of the legend; the colours of the classes stay. */
  @Test
  void pointsWithoutAClassAreGrey() throws IOException {
    float[] latents = {0.5f, 0.25f, -0.5f, 0.25f, 0, -0.7f};
    byte[] labels = {0, (byte) Split.NO_CLASS, 4};
    BufferedImage image = drawn(latents, 3, 2, labels, DIGITS);
    assertNear(0x3f90da, image, ORIGIN + 0.5 * SCALE, ORIGIN - 0.25 * SCALE);
    assertNear(0xcfd2d6, image, ORIGIN - 0.5 * SCALE, ORIGIN - 0.25 * SCALE);
    assertNear(0x832db6, image, ORIGIN, ORIGIN + 0.7 * SCALE);
    Cloud cloud = Cloud.of(new FloatPoints(latents, 2), labels, DIGITS);
    assertEquals("no class", cloud.names().get(cloud.noClass()));
    assertEquals(10, cloud.noClass());
    assertEquals(1, cloud.counts()[10]);
    assertEquals(11, cloud.colours().length);
    // The strip gives them a row of their own.
    float[] line = {0.5f, -0.5f, 0};
    int height = drawn(line, 3, 1, labels, DIGITS).getHeight();
    assertEquals(drawn(line, 3, 1, new byte[] {0, 1, 4}, DIGITS).getHeight(), height);
    assertTrue(drawn(line, 3, 1, new byte[] {0, 4, 4}, DIGITS).getHeight() < height);
    assertEquals(-1, Cloud.of(new FloatPoints(latents, 2), new byte[3], DIGITS).noClass());
  }

  @Test
  void unitCircleIsRound() throws IOException {
    BufferedImage image = drawn(new float[2], 1, 2, new byte[1], DIGITS);
    for (int degrees = 0; degrees < 360; degrees += 7) {
      double x = Math.cos(Math.toRadians(degrees));
      double y = Math.sin(Math.toRadians(degrees));
      assertTrue(luma(rgb(image, ORIGIN + x * SCALE, ORIGIN - y * SCALE)) < 80, "no circle at " + degrees + " degrees");
      assertTrue(luma(rgb(image, ORIGIN + 0.97 * x * SCALE, ORIGIN - 0.97 * y * SCALE)) > 220,
          "too thick at " + degrees + " degrees");
    }
  }

  @Test
  void farSpreadCloudIsShownWholeWithASmallCircle() throws IOException {
    float[] latents = {-20, 3, 15, -9};
    BufferedImage image = drawn(latents, 2, 2, new byte[] {0, 2}, DIGITS);
    // 35 units across with a margin of 8 %, centred.
    double scale = 2 * 520 / (35 * 1.08);
    double x0 = 2 * (62 + 260) + 2.5 * scale;
    double plotHeight = 2 * 520 * 0.6;
    double y0 = 2 * 62 + plotHeight / 2 - 3 * scale;
    assertNear(0x3f90da, image, x0 - 20 * scale, y0 - 3 * scale);
    assertNear(0xbd1f01, image, x0 + 15 * scale, y0 + 9 * scale);
    assertTrue(luma(rgb(image, x0 + scale, y0)) < 110, "circle");
    assertTrue(luma(rgb(image, x0, y0 - scale)) < 110, "circle");
  }

  @Test
  void laterClassDoesNotCoverTheEarlierOne() throws IOException {
    int n = 4000;
    float[] latents = new float[2 * n];
    byte[] labels = new byte[n];
    Random random = new Random(7);
    for (int i = 0; i < n; i++) {
      latents[2 * i] = (float) (0.15 * random.nextGaussian());
      latents[2 * i + 1] = (float) (0.15 * random.nextGaussian());
      labels[i] = (byte) (i < n / 2 ? 1 : 4);
    }
    BufferedImage image = drawn(latents, n, 2, labels, DIGITS);
    int yellow = 0;
    int violet = 0;
    for (int y = (int) (ORIGIN - 0.3 * SCALE); y < ORIGIN + 0.3 * SCALE; y++) {
      for (int x = (int) (ORIGIN - 0.3 * SCALE); x < ORIGIN + 0.3 * SCALE; x++) {
        int pixel = image.getRGB(x, y);
        yellow += (pixel >> 16 & 255) - (pixel & 255) > 60 ? 1 : 0;
        violet += (pixel & 255) - (pixel >> 8 & 255) > 60 ? 1 : 0;
      }
    }
    assertTrue(yellow > 0.6 * violet && violet > 0.6 * yellow, yellow + " yellow, " + violet + " violet pixels");
  }

  @Test
  void legendShowsTheClassesThatOccur() throws IOException {
    BufferedImage image = drawn(new float[] {0.1f, 0, 0.2f, 0}, 2, 2, new byte[] {1, 9}, DIGITS);
    double x = 2 * (62 + 520 + 18);
    assertEquals(0xffa90e, rgb(image, x, 2 * (62 + 9)));
    assertEquals(0x92dadd, rgb(image, x, 2 * (62 + 9 + 19)));
    assertEquals(0xffffff, rgb(image, x, 2 * (62 + 9 + 19 + 24)), "inside of the ring that stands for the unit circle");
  }

  @Test
  void moreThanTenClassesHaveDistinctColours() {
    for (int classes : new int[] {1, 10, 11, 47, 256}) {
      int[] colours = ClassColours.of(classes);
      assertEquals(classes, java.util.Arrays.stream(colours).distinct().count());
    }
  }

  @Test
  void unlabelledCloudUsesTheWholeWidth() throws IOException {
    BufferedImage image = drawn(new float[] {0.5f, 0.5f}, 1, 2, null, List.of());
    double scale = 2 * 616 / 2.16;
    double origin = 2 * (62 + 308);
    assertNear(ClassColours.UNLABELLED, image, origin + 0.5 * scale, origin - 0.5 * scale);
  }

  @Test
  void pointsThatAreNotFiniteAreSkippedAndCounted() throws IOException {
    float[] latents = {0.5f, 0.25f, Float.NaN, 0, 0, Float.NEGATIVE_INFINITY, -0.5f, 0.25f};
    Cloud cloud = Cloud.of(new FloatPoints(latents, 2), new byte[] {0, 1, 2, 3}, DIGITS);
    assertArrayEquals(new double[] {0.5, -0.5}, cloud.x());
    assertArrayEquals(new int[] {0, 3}, cloud.label());
    assertEquals("2 embeddings, 2 skipped (not finite)", cloud.subtitle());
    drawn(latents, 4, 2, new byte[] {0, 1, 2, 3}, DIGITS);
    drawn(new float[] {Float.NaN, Float.NaN, Float.NaN}, 1, 3, null, List.of());
  }

  @Test
  void manyDimensionsAreProjectedThroughTheOrigin() {
    // Varies along (0, 0.6, 0.8) most and along the first axis second; the mean lies at distance 5 in the third
    // direction.
    int n = 400;
    float[] latents = new float[3 * n];
    for (int i = 0; i < n; i++) {
      double t = Math.sin(i);
      double u = 0.3 * Math.cos(1.7 * i);
      latents[3 * i] = (float) u;
      latents[3 * i + 1] = (float) (0.6 * t - 0.8 * 5);
      latents[3 * i + 2] = (float) (0.8 * t + 0.6 * 5);
    }
    Cloud cloud = Cloud.of(new FloatPoints(latents, 3), null, List.of());
    for (int i = 0; i < n; i++) {
      assertEquals(Math.sin(i), cloud.x()[i], 0.01);
      assertEquals(0.3 * Math.cos(1.7 * i), cloud.y()[i], 0.01);
    }
    assertEquals("400 embeddings, first two principal components (100 % of the variance)", cloud.subtitle());
  }

  @Test
  void oneDimensionIsAStripAClass() throws IOException {
    float[] latents = new float[200];
    byte[] labels = new byte[200];
    for (int i = 0; i < 200; i++) {
      labels[i] = (byte) (i < 100 ? 0 : 2);
      latents[i] = i < 100 ? -0.5f : 0.5f;
    }
    BufferedImage image = drawn(latents, 200, 1, labels, DIGITS);
    // -1.08 .. 1.08 on 616 points; two rows of 44 points.
    double scale = 2 * 616 / 2.16;
    double origin = 2 * (62 + 308);
    assertNear(0x3f90da, image, origin - 0.5 * scale, 2 * (62 + 22));
    assertNear(0xbd1f01, image, origin + 0.5 * scale, 2 * (62 + 66));
    assertTrue(luma(rgb(image, origin + 0.5 * scale, 2 * (62 + 22))) > 220);
    assertTrue(luma(rgb(image, origin + scale, 2 * (62 + 40))) < 80, "end of the unit ball");
  }

  @Test
  void equalInputGivesEqualBytes() throws IOException {
    float[] latents = new float[4000];
    byte[] labels = new byte[1000];
    Random random = new Random(3);
    for (int i = 0; i < latents.length; i++) {
      latents[i] = (float) random.nextGaussian();
      labels[i / 4] = (byte) (i % 10);
    }
    Path first = directory.resolve("first.png");
    Path second = directory.resolve("second.png");
    LatentFigure.write(first, new FloatPoints(latents, 4), labels, DIGITS, "cloud");
    LatentFigure.write(second, new FloatPoints(latents, 4), labels, DIGITS, "cloud");
    assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(second));
  }

  @Test
  void aMillionPointsWork() throws IOException {
    float[] latents = new float[2_000_000];
    Random random = new Random(1);
    for (int i = 0; i < latents.length; i++) {
      latents[i] = random.nextFloat() * 2 - 1;
    }
    BufferedImage image = drawn(latents, 1_000_000, 2, new byte[1_000_000], DIGITS);
    int pixel = rgb(image, ORIGIN + 0.3 * SCALE, ORIGIN - 0.3 * SCALE);
    assertTrue(luma(pixel) < 250);
  }

  @Test
  void scatteredOrderMeetsEveryPointOnce() {
    for (int n : new int[] {1, 2, 3, 10, 512, 10_000, 65_536}) {
      Cloud cloud = Cloud.of(new FloatPoints(new float[n], 1), null, List.of());
      BitSet met = new BitSet();
      long at = 0;
      for (int k = 0; k < n; k++, at = (at + cloud.scatterStep()) % n) {
        met.set((int) at);
      }
      assertEquals(n, met.cardinality());
    }
  }

  @Test
  void extremesAreDrawn() throws IOException {
    drawn(new float[0], 0, 2, null, List.of());
    drawn(new float[] {3e38f, -3e38f, -3e38f, 3e38f}, 2, 2, new byte[] {0, (byte) 255}, List.of());
    drawn(new float[] {0, 0, 0, 0, 0, 0}, 2, 3, null, List.of());
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 256; i++) {
      names.add("a class with a name that is far too long " + i);
    }
    byte[] labels = new byte[256];
    for (int i = 0; i < 256; i++) {
      labels[i] = (byte) i;
    }
    drawn(new float[512], 256, 2, labels, names);
    drawn(new float[256], 256, 1, labels, names);
  }

  @Test
  void fewerLabelsThanPointsAreRefused() {
    Path png = directory.resolve("x.png");
    assertThrows(IllegalArgumentException.class,
        () -> LatentFigure.write(png, new FloatPoints(new float[6], 2), new byte[2], List.of(), ""));
  }

  private BufferedImage drawn(float[] latents, int count, int dimension, byte[] labels, List<String> classes)
      throws IOException {
    Path png = directory.resolve("figures/latent.png");
    assertEquals(count * dimension, latents.length);
    LatentFigure.write(png, new FloatPoints(latents, dimension), labels, classes, "a title");
    return ImageIO.read(png.toFile());
  }

  private static int rgb(BufferedImage image, double x, double y) {
    return image.getRGB((int) Math.floor(x), (int) Math.floor(y)) & 0xffffff;
  }

  /** Dots are a little transparent: within 40 of 255 a channel. */
  private static void assertNear(int colour, BufferedImage image, double x, double y) {
    int found = rgb(image, x, y);
    for (int shift = 0; shift <= 16; shift += 8) {
      int difference = Math.abs((colour >> shift & 255) - (found >> shift & 255));
      assertTrue(difference <= 40,
          () -> String.format("%06x at (%.0f, %.0f), expected about %06x", found, x, y, colour));
    }
  }

  private static double luma(int rgb) {
    return 0.299 * (rgb >> 16 & 255) + 0.587 * (rgb >> 8 & 255) + 0.114 * (rgb & 255);
  }
}
