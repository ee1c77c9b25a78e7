package gputae.data;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * The bytes of one binary file from front to back, decompressed where it is gzip, with the offset for error messages. What a file's header claims is
 * believed only as far as bytes arrive: memory is never taken for bytes that are not there.
 */
final class Source implements Closeable {

  /** The most entries a Java array takes on every VM. */
  static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

  // Deflate cannot compress further than 1032 : 1.
  private static final long MOST_FROM_ONE_BYTE = 1032;
  private static final int FIRST_PIECE = 1 << 16;

  private final Path file;
  private final InputStream in;
  private final boolean compressed;
  // Plain files: the size. Compressed files: the most that can come out.
  private final long limit;
  private long offset;

  private Source(Path file, InputStream in, boolean compressed, long limit) {
    this.file = file;
    this.in = in;
    this.compressed = compressed;
    this.limit = limit;
  }

  /** Opens a file; with {@code gunzip} one that starts with gzip's two magic bytes is decompressed, whatever its name. */
  static Source open(Path file, boolean gunzip) throws DataException {
    try {
      InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
      try {
        long size = Files.size(file);
        raw.mark(2);
        boolean compressed = gunzip && raw.read() == 0x1f && raw.read() == 0x8b;
        raw.reset();
        return compressed ? new Source(file, new Gunzip(raw), true, size * MOST_FROM_ONE_BYTE) : new Source(file, raw, false, size);
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
    return file + ": at byte " + position + (compressed ? " of the decompressed data" : "");
  }

  /** Refuses the file where it cannot hold {@code count} more bytes; cheap, and before any memory is taken for them. */
  void demand(long count, String what) throws DataException {
    if (count > limit - offset) {
      throw new DataException(here() + ": expected " + count + " bytes of " + what + ", but " + (compressed
          ? "the compressed file is far too small for that; it is truncated or damaged"
          : "only " + (limit - offset) + " are left; the file is truncated or damaged"));
    }
  }

  /** The next {@code count} bytes. */
  byte[] take(int count, String what) throws DataException {
    demand(count, what);
    // A plain file's size is known, so the array is filled at once; a compressed one's is not, so it grows as bytes arrive.
    byte[] bytes = new byte[compressed ? Math.min(count, FIRST_PIECE) : count];
    int have = 0;
    while (true) {
      int got = read(bytes, have, bytes.length - have);
      have += got;
      if (have == count) {
        return bytes;
      }
      if (have < bytes.length) {
        throw new DataException(here() + ": the file ends after " + have + " of " + count + " bytes of " + what + "; it is truncated");
      }
      bytes = Arrays.copyOf(bytes, (int) Math.min(count, 2L * bytes.length));
    }
  }

  /** Fills the first {@code count} bytes of a buffer. */
  void fill(byte[] buffer, int count, String what) throws DataException {
    int got = read(buffer, 0, count);
    if (got < count) {
      throw new DataException(here() + ": the file ends after " + got + " of " + count + " bytes of " + what + "; it is truncated");
    }
  }

  /** Refuses the file where anything follows. For gzip this also checks the checksum at its end. */
  void end() throws DataException {
    long position = offset;
    if (read(new byte[1], 0, 1) > 0) {
      throw new DataException(at(position) + ": expected the end of the file, but bytes follow; its header does not fit its content");
    }
    try {
      if (in instanceof Gunzip gunzip && gunzip.isFollowed()) {
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

  /** The JDK's reader passes silently over what follows the compressed data and is not gzip itself. */
  private static final class Gunzip extends GZIPInputStream {

    private static final int TRAILER = 8;

    Gunzip(InputStream raw) throws IOException {
      super(raw, 1 << 16);
    }

    /** At the end of the data: whether anything is left behind the checksum and the length. */
    boolean isFollowed() throws IOException {
      return inf.getRemaining() > TRAILER || in.available() > 0;
    }
  }
}
