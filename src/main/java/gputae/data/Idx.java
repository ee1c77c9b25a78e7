package gputae.data;

import gputae.files.DataException;
import java.nio.file.Path;

/**
 * The IDX format of MNIST: two zero bytes, a type byte (8: uint8), the number of dimensions, each dimension as a
 * big-endian int32, then the values in row-major order. A file may be gzip; its first bytes show this, not its name.
 */
public final class Idx {

  private static final int UINT8 = 8;
  private static final int INT32 = 12;

  private Idx() {}

  /** Whether the bytes begin like an IDX file of a type that is read here. */
  static boolean isAt(byte[] start) {
    return start.length >= 4 && start[0] == 0 && start[1] == 0 && start[2] != 0 && start[3] > 0 && start[3] <= 4;
  }

  /** Reads a file of images with dimensions [count, height, width]; refuses anything else. */
  public static Images readImages(Path file) throws DataException {
    try (Source source = Source.open(file, true)) {
      return images(source);
    }
  }

  static Images images(Source source) throws DataException {
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

  /** Reads a file of labels with dimension [count]: uint8 [count]; refuses anything else. */
  public static byte[] readLabels(Path file) throws DataException {
    try (Source source = Source.open(file, true)) {
      return labels(source);
    }
  }

  /**
   * The labels of a file: uint8 [count]; or the first column of int32 [count, columns], as QMNIST has it, with values
   * from 0 to 255.
   */
  static byte[] labels(Source source) throws DataException {
    byte[] start = source.peek(4);
    if (start.length == 4 && start[2] == INT32 && start[3] == 2) {
      return firstColumn(source);
    }
    long count = header(source, 1, "labels [count]")[0];
    if (count == 0 || count > Source.LARGEST_ARRAY) {
      throw new DataException(source.at(4) + ": " + count + " labels, expected 1 to " + Source.LARGEST_ARRAY);
    }
    byte[] values = source.take((int) count, "labels");
    source.end();
    return values;
  }

  private static byte[] firstColumn(Source source) throws DataException {
    source.take(4, "IDX header");
    long count = size(source, 0);
    long columns = size(source, 1);
    long row = 4 * columns;
    if (count == 0 || columns == 0 || row > Source.LARGEST_ARRAY / count) {
      throw new DataException(source.at(4) + ": labels of shape [" + count + ", " + columns
          + "], expected at least one, and at most " + Source.LARGEST_ARRAY + " bytes");
    }
    source.demand(count * row, "labels");
    byte[] labels = new byte[(int) count];
    for (int i = 0; i < count; i++) {
      byte[] b = source.take((int) row, "labels");
      int label = (b[0] & 0xff) << 24 | (b[1] & 0xff) << 16 | (b[2] & 0xff) << 8 | b[3] & 0xff;
      if (label < 0 || label > 255) {
        throw new DataException(source.at(source.offset() - row) + ": label " + i + " (counted from 0) is " + label
            + ", expected 0 to 254");
      }
      labels[i] = (byte) label;
    }
    source.end();
    return labels;
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
      shape[i] = size(source, i);
    }
    return shape;
  }

  private static long size(Source source, int dimension) throws DataException {
    byte[] b = source.take(4, "IDX header");
    long size = (b[0] & 0xffL) << 24 | (b[1] & 0xff) << 16 | (b[2] & 0xff) << 8 | b[3] & 0xff;
    if (size > Integer.MAX_VALUE) {
      throw new DataException(source.at(source.offset() - 4) + ": dimension " + dimension + " is " + size
          + ", larger than any IDX dimension");
    }
    return size;
  }
}
