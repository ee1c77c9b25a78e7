package gputae.data;

import gputae.files.DataException;
import gputae.files.WholeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.StringJoiner;

/**
 * NumPy's .npy files. Reads versions 1 to 3, both byte orders and both memory orders; writes version 1, little-endian,
 * row-major.
 */
public final class Npy {

  private static final int PIECE = 1 << 16;

  private Npy() {}

  /**
   * Reads a whole array of numbers. Refuses complex, text and object arrays, and arrays with more than 2^31 - 9 values.
   * float16 becomes float32.
   */
  public static NpyArray read(Path file) throws DataException {
    try (Source source = Source.open(file, false)) {
      return read(source, NpyHeader.read(source));
    }
  }

  /** Reads the values after a header, up to the end of the source. */
  static NpyArray read(Source source, NpyHeader header) throws DataException {
    long count = header.count();
    if (count > Source.LARGEST_ARRAY) {
      throw new DataException(source.file() + ": shape " + Arrays.toString(header.shape()) + ": " + count
          + " values, expected at most "
          + Source.LARGEST_ARRAY);
    }
    source.demand(count * header.bytes(), "values");
    NpyArray array = values(source, header, (int) count);
    source.end();
    return array;
  }

  /** Writes uint8 values, row-major; the file is replaced in one step. */
  public static void write(Path file, byte[] values, int... shape) throws DataException {
    ByteBuffer header = header("|u1", shape, values.length);
    write(file, header, channel -> WholeFile.writeAll(channel, ByteBuffer.wrap(values)));
  }

  /** Writes int16 values, row-major; the file is replaced in one step. */
  public static void write(Path file, short[] values, int... shape) throws DataException {
    ByteBuffer header = header("<i2", shape, values.length);
    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(2, values.length)).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asShortBuffer().put(values);
    write(file, header, channel -> WholeFile.writeAll(channel, bytes));
  }

  /** Writes float32 values, row-major; the file is replaced in one step. */
  public static void write(Path file, float[] values, int... shape) throws DataException {
    ByteBuffer header = header("<f4", shape, values.length);
    write(file, header, channel -> {
      ByteBuffer piece = ByteBuffer.allocate(PIECE).order(ByteOrder.LITTLE_ENDIAN);
      for (int from = 0; from < values.length; from += PIECE / 4) {
        int count = Math.min(PIECE / 4, values.length - from);
        piece.clear().asFloatBuffer().put(values, from, count);
        WholeFile.writeAll(channel, piece.limit(4 * count));
      }
    });
  }

  /** Writes float64 values, row-major; the file is replaced in one step. */
  public static void write(Path file, double[] values, int... shape) throws DataException {
    ByteBuffer header = header("<f8", shape, values.length);
    write(file, header, channel -> {
      ByteBuffer piece = ByteBuffer.allocate(PIECE).order(ByteOrder.LITTLE_ENDIAN);
      for (int from = 0; from < values.length; from += PIECE / 8) {
        int count = Math.min(PIECE / 8, values.length - from);
        piece.clear().asDoubleBuffer().put(values, from, count);
        WholeFile.writeAll(channel, piece.limit(8 * count));
      }
    });
  }

  private static NpyArray values(Source source, NpyHeader header, int count) throws DataException {
    int[] shape = header.shape();
    int[] from = header.fortran() ? fortranOrder(shape, count) : null;
    Values next = new Values(source, header);
    if (header.kind() == 'f' && header.bytes() <= 4) {
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[from == null ? i : from[i]] = (float) next.real();
      }
      return new NpyArray.Floats(shape, values);
    }
    if (header.kind() == 'f') {
      double[] values = new double[count];
      for (int i = 0; i < count; i++) {
        values[from == null ? i : from[i]] = next.real();
      }
      return new NpyArray.Doubles(shape, values);
    }
    if (header.kind() == 'u' && header.bytes() == 1) {
      if (from == null) {
        return new NpyArray.Bytes(shape, source.take(count, "values"));
      }
      byte[] values = new byte[count];
      for (int i = 0; i < count; i++) {
        values[from[i]] = (byte) next.integer();
      }
      return new NpyArray.Bytes(shape, values);
    }
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      values[from == null ? i : from[i]] = next.integer();
    }
    return new NpyArray.Integers(shape, values);
  }

  /** For each value in the order of the file, where the first index varies fastest, its place in row-major order. */
  private static int[] fortranOrder(int[] shape, int count) {
    int[] place = new int[count];
    if (count == 0) {
      return place;
    }
    int[] strides = new int[shape.length];
    int stride = 1;
    for (int d = shape.length - 1; d >= 0; d--) {
      strides[d] = stride;
      stride *= shape[d];
    }
    int[] index = new int[shape.length];
    int at = 0;
    for (int i = 0; i < count; i++) {
      place[i] = at;
      for (int d = 0; d < shape.length; d++) {
        at += strides[d];
        if (++index[d] < shape[d]) {
          break;
        }
        at -= strides[d] * shape[d];
        index[d] = 0;
      }
    }
    return place;
  }

  /** The values of a .npy file one after another, in the order of the file. */
  static final class Values {

    private final Source source;
    private final NpyHeader header;
    private final byte[] bytes = new byte[PIECE];
    private final ByteBuffer piece;
    private long left;

    Values(Source source, NpyHeader header) {
      this.source = source;
      this.header = header;
      this.left = header.count() * header.bytes();
      this.piece = ByteBuffer.wrap(bytes).order(header.order()).limit(0);
    }

    /** A float16, float32 or float64 value, exactly. */
    double real() throws DataException {
      more();
      return switch (header.bytes()) {
        case 2 -> half(piece.getShort());
        case 4 -> piece.getFloat();
        default -> piece.getDouble();
      };
    }

    /** An IEEE half: a sign, 5 bits of exponent, 10 bits of fraction. */
    private static double half(short bits) {
      int exponent = bits >> 10 & 31;
      int fraction = bits & 1023;
      double magnitude = exponent == 0 ? Math.scalb((double) fraction, -24)
          : exponent < 31 ? Math.scalb(1024.0 + fraction, exponent - 25)
          : fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
      return bits < 0 ? -magnitude : magnitude;
    }

    long integer() throws DataException {
      more();
      if (header.kind() == 'b') {
        return bool(piece.get());
      }
      boolean signed = header.kind() == 'i';
      return switch (header.bytes()) {
        case 1 -> signed ? piece.get() : piece.get() & 0xff;
        case 2 -> signed ? piece.getShort() : piece.getShort() & 0xffff;
        case 4 -> signed ? piece.getInt() : piece.getInt() & 0xffffffffL;
        default -> {
          long value = piece.getLong();
          if (!signed && value < 0) {
            throw new DataException(source.here()
                + ": an integer of 2^63 or more; convert in Python: numpy.save('NEW.npy', ARRAY.astype('f8'))");
          }
          yield value;
        }
      };
    }

    /** A value that is neither false nor true means damage, or uint8 with a wrong type name. */
    private long bool(byte value) throws DataException {
      if (value != 0 && value != 1) {
        throw new DataException(source.here() + ": a bool of " + (value & 0xff)
            + ", expected 0 or 1; if these are numbers, convert in Python: numpy.save('NEW.npy', ARRAY.view('u1'))");
      }
      return value;
    }

    private void more() throws DataException {
      if (!piece.hasRemaining()) {
        int count = (int) Math.min(left, bytes.length);
        source.fill(bytes, count, "values");
        left -= count;
        piece.clear().limit(count);
      }
    }
  }

  private static void write(Path file, ByteBuffer header, WholeFile.Content values) throws DataException {
    try {
      WholeFile.replace(file, channel -> {
        WholeFile.writeAll(channel, header);
        values.writeTo(channel);
      });
    } catch (IOException e) {
      throw DataException.writing(file, e);
    }
  }

  private static ByteBuffer header(String type, int[] shape, int count) {
    long product = 1;
    for (int size : shape) {
      if (size < 0) {
        throw new IllegalArgumentException("shape " + Arrays.toString(shape) + " has a negative size");
      }
      product = Math.multiplyExact(product, (long) size);
    }
    if (product != count) {
      throw new IllegalArgumentException("shape " + Arrays.toString(shape) + " does not have " + count + " values");
    }
    StringJoiner sizes = new StringJoiner(", ", "(", shape.length == 1 ? ",)" : ")");
    Arrays.stream(shape).forEach(size -> sizes.add(Integer.toString(size)));
    String dictionary = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + sizes + ", }";
    // As numpy does: spaces and a line end are added, so that the values start at a multiple of 64.
    int start = 10;
    int total = (start + dictionary.length() + 1 + 63) / 64 * 64;
    String padded = dictionary + " ".repeat(total - start - dictionary.length() - 1) + "\n";
    ByteBuffer header = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
    header.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) 1).put((byte) 0)
        .putShort((short) (total - start));
    return header.put(padded.getBytes(StandardCharsets.US_ASCII)).flip();
  }
}
