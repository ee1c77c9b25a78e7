package gputae.data;

import gputae.files.DataException;
import gputae.files.WholeFile;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * The bytes of one binary file from front to back, decompressed if it is gzip, with the offset for error messages.
 * Sizes that a header declares are trusted only as far as bytes arrive: memory is never allocated for bytes that do not
 * exist.
 */
final class Source implements Closeable {

  /** The largest number of entries that a Java array has on every VM. */
  static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

  // The largest compression ratio of Deflate is 1032 : 1.
  private static final long MOST_FROM_ONE_BYTE = 1032;
  private static final int FIRST_PIECE = 1 << 16;

  private final Path file;
  // Buffered, so that peeked bytes can be read again.
  private final InputStream in;
  // Null if the file is not compressed.
  private final Gunzip gunzip;
  // Plain files: the size. Compressed files: the largest possible size of the output. Pipes: no limit.
  private final long limit;
  private final boolean sized;
  private long offset;

  private Source(Path file, InputStream in, Gunzip gunzip, long limit, boolean sized) {
    this.file = file;
    this.in = in;
    this.gunzip = gunzip;
    this.limit = limit;
    this.sized = sized;
  }

  /** A part of a file that is in memory, such as a member of an archive. */
  static Source within(Path file, byte[] bytes) {
    return new Source(file, new ByteArrayInputStream(bytes), null, bytes.length, true);
  }

  /**
   * Opens a file. With {@code gunzip}, a file that starts with gzip's two magic bytes is decompressed, whatever its
   * name.
   */
  static Source open(Path file, boolean gunzip) throws DataException {
    try {
      if (Files.isDirectory(file)) {
        throw new DataException(file + ": cannot be read: it is a directory; a file is needed");
      }
      // For a pipe, the stream of java.nio asks for a position, which a pipe does not have.
      boolean pipe = Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file);
      InputStream raw = new BufferedInputStream(pipe ? new FileInputStream(file.toFile())
          : Files.newInputStream(file), 1 << 16);
      try {
        boolean regular = Files.isRegularFile(file);
        long size = regular ? Files.size(file) : Long.MAX_VALUE / MOST_FROM_ONE_BYTE;
        raw.mark(2);
        boolean compressed = gunzip && raw.read() == 0x1f && raw.read() == 0x8b;
        raw.reset();
        if (compressed) {
          Gunzip gunzipped = new Gunzip(raw);
          return new Source(file, new BufferedInputStream(gunzipped, 1 << 16), gunzipped, size * MOST_FROM_ONE_BYTE,
              false);
        }
        return new Source(file, raw, null, size, regular);
      } catch (IOException e) {
        raw.close();
        throw e;
      }
    } catch (EOFException | ZipException e) {
      throw new DataException(file + ": damaged gzip header; fetch the file again", e);
    } catch (IOException e) {
      throw DataException.reading(file, e);
    }
  }

  Path file() {
    return file;
  }

  /** Bytes read so far, after decompression. */
  long offset() {
    return offset;
  }

  /** "FILE: at byte N" for messages. */
  String here() {
    return at(offset);
  }

  String at(long position) {
    return file + ": at byte " + position + (gunzip != null ? " of the decompressed data" : "");
  }

  /** The largest number of bytes that can follow; only an upper bound if the file is compressed or a pipe. */
  long left() {
    return limit - offset;
  }

  /**
   * The next bytes, which can be read again: {@code count} bytes, or fewer at the end of the file; {@code count} is at
   * most 64 KiB.
   */
  byte[] peek(int count) throws DataException {
    byte[] bytes = new byte[count];
    long position = offset;
    in.mark(count);
    int got = read(bytes, 0, count);
    try {
      in.reset();
    } catch (IOException e) {
      throw DataException.reading(file, e);
    }
    offset = position;
    return Arrays.copyOf(bytes, got);
  }

  /**
   * Fills a buffer as far as possible. It gets fewer bytes than its length only at the end of the file, and 0 after it.
   */
  int some(byte[] buffer) throws DataException {
    return read(buffer, 0, buffer.length);
  }

  /** All remaining bytes. */
  byte[] rest() throws DataException {
    byte[] bytes = new byte[FIRST_PIECE];
    int have = 0;
    while (true) {
      have += read(bytes, have, bytes.length - have);
      if (have < bytes.length) {
        return Arrays.copyOf(bytes, have);
      }
      if (have == LARGEST_ARRAY) {
        throw new DataException(file + ": more than the " + LARGEST_ARRAY + " bytes that can be held at once");
      }
      bytes = Arrays.copyOf(bytes, (int) Math.min(LARGEST_ARRAY, 2L * bytes.length));
    }
  }

  /**
   * Refuses the file if it cannot hold {@code count} more bytes. This is cheap, and happens before any memory is
   * allocated for them.
   */
  void demand(long count, String what) throws DataException {
    if (count > limit - offset) {
      throw new DataException(here() + ": expected " + count + " bytes of " + what + ", but " + (gunzip != null
          ? "the compressed file is far too small for that; it is truncated or damaged"
          : "only " + (limit - offset) + " are left; the file is truncated or damaged"));
    }
  }

  /** The next {@code count} bytes. */
  byte[] take(int count, String what) throws DataException {
    demand(count, what);
    // The size of a plain file is known, so the array is filled at once. The size of a compressed one is not, so the
    // array grows as bytes arrive.
    byte[] bytes = new byte[sized ? count : Math.min(count, FIRST_PIECE)];
    int have = 0;
    while (true) {
      int got = read(bytes, have, bytes.length - have);
      have += got;
      if (have == count) {
        return bytes;
      }
      if (have < bytes.length) {
        throw new DataException(
            here() + ": the file ends after " + have + " of " + count + " bytes of " + what + "; it is truncated");
      }
      bytes = Arrays.copyOf(bytes, (int) Math.min(count, 2L * bytes.length));
    }
  }

  /** Fills the first {@code count} bytes of a buffer. */
  void fill(byte[] buffer, int count, String what) throws DataException {
    int got = read(buffer, 0, count);
    if (got < count) {
      throw new DataException(
          here() + ": the file ends after " + got + " of " + count + " bytes of " + what + "; it is truncated");
    }
  }

  /** Refuses the file if anything follows. For gzip this also checks the checksum at its end. */
  void end() throws DataException {
    long position = offset;
    if (read(new byte[1], 0, 1) > 0) {
      throw new DataException(
          at(position) + ": expected the end of the file, but bytes follow; its header does not fit its content");
    }
    try {
      if (gunzip != null && gunzip.isFollowed()) {
        throw new DataException(file + ": bytes follow the end of the gzip data; expected the end of the file");
      }
    } catch (IOException e) {
      throw DataException.reading(file, e);
    }
  }

  private int read(byte[] buffer, int from, int count) throws DataException {
    int done = 0;
    try {
      while (done < count) {
        int got = in.read(buffer, from + done, count - done);
        if (got < 0) {
          break;
        }
        done += got;
        offset += got;
      }
      return done;
    } catch (EOFException e) {
      throw new DataException(here() + ": the gzip data end too early; the file is truncated, fetch it again", e);
    } catch (ZipException e) {
      throw new DataException(here() + ": damaged gzip data (" + WholeFile.inWords(e) + "); fetch the file again", e);
    } catch (IOException e) {
      throw DataException.reading(file, e);
    }
  }

  @Override
  public void close() throws DataException {
    try {
      in.close();
    } catch (IOException e) {
      throw DataException.reading(file, e);
    }
  }

  /** The JDK's reader silently skips bytes after the compressed data if they are not gzip themselves. */
  private static final class Gunzip extends GZIPInputStream {

    private static final int TRAILER = 8;

    Gunzip(InputStream raw) throws IOException {
      super(raw, 1 << 16);
    }

    /** At the end of the data: whether bytes follow after the checksum and the length. */
    boolean isFollowed() throws IOException {
      return inf.getRemaining() > TRAILER || in.available() > 0;
    }
  }
}
