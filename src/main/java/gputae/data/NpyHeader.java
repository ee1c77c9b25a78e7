package gputae.data;

import gputae.files.DataException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The header of a .npy file: the magic bytes 93 "NUMPY", a version, a length, and a Python dictionary such as
 * {@code {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }}.
 *
 * @param kind    'f' float, 'u' unsigned, 'i' signed, 'b' bool
 * @param bytes   size of one value
 * @param order   byte order of a value
 * @param fortran whether the first index varies fastest
 * @param shape sizes, each at least 0, with a product of at most {@link Long#MAX_VALUE}; a structured array has one
 *     more axis for its fields
 * @param fields  names of the fields of a structured array, all of one type; empty for a plain array
 */
record NpyHeader(char kind, int bytes, ByteOrder order, boolean fortran, int[] shape, List<String> fields) {

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final List<String> TYPES = List.of("u1", "b1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4",
      "f8");
  // numpy itself refuses headers above 10,000 bytes by default.
  private static final int LONGEST = 1 << 16;
  private static final int MOST_DIMENSIONS = 32;

  /** Number of values. */
  long count() {
    long count = 1;
    for (int size : shape) {
      count *= size;
    }
    return count;
  }

  /** Whether the bytes begin like a .npy file. */
  static boolean isAt(byte[] start) {
    return start.length >= MAGIC.length && Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
  }

  /** Reads the header and leaves the source at the first value. */
  static NpyHeader read(Source source) throws DataException {
    byte[] start = source.take(8, ".npy header");
    if (!isAt(start)) {
      throw new DataException(
          source.at(0) + ": not a .npy file: it does not start with 93 4e 55 4d 50 59 (\\x93NUMPY)");
    }
    int version = start[6] & 0xff;
    if (version < 1 || version > 3 || start[7] != 0) {
      throw new DataException(source.at(6) + ": .npy version " + version + "." + (start[7] & 0xff)
          + ", expected 1.0, 2.0 or 3.0");
    }
    int lengthBytes = version == 1 ? 2 : 4;
    byte[] l = source.take(lengthBytes, ".npy header");
    long length = 0;
    for (int i = lengthBytes - 1; i >= 0; i--) {
      length = length << 8 | l[i] & 0xff;
    }
    if (length > LONGEST) {
      throw new DataException(source.at(8) + ": a .npy header of " + length + " bytes, expected at most " + LONGEST);
    }
    long textStart = source.offset();
    byte[] text = source.take((int) length, ".npy header");
    return new Dictionary(source, textStart,
        new String(text, version == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1)).parse();
  }

  /** A parser for only the kind of dictionary that numpy writes, with the keys in any order. */
  private static final class Dictionary {

    private final Source source;
    private final long start;
    private final String text;
    private final List<String> fields = new ArrayList<>();
    private int at;

    Dictionary(Source source, long start, String text) {
      this.source = source;
      this.start = start;
      this.text = text;
    }

    NpyHeader parse() throws DataException {
      String type = null;
      Boolean fortran = null;
      int[] shape = null;
      expect('{');
      while (!accept('}')) {
        String key = string("one of 'descr', 'fortran_order', 'shape'");
        expect(':');
        if (key.equals("descr") && type == null) {
          type = type();
        } else if (key.equals("fortran_order") && fortran == null) {
          fortran = bool();
        } else if (key.equals("shape") && shape == null) {
          shape = tuple();
        } else {
          throw broken("key '" + key + "' is unknown or there twice");
        }
        if (!accept(',')) {
          expect('}');
          break;
        }
      }
      skipSpace();
      if (at < text.length()) {
        throw broken("expected nothing but spaces after the dictionary");
      }
      if (type == null || fortran == null || shape == null) {
        throw broken("expected all of 'descr', 'fortran_order', 'shape'");
      }
      if (!fields.isEmpty()) {
        // With several axes and the first one fastest, the fields of a point would still be adjacent.
        if (fortran && shape.length > 1
            || Arrays.stream(shape).asLongStream().reduce(1, (x, y) -> x * y) > Long.MAX_VALUE / fields.size()) {
          throw broken("a structured array of shape " + Arrays.toString(shape)
              + convert("numpy.lib.recfunctions.structured_to_unstructured(ARRAY)"));
        }
        fortran = false;
        shape = Arrays.copyOf(shape, shape.length + 1);
        shape[shape.length - 1] = fields.size();
      }
      ByteOrder order = type.charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
      return new NpyHeader(type.charAt(1), type.charAt(2) - '0', order, fortran, shape, List.copyOf(fields));
    }

    /** A type after its byte order, such as {@code <f4}; for a structured array, the type of all its fields. */
    private String type() throws DataException {
      skipSpace();
      if (at >= text.length() || text.charAt(at) != '[') {
        return plainType();
      }
      expect('[');
      String common = null;
      while (!accept(']')) {
        expect('(');
        String name = string("the name of a field");
        expect(',');
        skipSpace();
        if (at < text.length() && text.charAt(at) == '[') {
          throw broken("a structured array within another"
              + convert("numpy.lib.recfunctions.structured_to_unstructured(ARRAY)"));
        }
        String type = plainType();
        int times = 1;
        if (accept(',')) {
          for (int size : tuple()) {
            times = (int) Math.min(1 << 20, (long) times * size);
          }
        }
        expect(')');
        if (common != null && !common.equals(type)) {
          throw broken("a structured array of fields of several types"
              + convert("numpy.lib.recfunctions.structured_to_unstructured(ARRAY)"));
        }
        common = type;
        if (times < 1 || fields.size() + times > 1 << 20) {
          throw broken("fields without values, or too many of them");
        }
        for (int i = 0; i < times; i++) {
          fields.add(name);
        }
        if (!accept(',')) {
          expect(']');
          break;
        }
      }
      if (common == null) {
        throw broken("a structured array without fields");
      }
      return common;
    }

    private String plainType() throws DataException {
      String type = string("a type such as '<f4'");
      // As in numpy: a type without a byte order, or with one that says nothing, has the byte order of the machine.
      boolean signed = !type.isEmpty() && "<>=|".indexOf(type.charAt(0)) >= 0;
      String bare = signed ? type.substring(1) : type;
      if (!TYPES.contains(bare)) {
        throw broken("values of type '" + type + "', expected integers, float16, float32 or float64"
            + convert(type.contains("O") ? "OBJECTS.astype('f8')" : "ARRAY.astype('f8')"));
      }
      return (signed ? type.charAt(0) : '=') + bare;
    }

    /**
     * A line of Python that converts the file. ARRAY stands for its content, OBJECTS for content that may hold Python
     * objects.
     */
    private String convert(String array) {
      String load = "numpy.load('" + source.file().getFileName() + "'";
      return "; convert in Python: numpy.save('NEW.npy', "
          + array.replace("ARRAY", load + ")").replace("OBJECTS", load + ", allow_pickle=True)") + ")";
    }

    private int[] tuple() throws DataException {
      expect('(');
      List<Integer> sizes = new ArrayList<>();
      long product = 1;
      while (!accept(')')) {
        skipSpace();
        int first = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
          at++;
        }
        // Every int has at most ten digits; longer numbers could overflow the parser. 010 meant 8 in Python 2, and is
        // invalid now.
        if (at == first || at - first > 10 || text.charAt(first) == '0' && at - first > 1) {
          throw broken("expected a size of the shape, 0 to " + Integer.MAX_VALUE);
        }
        long size = Long.parseLong(text.substring(first, at));
        if (size > Integer.MAX_VALUE || sizes.size() == MOST_DIMENSIONS) {
          throw broken("expected at most " + MOST_DIMENSIONS + " sizes of at most " + Integer.MAX_VALUE);
        }
        if (size != 0 && product > Long.MAX_VALUE / size) {
          throw broken("the shape's product overflows");
        }
        product *= size;
        sizes.add((int) size);
        // Python 2 wrote sizes such as 6L.
        if (at < text.length() && text.charAt(at) == 'L') {
          at++;
        }
        if (!accept(',')) {
          expect(')');
          if (sizes.size() == 1) {
            throw broken("a shape of one size without its comma: to Python, (5) is a number, and (5,) a shape");
          }
          break;
        }
      }
      return sizes.stream().mapToInt(Integer::intValue).toArray();
    }

    private boolean bool() throws DataException {
      skipSpace();
      for (String word : new String[] {"True", "False"}) {
        if (text.startsWith(word, at)) {
          at += word.length();
          return word.equals("True");
        }
      }
      throw broken("expected True or False");
    }

    private String string(String expected) throws DataException {
      skipSpace();
      char quote = at < text.length() ? text.charAt(at) : ' ';
      int end = quote == '\'' || quote == '"' ? text.indexOf(quote, at + 1) : -1;
      if (end < 0) {
        throw broken("expected " + expected);
      }
      String content = text.substring(at + 1, end);
      at = end + 1;
      return content;
    }

    private void expect(char c) throws DataException {
      if (!accept(c)) {
        throw broken("expected '" + c + "'");
      }
    }

    private boolean accept(char c) {
      skipSpace();
      boolean there = at < text.length() && text.charAt(at) == c;
      at += there ? 1 : 0;
      return there;
    }

    private void skipSpace() {
      while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\n')) {
        at++;
      }
    }

    private DataException broken(String what) {
      String rest = text.substring(Math.min(at, text.length()), Math.min(text.length(), at + 20)).strip();
      return new DataException(
          String.format(Locale.ROOT, "%s: .npy header, near \"%s\": %s", source.at(start + at), rest, what));
    }
  }
}
