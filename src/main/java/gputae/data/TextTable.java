package gputae.data;

import gputae.files.DataException;
import java.io.Closeable;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A text file of numbers, read line by line and cell by cell: UTF-8, or UTF-16 with a byte order mark; either may be
 * gzip. Lines end with LF, CR LF or CR. The class works on bytes: a million lines take well under a second, which
 * {@code BufferedReader} and {@code String.split} do not reach. It skips blank lines, lines that start with #, % or //,
 * and everything after a # in a line.
 */
final class TextTable implements Closeable {

  /** Separator: any run of spaces, tabs, commas and semicolons. */
  static final char ANY = '*';

  private static final int LONGEST_LINE = 1 << 30;

  private final Source source;
  private final TableOptions options;
  private final char mark;
  private byte[] buffer;
  private int position;
  private int filled;
  private boolean ended;
  // The last line ended with CR, so an LF that follows belongs to it.
  private boolean afterReturn;

  private byte[] line = new byte[256];
  private int length;
  private long number;
  private boolean quoted;
  // Whether the line contains a quote or a comment sign.
  private boolean special;
  private boolean fractional;
  private String adviceOnWords = "";

  private int cells;
  private int[] starts = new int[16];
  private int[] ends = new int[16];

  /** Reads the source to its end. Closing the table closes the source. */
  TextTable(Source source, TableOptions options) throws DataException {
    this.source = source;
    this.options = options;
    this.mark = options.decimalComma() ? ',' : '.';
    Charset wide = wideCharset(source.peek(4), source.file());
    if (wide == null) {
      this.buffer = new byte[1 << 16];
    } else {
      this.buffer = new String(source.rest(), wide).getBytes(StandardCharsets.UTF_8);
      this.filled = buffer.length;
      this.ended = true;
    }
  }

  /** The encoding that the first bytes of a file show, or null if the bytes are used as they are. */
  static Charset wideCharset(byte[] start, Path file) throws DataException {
    int first = start.length < 2 ? 0 : (start[0] & 0xff) << 8 | start[1] & 0xff;
    if (first == 0xfffe && start.length == 4 && start[2] == 0 && start[3] == 0) {
      throw new DataException(file + ": text in UTF-32; convert it: iconv -f UTF-32 -t UTF-8 FILE > NEW");
    }
    // With these encodings Java removes the byte order mark itself.
    return first == 0xfffe || first == 0xfeff ? StandardCharsets.UTF_16 : null;
  }

  TableOptions options() {
    return options;
  }

  Path file() {
    return source.file();
  }

  /** Moves to the next line with content; false at the end of the file. */
  boolean next() throws DataException {
    while (nextRaw()) {
      int first = 0;
      while (first < length && isSpace(line[first])) {
        first++;
      }
      boolean comment = first < length
          && (line[first] == '#' || line[first] == '%' || line[first] == '/' && first
              + 1 < length && line[first + 1] == '/');
      if (first < length && !comment) {
        return true;
      }
    }
    return false;
  }

  /** Moves to the next line, even if it is blank or a comment; false at the end of the file. */
  boolean nextRaw() throws DataException {
    if (!readLine()) {
      return false;
    }
    boolean inQuotes = false;
    quoted = false;
    for (int i = 0; special && i < length; i++) {
      if (line[i] == '"') {
        inQuotes = !inQuotes;
        quoted = true;
      } else if (line[i] == '#' && !inQuotes && i > 0) {
        length = i;
      }
    }
    return true;
  }

  /** "FILE:LINE" of the current line, counted from 1. */
  String here() {
    return file() + ":" + number;
  }

  long number() {
    return number;
  }

  /** The current line as text. */
  String text() {
    return new String(line, 0, length, StandardCharsets.UTF_8).strip();
  }

  /**
   * The separator of the cells of this line: a semicolon if there is one, otherwise a comma if there is one, otherwise
   * spaces. If the comma is the decimal mark, it separates only lines of quoted cells.
   */
  char separator() {
    boolean comma = false;
    boolean space = false;
    boolean inQuotes = false;
    for (int i = 0; i < length; i++) {
      inQuotes ^= line[i] == '"';
      if (inQuotes) {
        continue;
      }
      if (line[i] == ';') {
        return ';';
      }
      comma |= line[i] == ',';
      space |= isSpace(line[i]);
    }
    return comma && (!options.decimalComma() || quoted && !space) ? ',' : ' ';
  }

  /**
   * Finds the cells of this line and returns their number. A comma or semicolon ends a cell even if it is empty; spaces
   * around a cell and quotes around its content do not count.
   */
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
      if (quoted) {
        i = endOfQuotes(i);
      }
      while (i < length && !separates(line[i], separator)) {
        i++;
      }
      add(start, i);
      i++;
    }
    return cells;
  }

  /** The position of the closing quote of a cell that begins with a quote; the start of the cell if there is none. */
  private int endOfQuotes(int start) {
    int i = start;
    while (i < length && isSpace(line[i])) {
      i++;
    }
    if (i == length || line[i] != '"') {
      return start;
    }
    for (i++; i < length; i++) {
      if (line[i] == '"') {
        return i;
      }
    }
    return start;
  }

  String cell(int i) {
    return new String(line, starts[i], ends[i] - starts[i], StandardCharsets.UTF_8);
  }

  /** The cells of this line. */
  String[] row() {
    String[] row = new String[cells];
    Arrays.setAll(row, this::cell);
    return row;
  }

  /** Whether the cell last read by {@link #asDouble} is written with a decimal mark or an exponent. */
  boolean wasFractional() {
    return fractional;
  }

  /** Whether the cell holds exactly this number in plain digits. */
  boolean isCount(int i, long count) {
    long value = 0;
    for (int k = starts[i]; k < ends[i]; k++) {
      int digit = line[k] - '0';
      if (digit < 0 || digit > 9 || value > count) {
        return false;
      }
      value = 10 * value + digit;
    }
    return ends[i] > starts[i] && value == count;
  }

  /**
   * An integer with a superfluous leading zero, such as 05. In a table with commas, it is probably the part after a
   * decimal comma or a thousands separator.
   */
  boolean hasLeadingZero(int i) {
    if (ends[i] - starts[i] < 2 || line[starts[i]] != '0') {
      return false;
    }
    for (int k = starts[i]; k < ends[i]; k++) {
      if (line[k] < '0' || line[k] > '9') {
        return false;
      }
    }
    return true;
  }

  /** The number in a cell, which may be NaN or infinite. */
  double asDouble(int i) throws DataException {
    double value;
    if (isDecimal(i)) {
      value = Decimals.parse(line, starts[i], ends[i], mark);
      if (Double.isNaN(value)) {
        try {
          String text = new String(line, starts[i], ends[i] - starts[i], StandardCharsets.ISO_8859_1);
          value = Double.parseDouble(mark == ',' ? text.replace(',', '.') : text);
        } catch (NumberFormatException e) {
          throw notANumber(i);
        }
      }
    } else {
      String text = NumberText.withPoint(cell(i), options);
      if (NumberText.isFortran(text)) {
        value = Double.parseDouble(text.replace('d', 'e').replace('D', 'e'));
      } else if (NumberText.isNotFinite(text)) {
        return NumberText.notFinite(text);
      } else {
        throw notANumber(i);
      }
    }
    if ((value == 0 || ends[i] - starts[i] > 15 && !fractional) && NumberText.isLost(cell(i), value)) {
      throw new DataException(here() + ": \"" + cell(i) + "\" in column " + (i + 1)
          + " is not a number that float64 can hold; subtract or scale the data");
    }
    return value;
  }

  // Java's own parser also accepts "1f", "0x1p3" and more, which are mistakes in a table of decimals.
  private boolean isDecimal(int i) {
    fractional = false;
    for (int k = starts[i]; k < ends[i]; k++) {
      byte c = line[k];
      if (c >= '0' && c <= '9') {
        continue;
      }
      if (c == mark || c == 'e' || c == 'E') {
        fractional = true;
      } else if (c != '-' && c != '+') {
        return false;
      }
    }
    return ends[i] > starts[i];
  }

  /** Sets the advice that is given, beside the place, when a cell is a word. */
  void adviseOnWords(String advice) {
    adviceOnWords = advice;
  }

  /** The exception for a cell that is no number. */
  DataException notANumber(int i) {
    String text = cell(i);
    if (!NumberText.looksLikeNumber(text) && !text.isEmpty() && Character.isLetter(text.charAt(0))) {
      return new DataException(here() + ": " + shown(text) + " in column " + (i + 1) + ", expected a number"
          + adviceOnWords);
    }
    return new DataException(here() + ": " + shown(text) + " in column " + (i + 1) + ", expected a number"
        + NumberText.remedy(text, options));
  }

  /** A cell in the form that messages show. */
  static String shown(String text) {
    return text.isEmpty() ? "an empty cell" : "\"" + (text.length() > 40 ? text.substring(0, 40) + "..." : text) + "\"";
  }

  /** Cells as messages show them: the first of a long line. */
  static String shortened(String[] cells) {
    String all = String.join(",", cells);
    return all.length() <= 60 ? all : all.substring(0, 60) + "...";
  }

  private void add(int from, int to) {
    int start = from;
    int end = to;
    while (start < end && isSpace(line[start])) {
      start++;
    }
    while (end > start && isSpace(line[end - 1])) {
      end--;
    }
    if (quoted && end - start >= 2 && line[start] == '"' && line[end - 1] == '"') {
      start++;
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

  private boolean separates(byte c, char separator) {
    return switch (separator) {
      case ' ' -> isSpace(c);
      case ANY -> isSpace(c) || c == ',' && !options.decimalComma() || c == ';';
      default -> c == separator;
    };
  }

  private static boolean isSpace(byte c) {
    return c == ' ' || c == '\t' || c == '\f' || c == 0x0b;
  }

  private boolean readLine() throws DataException {
    length = 0;
    special = false;
    boolean any = false;
    while (position < filled || fill()) {
      if (afterReturn && buffer[position] == '\n') {
        position++;
        afterReturn = false;
        continue;
      }
      afterReturn = false;
      any = true;
      int from = position;
      while (position < filled && buffer[position] != '\n' && buffer[position] != '\r') {
        special |= buffer[position] == '"' || buffer[position] == '#';
        position++;
      }
      append(from, position);
      if (position < filled) {
        afterReturn = buffer[position++] == '\r';
        break;
      }
    }
    number += any ? 1 : 0;
    // Excel and similar programs begin a UTF-8 file with a byte order mark.
    if (number == 1 && length >= 3 && line[0] == (byte) 0xef && line[1] == (byte) 0xbb && line[2] == (byte) 0xbf) {
      System.arraycopy(line, 3, line, 0, length - 3);
      length -= 3;
    }
    return any;
  }

  private void append(int from, int to) throws DataException {
    int needed = length + to - from;
    if (needed > line.length) {
      if (needed > LONGEST_LINE) {
        throw new DataException(file() + ":" + (number + 1) + ": a line of more than " + LONGEST_LINE
            + " bytes; break it into lines");
      }
      line = Arrays.copyOf(line, Math.max(needed, 2 * line.length));
    }
    System.arraycopy(buffer, from, line, length, to - from);
    length = needed;
  }

  private boolean fill() throws DataException {
    if (ended) {
      return false;
    }
    filled = source.some(buffer);
    position = 0;
    if (filled == 0) {
      ended = true;
      source.end();
    }
    return filled > 0;
  }

  @Override
  public void close() throws DataException {
    source.close();
  }
}
