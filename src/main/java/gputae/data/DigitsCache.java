package gputae.data;

import gputae.files.Sha256;
import gputae.files.WholeFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * The built-in digits, kept in a file after they are drawn once: the pixels and labels of the training images, then
 * those of the test images, compressed. The file is used only if its content has the known checksum.
 *
 * @param train  number of training images
 * @param test   number of test images
 * @param seed   seed of the drawing
 * @param sha256 SHA-256 of the content, in hexadecimal digits
 */
record DigitsCache(int train, int test, long seed, String sha256) {

  /** The data set called {@code digits}. */
  static final DigitsCache DIGITS = new DigitsCache(Digits.TRAIN, Digits.TEST, Digits.SEED,
      "6883a1d2d69bb2aa47a0bb93c618db95765136323c777b3fea889afd848f5e14");

  /**
   * The digits.
   *
   * @param folder folder of the file, or null to keep nothing
   * @param log    receives a line that says whether they are drawn
   */
  Dataset digits(Path folder, Consumer<String> log) {
    Path file = folder == null ? null : folder.resolve("digits-" + sha256.substring(0, 16) + ".gz");
    Dataset kept = file == null ? null : read(file);
    if (kept != null) {
      return kept;
    }
    log.accept(String.format(Locale.ROOT, "digits: drawing %,d images%s", train + test,
        file == null ? "" : ", which is done once; they are kept in " + file));
    Dataset drawn = Digits.generate(train, test, seed);
    if (file != null) {
      try {
        WholeFile.write(file, packed(drawn));
      } catch (IOException e) {
        log.accept("digits: they cannot be kept, so they will be drawn again: " + WholeFile.inWords(e));
      }
    }
    return drawn;
  }

  private static byte[] packed(Dataset digits) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed, 1 << 16) {
      {
        def.setLevel(Deflater.BEST_SPEED);
      }
    }) {
      for (Split split : new Split[] {digits.train(), digits.test()}) {
        out.write(split.images().pixels());
        out.write(split.labels());
      }
    }
    return packed.toByteArray();
  }

  /** The digits of a file; null if there is no such file or it holds something else. */
  private Dataset read(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        return null;
      }
      byte[][] parts = {new byte[train * Digits.SIDE * Digits.SIDE], new byte[train],
        new byte[test * Digits.SIDE * Digits.SIDE], new byte[test]};
      Sha256 digest = new Sha256();
      try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(Files.readAllBytes(file)), 1 << 16)) {
        for (byte[] part : parts) {
          if (in.readNBytes(part, 0, part.length) < part.length) {
            return null;
          }
          digest.add(part);
        }
      }
      return digest.hexadecimal().equals(sha256) ? new Dataset("digits", Digits.CLASSES, split(parts[0], parts[1]),
          split(parts[2], parts[3])) : null;
    } catch (IOException e) {
      // A file that cannot be read is made again.
      return null;
    }
  }

  private static Split split(byte[] pixels, byte[] labels) {
    return new Split(new Images(pixels, labels.length, Digits.SIDE, Digits.SIDE), labels);
  }
}
