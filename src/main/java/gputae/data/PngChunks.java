package gputae.data;

import gputae.files.DataException;
import gputae.files.WholeFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Checks the chunks of a PNG file before the JDK decodes it. The JDK's decoder compares neither the checksums of the
 * chunks nor that of the compressed rows, and makes pixels of any bytes that it finds.
 */
final class PngChunks {

  private static final int SIGNATURE = 8;
  /** Length and name before the content of a chunk, and the checksum after it. */
  private static final int AROUND = 12;
  // For each pass of Adam7: row and column of the first pixel, then the steps.
  private static final int[][] PASSES = {{0, 0, 8, 8}, {0, 4, 8, 8}, {4, 0, 8, 4}, {0, 2, 4, 4}, {2, 0, 4, 2},
    {0, 1, 2, 2}, {1, 0, 2, 1}};

  private final Path file;
  private final ByteBuffer bytes;
  private final byte[] piece = new byte[1 << 13];
  private int palette;
  // Offset of the current chunk.
  private int at = SIGNATURE;
  private String name;
  private int length;

  private PngChunks(Path file, byte[] content) {
    this.file = file;
    this.bytes = ByteBuffer.wrap(content);
  }

  /**
   * Walks through a file whose first 8 bytes are right. Returns the number of colours of its palette, 0 if there is
   * none.
   */
  static int check(Path file, byte[] content) throws DataException {
    PngChunks chunks = new PngChunks(file, content);
    chunks.walk();
    return chunks.palette;
  }

  private void walk() throws DataException {
    next();
    if (!name.equals("IHDR") || length != 13) {
      throw broken("its first chunk is no IHDR of 13 bytes");
    }
    long expected = expected();
    int colour = bytes.get(at + 17);
    next();
    for (; !name.equals("IDAT"); next()) {
      if (name.equals("PLTE") && palette == 0 && (colour & 2) != 0) {
        palette = length / 3;
      } else if (Character.isUpperCase(name.charAt(0))) {
        throw broken("a chunk " + name + " before the pixels");
      }
    }
    if (colour == 3 && palette == 0) {
      throw broken("colours of a palette that is missing");
    }
    rows(expected);
    for (; !name.equals("IEND"); next()) {
      if (Character.isUpperCase(name.charAt(0)) || name.equals("tRNS")) {
        throw broken("a chunk " + name + " behind the pixels");
      }
    }
  }

  /** Moves to the next chunk, which must be complete and have the right checksum. */
  private void next() throws DataException {
    at += name == null ? 0 : AROUND + length;
    if (bytes.limit() - at < AROUND) {
      throw broken("it ends before its chunk IEND");
    }
    length = bytes.getInt(at);
    name = new String(bytes.array(), at + 4, 4, StandardCharsets.ISO_8859_1);
    if (!name.matches("[A-Za-z]{4}")) {
      throw broken("no name of a chunk at byte " + (at + 4));
    }
    if (length < 0 || length > bytes.limit() - at - AROUND) {
      throw broken("it ends within its chunk " + name);
    }
    CRC32 crc = new CRC32();
    crc.update(bytes.array(), at + 4, 4 + length);
    if ((int) crc.getValue() != bytes.getInt(at + 8 + length)) {
      throw broken("the checksum of its chunk " + name + " at byte " + at + " is wrong");
    }
  }

  /** Number of bytes of all rows according to the header; each row begins with its filter. */
  private long expected() throws DataException {
    long width = bytes.getInt(at + 8) & 0xffffffffL;
    long height = bytes.getInt(at + 12) & 0xffffffffL;
    Picture.refuseSize(file, height, width);
    int depth = bytes.get(at + 16);
    int channels = switch (bytes.get(at + 17)) {
      case 0, 3 -> 1;
      case 2 -> 3;
      case 4 -> 2;
      case 6 -> 4;
      default -> throw broken("a kind of colours " + (bytes.get(at + 17) & 0xff) + ", which does not exist");
    };
    long bits = (long) depth * channels;
    if (bytes.get(at + 20) == 0) {
      return height * (1 + (width * bits + 7) / 8);
    }
    long all = 0;
    for (int[] pass : PASSES) {
      long rows = Math.max(0, (height - pass[0] + pass[2] - 1) / pass[2]);
      long columns = Math.max(0, (width - pass[1] + pass[3] - 1) / pass[3]);
      all += columns == 0 ? 0 : rows * (1 + (columns * bits + 7) / 8);
    }
    return all;
  }

  private DataException broken(String what) {
    return new DataException(file + ": a damaged PNG file: " + what);
  }

  /** Unpacks the rows without storing them, and moves to the chunk after them. */
  private void rows(long expected) throws DataException {
    Inflater inflater = new Inflater();
    try {
      long unpacked = 0;
      for (; name.equals("IDAT"); next()) {
        if (inflater.finished()) {
          continue;
        }
        inflater.setInput(bytes.array(), at + 8, length);
        for (int count = inflater.inflate(piece); count > 0; count = inflater.inflate(piece)) {
          unpacked += count;
          if (unpacked > expected) {
            throw broken("more pixels than its header says");
          }
        }
      }
      // When a stream is finished, its checksum has been compared.
      if (!inflater.finished() || unpacked < expected) {
        throw broken("its compressed pixels end too early");
      }
    } catch (DataFormatException e) {
      throw broken("its compressed pixels: " + WholeFile.inWords(e));
    } finally {
      inflater.end();
    }
  }
}
