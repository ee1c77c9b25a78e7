package gputae.data;

import gputae.files.DataException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The IDX format of MNIST: two zero bytes, a type byte (8: uint8), the number of dimensions, each dimension as a
 * big-endian int32, then the values in row-major order. A file may be gzip; its first bytes show this, not its name.
 */
public final class Idx {

  private static final int UINT8 = 8;

  private Idx() {}

  /** Reads a file of images with dimensions [count, height, width]; refuses anything else. */
  public static Images readImages(Path file) throws DataException {
    try (Source source = Source.open(file, true)) {
      long[] shape = header(source, 3, "images [count, height, width]");
      for (int i = 0; i < 3; i++) {
        if (shape[i] == 0) {
          throw new DataException(
              source.at(4 + 4L * i) + ": empty: shape [" + shape[0] + ", " + shape[1] + ", " + shape[2]
                  + "], expected at least one pixel");
        }
      }
      // The product of two factors of 31 bits fits a long; the check for the third factor divides.
      long pixels = shape[1] * shape[2];
      if (pixels > Source.LARGEST_ARRAY / shape[0]) {
        throw new DataException(source.at(4) + ": shape [" + shape[0] + ", " + shape[1] + ", " + shape[2]
            + "] is more than the " + Source.LARGEST_ARRAY
            + " pixels that can be held");
      }
      byte[] values = source.take((int) (shape[0] * pixels), "pixels");
      source.end();
      return new Images(values, (int) shape[0], (int) shape[1], (int) shape[2]);
    }
  }

  /** Reads a file of labels with dimension [count]: uint8 [count]; refuses anything else. */
  public static byte[] readLabels(Path file) throws DataException {
    try (Source source = Source.open(file, true)) {
      long count = header(source, 1, "labels [count]")[0];
      if (count == 0 || count > Source.LARGEST_ARRAY) {
        throw new DataException(source.at(4) + ": " + count + " labels, expected 1 to " + Source.LARGEST_ARRAY);
      }
      byte[] values = source.take((int) count, "labels");
      source.end();
      return values;
    }
  }

  /**
   * Reads {@code <part>-images-idx3-ubyte} and {@code <part>-labels-idx1-ubyte} of a directory; the endings
   * {@code .idx3-ubyte}, {@code .idx1-ubyte} and {@code .gz} are accepted too. Labels may be missing.
   *
   * @param part {@code train}, {@code t10k} or {@code test}
   */
  static Split readSplit(Path directory, String part) throws DataException {
    Path images = find(directory, part, "images", 3);
    if (images == null) {
      throw new DataException(directory + ": no file " + part + "-images-idx3-ubyte[.gz]");
    }
    Images read = readImages(images);
    Path labelFile = find(directory, part, "labels", 1);
    if (labelFile == null) {
      return new Split(read, null);
    }
    byte[] labels = readLabels(labelFile);
    if (labels.length != read.count()) {
      throw new DataException(labelFile + ": at byte 4: " + labels.length + " labels, but " + images.getFileName()
          + " has " + read.count() + " images");
    }
    Labels.refuseReserved(labelFile, labels);
    return new Split(read, labels);
  }

  /** The path of the file, or null if the directory has none of its names. */
  static Path find(Path directory, String part, String content, int dimensions) {
    for (String separator : new String[] {"-", "."}) {
      for (String ending : new String[] {"", ".gz"}) {
        Path file = directory.resolve(part + "-" + content + separator + "idx" + dimensions + "-ubyte" + ending);
        if (Files.exists(file)) {
          return file;
        }
      }
    }
    return null;
  }

  private static long[] header(Source source, int dimensions, String expected) throws DataException {
    byte[] magic = source.take(4, "IDX header");
    if (magic[0] != 0 || magic[1] != 0) {
      throw new DataException(
          String.format("%s: not an IDX file: it starts with %02x %02x %02x %02x, expected 00 00 08 %02x for %s",
              source.at(0), magic[0], magic[1], magic[2], magic[3], dimensions, expected));
    }
    if (magic[2] != UINT8) {
      throw new DataException(
          String.format("%s: IDX values of type 0x%02x, expected 0x08 (uint8)", source.at(2), magic[2]));
    }
    if (magic[3] != dimensions) {
      int found = magic[3] & 0xff;
      throw new DataException(source.at(3) + ": " + found + " dimensions, expected " + dimensions + " for " + expected
          + (found == 1 ? "; this looks like a labels file" : found == 3 ? "; this looks like an images file" : ""));
    }
    long[] shape = new long[dimensions];
    for (int i = 0; i < dimensions; i++) {
      byte[] b = source.take(4, "IDX header");
      shape[i] = (b[0] & 0xffL) << 24 | (b[1] & 0xff) << 16 | (b[2] & 0xff) << 8 | b[3] & 0xff;
      if (shape[i] > Integer.MAX_VALUE) {
        throw new DataException(source.at(source.offset() - 4) + ": dimension " + i + " is " + shape[i]
            + ", larger than any IDX dimension");
      }
    }
    return shape;
  }
}
