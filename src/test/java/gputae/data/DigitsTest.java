package gputae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DigitsTest {

  private static final Dataset DATA = Digits.generate(60_000, 10_000, 0);

  private static final int PIXELS = 28 * 28;

  private static String sha256(Dataset data) throws NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (Split split : new Split[] {data.train(), data.test()}) {
      digest.update(split.images().pixels());
      digest.update(split.labels());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  @Test
  void theBytesAreAlwaysTheSame() throws Exception {
    assertEquals("6883a1d2d69bb2aa47a0bb93c618db95765136323c777b3fea889afd848f5e14", sha256(DATA));
    assertEquals(sha256(DATA), DigitsCache.DIGITS.sha256());
  }

  @Test
  void theyAreDrawnOnceAndKept(@TempDir Path folder) throws Exception {
    Dataset drawn = Digits.generate(120, 30, 3);
    DigitsCache cache = new DigitsCache(120, 30, 3, sha256(drawn));
    List<String> log = new ArrayList<>();
    assertEquals(sha256(drawn), sha256(cache.digits(folder, log::add)));
    assertEquals(1, log.size());
    assertTrue(log.get(0).startsWith("digits: drawing 150 images, which is done once; they are kept in " + folder),
        log.toString());
    Dataset kept = cache.digits(folder, log::add);
    assertEquals(1, log.size(), log.toString());
    assertEquals(sha256(drawn), sha256(kept));
    assertEquals(Digits.CLASSES, kept.classes());
    // Another file in its place is not taken for the digits.
    Path file = folder.resolve(folder.toFile().list()[0]);
    byte[] bytes = Files.readAllBytes(file);
    for (byte[] wrong : List.of(Arrays.copyOf(bytes, bytes.length / 2), IdxFiles.gzip(new byte[150 * 785]))) {
      Files.write(file, wrong);
      assertEquals(sha256(drawn), sha256(cache.digits(folder, log::add)));
    }
    assertEquals(3, log.size(), log.toString());
    // Where nothing can be kept, they are drawn all the same.
    Path blocked = Files.writeString(folder.resolve("file"), "");
    assertEquals(sha256(drawn), sha256(cache.digits(blocked, log::add)));
    assertTrue(log.get(4).startsWith("digits: they cannot be kept, so they will be drawn again: "), log.toString());
    assertEquals(sha256(drawn), sha256(cache.digits(null, log::add)));
    assertEquals("digits: drawing 150 images", log.get(5));
  }

  @Test
  void threadsDoNotMatter() throws Exception {
    ForkJoinPool one = new ForkJoinPool(1);
    try {
      String alone = sha256(one.submit(() -> Digits.generate(1200, 700, 3)).get());
      assertEquals(sha256(Digits.generate(1200, 700, 3)), alone);
    } finally {
      one.shutdown();
    }
  }

  @Test
  void seedsAndSplitsDiffer() {
    Dataset a = Digits.generate(10, 10, 1);
    Dataset b = Digits.generate(10, 10, 2);
    assertFalse(Arrays.equals(a.train().images().pixels(), b.train().images().pixels()));
    assertFalse(Arrays.equals(a.train().images().pixels(), a.test().images().pixels()));
  }

  @Test
  void classesAreEquallyFrequentAndShuffled() {
    for (Split split : new Split[] {DATA.train(), DATA.test()}) {
      int[] counts = new int[10];
      int same = 0;
      byte[] labels = split.labels();
      for (int i = 0; i < labels.length; i++) {
        counts[labels[i]]++;
        same += i > 0 && labels[i] == labels[i - 1] ? 1 : 0;
      }
      for (int count : counts) {
        assertEquals(labels.length / 10, count);
      }
      // Neighbours agree in one of ten cases: mean n/10, deviation sqrt(0.09 n); six deviations.
      assertEquals(labels.length / 10.0, same, 6 * Math.sqrt(0.09 * labels.length));
    }
    assertEquals(10, DATA.classes().size());
    assertArrayEquals(new int[] {1, 1, 1, 1, 1, 1, 1, 0, 0, 0}, frequencies(Digits.generate(7, 1, 0).train().labels()));
  }

  private static int[] frequencies(byte[] labels) {
    int[] counts = new int[10];
    for (byte label : labels) {
      counts[label]++;
    }
    return counts;
  }

  /** MNIST: mean 0.1307, 0.0044 of it outside the central 20 x 20 box, 19% of the pixels not black, 7% nearly white. */
  @Test
  void brightnessIsThatOfMnist() {
    byte[] pixels = DATA.train().images().pixels();
    double sum = 0;
    double outside = 0;
    int inked = 0;
    int white = 0;
    for (int i = 0; i < pixels.length; i++) {
      int value = pixels[i] & 0xff;
      int row = i % PIXELS / 28;
      int column = i % 28;
      sum += value;
      outside += row < 4 || row >= 24 || column < 4 || column >= 24 ? value : 0;
      inked += value > 0 ? 1 : 0;
      white += value >= 250 ? 1 : 0;
    }
    double n = pixels.length;
    assertEquals(0.13, sum / n / 255, 0.01);
    assertTrue(outside / n / 255 < 0.006, () -> "too much ink at the rim");
    assertEquals(0.19, inked / n, 0.03);
    assertEquals(0.07, white / n, 0.03);
  }

  @Test
  void everyDigitIsCentredAndInsideTheImage() {
    byte[] pixels = DATA.train().images().pixels();
    double worst = 0;
    double meanX = 0;
    double meanY = 0;
    int count = DATA.train().count();
    for (int image = 0; image < count; image++) {
      double mass = 0;
      double x = 0;
      double y = 0;
      for (int p = 0; p < PIXELS; p++) {
        int value = pixels[image * PIXELS + p] & 0xff;
        mass += value;
        x += value * (p % 28 + 0.5);
        y += value * (p / 28 + 0.5);
      }
      x = x / mass - 14;
      y = y / mass - 14;
      assertTrue(mass / 255 > 15, "an image with next to no ink");
      meanX += x / count;
      meanY += y / count;
      worst = Math.max(worst, Math.max(Math.abs(x), Math.abs(y)));
    }
    assertEquals(0, meanX, 0.15);
    assertEquals(0, meanY, 0.15);
    assertTrue(worst < 3, "centre of mass off by " + worst + " pixels");
  }

  @Test
  void theNearestNeighbourKnowsTheDigit() {
    byte[] train = DATA.train().images().pixels();
    byte[] test = DATA.test().images().pixels();
    int right = 0;
    for (int i = 0; i < 500; i++) {
      long least = Long.MAX_VALUE;
      int nearest = -1;
      for (int j = 0; j < 2000; j++) {
        int sum = 0;
        for (int p = 0; p < PIXELS; p++) {
          int difference = (test[i * PIXELS + p] & 0xff) - (train[j * PIXELS + p] & 0xff);
          sum += difference * difference;
        }
        if (sum < least) {
          least = sum;
          nearest = j;
        }
      }
      right += DATA.test().labels()[i] == DATA.train().labels()[nearest] ? 1 : 0;
    }
    assertTrue(right >= 475, right + " of 500 right");
    // The task is not trivial: if all answers were right, the digits would hardly vary.
    assertTrue(right < 500, "all right");
  }
}
