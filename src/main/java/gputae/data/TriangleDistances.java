package gputae.data;

import gputae.files.DataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Reads one triangle of a distance matrix row by row, where line ends count as separators like commas: the lower one
 * (Ripser's lower-distance) or the upper one (Ripser's upper-distance; SciPy's condensed form). A diagonal of zeros is
 * detected and left out.
 */
final class TriangleDistances {

  private TriangleDistances() {}

  static DistanceMatrix text(TextTable table, CloudFiles.Distances form, Consumer<String> note) throws DataException {
    Path file = table.file();
    double[] values = new double[1024];
    int count = 0;
    long lines = 0;
    long firstCells = 0;
    boolean shrinking = true;
    boolean growing = true;
    boolean even = true;
    for (boolean more = toFirstRow(table); more; more = table.next()) {
      int cells = table.split(TextTable.ANY);
      if (cells == 0) {
        continue;
      }
      firstCells = lines == 0 ? cells : firstCells;
      shrinking &= cells == firstCells - lines;
      growing &= cells == lines + 1;
      even &= cells == firstCells;
      lines++;
      long needed = (long) count + cells;
      if (needed > Source.LARGEST_ARRAY) {
        throw tooMany(file, "more than " + Source.LARGEST_ARRAY + " distances");
      }
      if (needed > values.length) {
        values = Arrays.copyOf(values, (int) Math.min(Source.LARGEST_ARRAY, Math.max(needed, values.length * 3L / 2)));
      }
      for (int i = 0; i < cells; i++) {
        double value = table.asDouble(i);
        if (!(value >= 0)) {
          throw refused(table.here(), count, form, value);
        }
        values[count++] = value;
      }
    }
    if (lines > 1 && even && lines == firstCells) {
      throw new DataException(file + ": " + lines
          + " lines of as many distances; for a full square matrix use --format distance");
    }
    boolean lower = form == CloudFiles.Distances.LOWER;
    // Each of these shapes is also a flat list of the other triangle, but with the distances at the wrong pairs.
    if (lower && lines > 1 && shrinking && firstCells == lines) {
      throw new DataException(file
          + ": its lines get shorter, so it is an upper triangle; use --format upper-distance");
    }
    if (!lower && lines > 2 && growing) {
      throw new DataException(file + ": its lines get longer, so it is a lower triangle; use --format lower-distance");
    }
    if (lower && count >= 6 && (lines == 1 || even && firstCells == 1)) {
      note.accept(file
          + ": taken as a lower triangle row by row, as Ripser has it; SciPy's order is that of --format condensed");
    }
    return triangle(file, Arrays.copyOf(values, count), form, note);
  }

  static DistanceMatrix npy(Source source, CloudFiles.Distances form, Consumer<String> note) throws DataException {
    NpyHeader header = NpyHeader.read(source);
    Path file = source.file();
    if (header.shape().length != 1) {
      throw new DataException(file + ": shape " + Arrays.toString(header.shape())
          + ", expected a list of distances [m]; for a full square matrix use --format distance");
    }
    NpyArray array = Npy.read(source, header);
    double[] values;
    if (array instanceof NpyArray.Floats floats) {
      values = new double[floats.values().length];
      Arrays.setAll(values, i -> floats.values()[i]);
    } else if (array instanceof NpyArray.Doubles doubles) {
      values = doubles.values();
    } else {
      note.accept(file + ": integers taken as distances");
      values = array instanceof NpyArray.Integers integers
          ? Arrays.stream(integers.values()).asDoubleStream().toArray() : unsigned((NpyArray.Bytes) array);
    }
    for (int i = 0; i < values.length; i++) {
      if (!(values[i] >= 0)) {
        throw refused(file.toString(), i, form, values[i]);
      }
    }
    return triangle(file, values, form, note);
  }

  private static double[] unsigned(NpyArray.Bytes bytes) {
    double[] values = new double[bytes.values().length];
    Arrays.setAll(values, i -> bytes.values()[i] & 0xff);
    return values;
  }

  /** Reads Ripser's binary format: the strictly lower triangle as float32. */
  static DistanceMatrix binary(Source source) throws DataException {
    Path file = source.file();
    byte[] bytes = source.rest();
    int count = bytes.length / 4;
    int points = points(count);
    if (bytes.length % 4 != 0 || count == 0 || points * (points - 1L) / 2 != count) {
      throw new DataException(file + ": " + bytes.length + " bytes are no lower triangle of float32 numbers");
    }
    float[] lower = new float[count];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(lower);
    for (int i = 0; i < count; i++) {
      if (!(lower[i] >= 0)) {
        throw refused(file.toString(), i, CloudFiles.Distances.LOWER, lower[i]);
      }
      lower[i] += 0f;
    }
    return new DistanceMatrix(points, lower, null);
  }

  /** Moves to the first line, or to the second if the first holds names; false if there is none. */
  static boolean toFirstRow(TextTable table) throws DataException {
    if (!table.next()) {
      return false;
    }
    Boolean header = table.options().header();
    if (header == null) {
      table.split(TextTable.ANY);
      header = Arrays.stream(table.row()).noneMatch(NumberText::looksLikeNumber);
    }
    return !header || table.next();
  }

  private static DistanceMatrix triangle(Path file, double[] values, CloudFiles.Distances form,
      Consumer<String> note) throws DataException {
    int count = values.length;
    if (count == 0) {
      throw new DataException(file + ": no distances");
    }
    int points = points(count);
    if (points * (points - 1L) / 2 != count) {
      throw new DataException(file + ": " + count + " distances are no triangle: " + points + " points have "
          + points * (points - 1L) / 2 + ", "
          + (points + 1) + " have " + points * (points + 1L) / 2 + "; for a full square matrix use --format distance");
    }
    boolean lower = form == CloudFiles.Distances.LOWER;
    boolean diagonal = hasDiagonal(values, points - 1, lower);
    if (!lower || diagonal) {
      values = strictlyLower(values, diagonal ? points - 1 : points, lower, diagonal);
      points -= diagonal ? 1 : 0;
    }
    if (diagonal) {
      note.accept(file + ": a triangle with its diagonal, which is left out");
    }
    for (int i = 0; i < values.length; i++) {
      // This turns -0 into 0.
      values[i] += 0.0;
    }
    return new DistanceMatrix(points, null, values);
  }

  /**
   * Whether all places of a diagonal hold zeros, up to rounding, and some other place does not. A list of distances
   * without a diagonal never looks like this.
   */
  private static boolean hasDiagonal(double[] values, int points, boolean lower) {
    double largest = 0;
    for (double value : values) {
      largest = Math.max(largest, value < Double.POSITIVE_INFINITY ? value : 0);
    }
    if (points < 2 || largest == 0) {
      return false;
    }
    int place = 0;
    for (int i = 0; i < points; i++) {
      if (!(values[place] <= SquareDistances.TOLERANCE * largest)) {
        return false;
      }
      place += lower ? i + 2 : points - i;
    }
    return true;
  }

  private static double[] strictlyLower(double[] values, int points, boolean lower, boolean diagonal) {
    double[] strict = new double[(int) (points * (points - 1L) / 2)];
    int next = 0;
    for (int i = 0; i < points; i++) {
      int from = lower ? 0 : diagonal ? i : i + 1;
      int to = lower ? diagonal ? i + 1 : i : points;
      for (int j = from; j < to; j++) {
        double value = values[next++];
        if (i != j) {
          int row = Math.max(i, j);
          strict[(int) (row * (row - 1L) / 2) + Math.min(i, j)] = value;
        }
      }
    }
    return strict;
  }

  /** The largest n with n (n - 1) / 2 at most {@code count}; this is also the row that holds entry {@code count}. */
  private static int points(long count) {
    int n = (int) ((1 + Math.sqrt(1 + 8.0 * count)) / 2);
    while (n * (n - 1L) / 2 > count) {
      n--;
    }
    while ((n + 1L) * n / 2 <= count) {
      n++;
    }
    return n;
  }

  static DataException tooMany(Path file, String found) {
    return new DataException(file + ": " + found + "; a distance matrix can have at most " + DistanceMatrix.MOST_POINTS
        + " points; give the points instead of their distances");
  }

  private static DataException refused(String where, int place, CloudFiles.Distances form, double value) {
    if (form != CloudFiles.Distances.LOWER) {
      return new DataException(where + ": distance " + place + " (counted from 0) is " + value
          + "; expected a number >= 0");
    }
    int row = points(place);
    return refused(where, row, place - (int) (row * (row - 1L) / 2), value);
  }

  static DataException refused(String where, int row, int column, double value) {
    return new DataException(where + ": the distance of points " + row + " and " + column + " (counted from 0) is "
        + value
        + "; expected a number >= 0");
  }
}
