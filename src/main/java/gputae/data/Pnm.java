package gputae.data;

import gputae.files.DataException;
import java.nio.file.Path;

/**
 * The PNM formats of images: PBM (P1, P4; 1 is black), PGM (P2, P5) and PPM (P3, P6), plain and binary, with values up
 * to 65,535.
 *
 * @param height  number of rows
 * @param width   number of columns
 * @param colours 1 for grey, 3 for red, green and blue
 * @param values  [height, width, colours], scaled to 0 to 255
 */
record Pnm(int height, int width, int colours, byte[] values) {

  private static final int DEEPEST = 65_535;

  /** Whether the bytes begin like such a file. */
  static boolean isAt(byte[] start) {
    return start.length > 2 && start[0] == 'P' && start[1] >= '1' && start[1] <= '6' && isSpace(start[2]);
  }

  /** The header of a file and the place behind it. */
  private record Header(int kind, int height, int width, int deepest, int end) {

    int colours() {
      return kind == 3 || kind == 6 ? 3 : 1;
    }
  }

  /** The height and the width; the pixels are not read. */
  static Picture.Size sizeOf(Path file, byte[] bytes) throws DataException {
    Header header = header(file, bytes);
    // A forged header must not claim memory for pixels that the file cannot hold.
    long least = header.kind == 4 || header.kind == 1 ? (header.width + 7L) / 8 * header.height
        : (long) header.width * header.height;
    if (bytes.length < least) {
      throw new DataException(file + ": the image needs at least " + least + " bytes, but the file has "
          + bytes.length + "; the file is truncated");
    }
    return new Picture.Size(header.height, header.width, file);
  }

  /** Reads a whole file. */
  static Pnm read(Path file, byte[] bytes) throws DataException {
    Header header = header(file, bytes);
    byte[] values = new byte[header.height * header.width * header.colours()];
    int end = header.kind > 3 ? binary(file, bytes, header, values) : plain(file, bytes, header, values);
    if (header.kind > 3 && end < bytes.length) {
      throw new DataException(file + ": at byte " + end + ": expected the end of the image, but bytes follow");
    }
    return new Pnm(header.height, header.width, header.colours(), values);
  }

  private static Header header(Path file, byte[] bytes) throws DataException {
    int kind = bytes[1] - '0';
    int[] numbers = new int[3];
    int at = 2;
    int count = kind == 1 || kind == 4 ? 2 : 3;
    for (int i = 0; i < count; i++) {
      at = skip(bytes, at);
      int start = at;
      long number = 0;
      while (at < bytes.length && bytes[at] >= '0' && bytes[at] <= '9' && number <= Integer.MAX_VALUE) {
        number = 10 * number + bytes[at++] - '0';
      }
      if (at == start || number > Integer.MAX_VALUE) {
        throw new DataException(file + ": at byte " + start + ": expected the "
            + new String[] {"width", "height", "largest value"}[i] + " of a PNM image");
      }
      numbers[i] = (int) number;
    }
    int deepest = count == 2 ? 1 : numbers[2];
    Picture.refuseSize(file, numbers[1], numbers[0]);
    if (deepest < 1 || deepest > DEEPEST) {
      throw new DataException(file + ": a largest value of " + deepest + ", expected 1 to " + DEEPEST);
    }
    // One white space ends the header of a binary file.
    return new Header(kind, numbers[1], numbers[0], deepest, at + 1);
  }

  /** The place after white space and comments. */
  private static int skip(byte[] bytes, int from) {
    int at = from;
    while (at < bytes.length && (isSpace(bytes[at]) || bytes[at] == '#')) {
      if (bytes[at] == '#') {
        while (at < bytes.length && bytes[at] != '\n' && bytes[at] != '\r') {
          at++;
        }
      } else {
        at++;
      }
    }
    return at;
  }

  private static boolean isSpace(byte c) {
    return c == ' ' || c >= '\t' && c <= '\r';
  }

  /** Reads the values of a binary file and returns the place behind them. */
  private static int binary(Path file, byte[] bytes, Header header, byte[] values) throws DataException {
    boolean bits = header.kind == 4;
    int size = header.deepest > 255 ? 2 : 1;
    long needed = bits ? (header.width + 7L) / 8 * header.height : (long) size * values.length;
    if (bytes.length - header.end < needed) {
      throw new DataException(file + ": the image needs " + needed + " bytes, but " + Math.max(0, bytes.length
          - header.end) + " are left; the file is truncated");
    }
    for (int i = 0; i < values.length; i++) {
      if (bits) {
        int row = i / header.width;
        int column = i % header.width;
        int octet = bytes[header.end + row * ((header.width + 7) / 8) + column / 8];
        values[i] = (byte) ((octet >> 7 - column % 8 & 1) == 1 ? 0 : 255);
      } else {
        int at = header.end + size * i;
        int value = size == 1 ? bytes[at] & 0xff : (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
        values[i] = scaled(file, value, header.deepest);
      }
    }
    return header.end + (int) needed;
  }

  /** Reads the values of a plain file and returns the place behind them. */
  private static int plain(Path file, byte[] bytes, Header header, byte[] values) throws DataException {
    int at = header.end - 1;
    for (int i = 0; i < values.length; i++) {
      at = skip(bytes, at);
      int start = at;
      int value = 0;
      // In a plain bitmap the digits need no space between them.
      while (at < bytes.length && bytes[at] >= '0' && bytes[at] <= '9' && value <= DEEPEST
          && (header.kind != 1 || at == start)) {
        value = 10 * value + bytes[at++] - '0';
      }
      if (at == start) {
        throw new DataException(file + ": at byte " + start + ": expected " + values.length + " values, found " + i);
      }
      values[i] = header.kind == 1 ? scaled(file, 1 - Math.min(value, 2), 1) : scaled(file, value, header.deepest);
    }
    return at;
  }

  private static byte scaled(Path file, int value, int deepest) throws DataException {
    if (value < 0 || value > deepest) {
      throw new DataException(file + ": a value above the largest value " + deepest + " that its header names");
    }
    return (byte) Math.round(255.0 * value / deepest);
  }
}
