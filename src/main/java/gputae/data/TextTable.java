package gputae.data;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * A text file of numbers, line by line and cell by cell. Works on bytes: a million lines take well under a second, which {@code BufferedReader} and
 * {@code String.split} do not reach. Blank lines and lines that start with # are passed over.
 */
final class TextTable implements Closeable {

  /** Any run of spaces, tabs, commas and semicolons. */
  static final char ANY = '*';

  private static final int LONGEST_LINE = 1 << 30;

  private final Path file;
  private final InputStream in;
  private final byte[] buffer = new byte[1 << 16];
  private int position;
  private int filled;

  private byte[] line = new byte[256];
  private int length;
  private long number;

  private int cells;
  private int[] starts = new int[16];
  private int[] ends = new int[16];

  TextTable(Path file) throws DataException {
    this.file = file;
    try {
      this.in = Files.newInputStream(file);
    } catch (IOException e) {
      throw DataException.reading(file, e);
    }
  }

  /** Moves to the next line with content; false at the end of the file. */
  boolean next() throws DataException {
    while (readLine()) {
      int first = 0;
      while (first < length && isSpace(line[first])) {
        first++;
      }
      if (first < length && line[first] != '#') {
        return true;
      }
    }
    return false;
  }

  /** "FILE:LINE" of the current line, counted from 1. */
  String here() {
    return file + ":" + number;
  }

  long number() {
    return number;
  }

  /** What separates the cells of this line: a semicolon where there is one, else a comma, else spaces. */
  char separator() {
    boolean comma = false;
    for (int i = 0; i < length; i++) {
      if (line[i] == ';') {
        return ';';
      }
      comma |= line[i] == ',';
    }
    return comma ? ',' : ' ';
  }

  /** Finds the cells of this line and returns their number. A comma or semicolon ends a cell even if it is empty; spaces around a cell do not count. */
  int split(char separator) {
    cells = 0;
    boolean runs = separator == ' ' || separator == ANY;
    int i = 0;
    while (i <= length) {
      if (runs) {
        while (i < length && separates(line[i], separator)) {
          i++;
        }
        if (i == length) {
          break;
        }
      }
      int start = i;
      while (i < length && !separates(line[i], separator)) {
        i++;
      }
      add(start, i);
      i++;
    }
    return cells;
  }

  String cell(int i) {
    return new String(line, starts[i], ends[i] - starts[i], StandardCharsets.ISO_8859_1);
  }

  /** Whether a cell is meant as a number, be it NaN or infinite. */
  boolean isNumber(int i) {
    if (isDecimal(i)) {
      try {
        Double.parseDouble(cell(i));
        return true;
      } catch (NumberFormatException e) {
        return false;
      }
    }
    return isNotFinite(i);
  }

  double asDouble(int i) throws DataException {
    if (isDecimal(i)) {
      try {
        return Double.parseDouble(cell(i));
      } catch (NumberFormatException e) {
        throw notANumber(i);
      }
    }
    return notFinite(i);
  }

  float asFloat(int i) throws DataException {
    if (isDecimal(i)) {
      try {
        return Float.parseFloat(cell(i));
      } catch (NumberFormatException e) {
        throw notANumber(i);
      }
    }
    return (float) notFinite(i);
  }

  private double notFinite(int i) throws DataException {
    if (!isNotFinite(i)) {
      throw notANumber(i);
    }
    String word = cell(i).toLowerCase(Locale.ROOT);
    return word.endsWith("nan") ? Double.NaN : word.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
  }

  private boolean isNotFinite(int i) {
    if (ends[i] - starts[i] > 9) {
      return false;
    }
    String word = cell(i).toLowerCase(Locale.ROOT);
    String bare = word.startsWith("-") || word.startsWith("+") ? word.substring(1) : word;
    return bare.equals("nan") || bare.equals("inf") || bare.equals("infinity");
  }

  // Java's own parser also takes "1f", "0x1p3" and more, which in a table of decimals are mistakes.
  private boolean isDecimal(int i) {
    for (int k = starts[i]; k < ends[i]; k++) {
      byte c = line[k];
      if ((c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E') {
        return false;
      }
    }
    return ends[i] > starts[i];
  }

  private DataException notANumber(int i) {
    String text = cell(i);
    String shown = text.isEmpty() ? "an empty cell" : "\"" + (text.length() > 40 ? text.substring(0, 40) + "..." : text) + "\"";
    return new DataException(here() + ": " + shown + " in column " + (i + 1) + ", expected a number");
  }

  private void add(int start, int end) {
    while (start < end && isSpace(line[start])) {
      start++;
    }
    while (end > start && isSpace(line[end - 1])) {
      end--;
    }
    if (cells == starts.length) {
      int more = (int) Math.min(2L * cells, Source.LARGEST_ARRAY);
      starts = Arrays.copyOf(starts, more);
      ends = Arrays.copyOf(ends, more);
    }
    starts[cells] = start;
    ends[cells++] = end;
  }

  private static boolean separates(byte c, char separator) {
    return switch (separator) {
      case ' ' -> isSpace(c);
      case ANY -> isSpace(c) || c == ',' || c == ';';
      default -> c == separator;
    };
  }

  private static boolean isSpace(byte c) {
    return c == ' ' || c == '\t' || c == '\r';
  }

  private boolean readLine() throws DataException {
    length = 0;
    boolean any = false;
    while (position < filled || fill()) {
      any = true;
      int from = position;
      while (position < filled && buffer[position] != '\n') {
        position++;
      }
      append(from, position);
      if (position < filled) {
        position++;
        break;
      }
    }
    number += any ? 1 : 0;
    // Excel and friends begin a UTF-8 file with a byte order mark.
    if (number == 1 && length >= 3 && line[0] == (byte) 0xef && line[1] == (byte) 0xbb && line[2] == (byte) 0xbf) {
      line[0] = ' ';
      line[1] = ' ';
      line[2] = ' ';
    }
    return any;
  }

  private void append(int from, int to) throws DataException {
    int needed = length + to - from;
    if (needed > line.length) {
      if (needed > LONGEST_LINE) {
        throw new DataException(file + ":" + (number + 1) + ": a line of more than " + LONGEST_LINE + " bytes; break it into lines");
      }
      line = Arrays.copyOf(line, Math.max(needed, 2 * line.length));
    }
    System.arraycopy(buffer, from, line, length, to - from);
    length = needed;
  }

  private boolean fill() throws DataException {
    try {
      filled = Math.max(0, in.read(buffer));
      position = 0;
      return filled > 0;
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
}
