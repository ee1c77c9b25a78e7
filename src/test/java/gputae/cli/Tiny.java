package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.data.HeldOut;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Data so small that an epoch takes a millisecond, and a reader and a writer of .npy that are independent of the
 * program's own.
 */
final class Tiny {

  /** Images of {@link #write}. Of the 102, 102 and 96 images of the classes the program holds 17, 17 and 16 out. */
  static final int IMAGES = 300;

  static final int TRAINING = 250;
  static final int TEST = IMAGES - TRAINING;
  static final int CLASSES = 3;

  private Tiny() {}

  /** {@code tiny.npy}, 300 images of 8 x 8 in three classes of stripes with noise, and {@code tiny-labels.npy}. */
  static Path write(Path folder) throws IOException {
    Random random = new Random(1);
    byte[] pixels = new byte[IMAGES * 64];
    for (int i = 0; i < pixels.length; i++) {
      int y = i / 8 % 8;
      int x = i % 8;
      pixels[i] = (byte) (((x + y * label(i / 64)) % 3 == 0 ? 200 : 15) + random.nextInt(40));
    }
    byte[] labels = new byte[IMAGES];
    for (int i = 0; i < IMAGES; i++) {
      labels[i] = label(i);
    }
    writeNpy(folder.resolve("tiny-labels.npy"), "|u1", "(300,)", labels);
    return writeNpy(folder.resolve("tiny.npy"), "|u1", "(300, 8, 8)", pixels);
  }

  static byte label(int image) {
    return (byte) (image < 288 ? image % CLASSES : image % 2);
  }

  /** The images that the program holds out, in their order. */
  static int[] testImages() {
    byte[] labels = new byte[IMAGES];
    for (int i = 0; i < IMAGES; i++) {
      labels[i] = label(i);
    }
    return testImages(labels);
  }

  /** The images that the program holds out if they have these labels; -1 for a sample without a class. */
  static int[] testImages(byte[] labels) {
    boolean[] held = HeldOut.DEFAULT.of(labels.length, labels, false);
    return IntStream.range(0, labels.length).filter(i -> held[i]).toArray();
  }

  /**
   * The command line of a training on this data: the paper's model, 8 steps an epoch. The number of threads is fixed,
   * since bits depend on it.
   */
  static Object[] train(Path data, Object... more) {
    return Stream.concat(Stream.of("train", "--dataset", data, "--batch", "32", "--threads", "2"), Arrays.stream(more))
        .toArray();
  }

  static Path writeNpy(Path file, String type, String shape, byte[] values) throws IOException {
    StringBuilder header =
        new StringBuilder("{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }");
    while ((header.length() + 11) % 64 != 0) {
      header.append(' ');
    }
    header.append('\n');
    ByteBuffer bytes = ByteBuffer.allocate(10 + header.length() + values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) header.length());
    bytes.put(header.toString().getBytes(StandardCharsets.US_ASCII)).put(values);
    return Files.write(file, bytes.array());
  }

  static byte[] littleEndian(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  static byte[] littleEndian(double... values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(values);
    return bytes.array();
  }

  /** The values of a .npy file, which must be row-major and of this type and shape. */
  static byte[] readNpy(Path file, String type, String shape) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(0x93, bytes.get() & 0xff, file.toString());
    assertEquals("NUMPY", new String(bytes.array(), 1, 5, StandardCharsets.US_ASCII));
    int length = bytes.getShort(8);
    String header = new String(bytes.array(), 10, length, StandardCharsets.US_ASCII);
    assertTrue(
        header.contains("'descr': '" + type + "'") && header.contains("'fortran_order': False")
            && header.contains("'shape': " + shape),
        () -> file + ": expected " + type + " " + shape + ", found " + header);
    return Arrays.copyOfRange(bytes.array(), 10 + length, bytes.capacity());
  }

  static float[] floats(byte[] littleEndian) {
    float[] values = new float[littleEndian.length / 4];
    ByteBuffer.wrap(littleEndian).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  static void assertPng(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    assertTrue(bytes.length > 100, file + " has " + bytes.length + " bytes");
    assertArrayEquals(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, Arrays.copyOf(bytes, 8),
        file.toString());
  }

  /** Asserts that two runs of the same steps have the same bits: weights, embeddings, and metrics except the times. */
  static void assertSameResults(Path expected, Path actual) throws IOException {
    for (String file : List.of("model.safetensors", "latents.npy")) {
      assertArrayEquals(Files.readAllBytes(expected.resolve(file)), Files.readAllBytes(actual.resolve(file)),
          file + " of " + actual);
    }
    assertEquals(metricsWithoutTimes(expected), metricsWithoutTimes(actual), "metrics.csv of " + actual);
  }

  /** Lines of metrics.csv without the columns seconds and steps_per_second. */
  static List<String> metricsWithoutTimes(Path run) throws IOException {
    return Files.readAllLines(run.resolve("metrics.csv")).stream().map(line -> {
      String[] fields = line.split(",");
      assertEquals(9, fields.length, line);
      fields[1] = "";
      fields[8] = "";
      return String.join(",", fields);
    }).toList();
  }

  static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      files.forEach(file -> {
        try {
          Files.copy(file, to.resolve(from.relativize(file)));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      });
    }
  }

  /** Removes everything in a folder, for tests that share a process and its working folder. */
  static void empty(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      // The deepest files and folders are removed first.
      for (Path file : files.filter(file -> !file.equals(folder)).sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** The names of all files and folders below a folder, sorted; the folder itself is left out. */
  static List<String> content(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> !file.equals(folder)).map(file -> folder.relativize(file).toString()).sorted()
          .toList();
    }
  }
}
