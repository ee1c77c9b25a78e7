package gputae.data;

import gputae.files.DataException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Reads a full square distance matrix row by row, and holds only one triangle. An entry above the diagonal is stored at
 * the place of its mirror image, until that one is read and compared. Small deviations of the diagonal and of the
 * symmetry, as rounding causes them, are accepted with a note.
 */
final class SquareDistances {

  /** 8 units in the last place of float32: both entries may have been computed, each with its own rounding. */
  static final double TOLERANCE = 0x1p-20;

  private final Path file;
  private final int points;
  private final float[] single;
  private final double[] full;
  private double largest;
  private double diagonal;
  private String diagonalRefusal;
  private double asymmetry;

  private SquareDistances(Path file, int points, boolean isSingle) throws DataException {
    if (points > DistanceMatrix.MOST_POINTS) {
      throw TriangleDistances.tooMany(file, points + " points");
    }
    this.file = file;
    this.points = points;
    int count = (int) (points * (points - 1L) / 2);
    this.single = isSingle ? new float[count] : null;
    this.full = isSingle ? null : new double[count];
  }

  /** Supplies values one after another. */
  @FunctionalInterface
  interface Next {
    double value() throws DataException;
  }

  static DistanceMatrix npy(Source source, Consumer<String> note) throws DataException {
    NpyHeader header = NpyHeader.read(source);
    int[] shape = header.shape();
    Path file = source.file();
    if (shape.length == 1) {
      throw new DataException(file + ": shape " + Arrays.toString(shape)
          + ", expected a square [n, n]; for a condensed list, as SciPy's pdist makes it,"
          + " use --format condensed");
    }
    if (shape.length != 2 || shape[0] != shape[1] || shape[0] == 0) {
      throw new DataException(file + ": shape " + Arrays.toString(shape) + ", expected a square [n, n]");
    }
    if (shape[0] <= DistanceMatrix.MOST_POINTS) {
      source.demand(header.count() * header.bytes(), "distances");
    }
    Npy.Values values = new Npy.Values(source, header);
    boolean real = header.kind() == 'f';
    // A column-major file is read transposed.
    DistanceMatrix matrix = read(source, shape[0], real && header.bytes() <= 4, header.fortran(), real
        ? values::real : values::integer, note);
    source.end();
    if (!real) {
      note.accept(file + ": integers taken as distances");
    }
    return matrix;
  }

  /** Reads [points, points] values from {@code next}; the source only gives the name of the file. */
  static DistanceMatrix read(Source source, int points, boolean isSingle, boolean transposed, Next next,
      Consumer<String> note) throws DataException {
    SquareDistances matrix = new SquareDistances(source.file(), points, isSingle);
    String where = source.file().toString();
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < points; j++) {
        matrix.put(transposed ? j : i, transposed ? i : j, next.value(), i > j, where);
      }
    }
    return matrix.finished(note);
  }

  /** @param size upper bound for the bytes of the file */
  static DistanceMatrix text(TextTable table, long size, Consumer<String> note) throws DataException {
    Path file = table.file();
    if (!TriangleDistances.toFirstRow(table)) {
      throw new DataException(file + ": no distances: the file is empty or holds only comments");
    }
    int points = table.split(TextTable.ANY);
    // Every entry takes a digit and a character after it: the first line must not claim memory for rows that cannot
    // exist.
    if (points <= DistanceMatrix.MOST_POINTS && 2L * points * points - 1 > size) {
      throw new DataException(table.here() + ": " + points + " columns, so " + points
          + " rows were expected, for which the file is too short;"
          + " for a triangle use --format lower-distance, upper-distance or condensed");
    }
    SquareDistances matrix = new SquareDistances(file, points, false);
    int row = 0;
    do {
      int found = table.split(TextTable.ANY);
      if (found != points || row == points) {
        throw new DataException(table.here() + ": row " + (row + 1) + " of " + found + " columns, expected " + points
            + " rows of " + points + " columns"
            + (row == 1 && found == points - 1 ? "; for an upper triangle use --format upper-distance" : "")
            + (row == 1 && found == 2 && points == 1 ? "; for a lower triangle use --format lower-distance" : "")
            + (row == 1 && found == points + 1 ? "; leave the index of rows out of the file" : ""));
      }
      for (int j = 0; j < points; j++) {
        matrix.put(row, j, table.asDouble(j), row > j, table.here());
      }
      row++;
    } while (table.next());
    if (row < points) {
      throw new DataException(file + ": ends after " + row + " rows, expected " + points + " of " + points
          + " columns; for a triangle use"
          + " --format lower-distance, upper-distance or condensed");
    }
    return matrix.finished(note);
  }

  /** Takes entry (i, j); {@code second} if (j, i) came before. */
  private void put(int i, int j, double value, boolean second, String where) throws DataException {
    if (i == j) {
      if (!(Math.abs(value) <= diagonal)) {
        diagonal = Math.abs(value);
        diagonalRefusal = where + ": the distance of point " + i + " (counted from 0) to itself is " + value
            + ", expected 0";
        if (!(diagonal < Double.POSITIVE_INFINITY)) {
          throw new DataException(diagonalRefusal);
        }
      }
      return;
    }
    if (!(value >= 0)) {
      throw TriangleDistances.refused(where, i, j, value);
    }
    int row = Math.max(i, j);
    int place = (int) (row * (row - 1L) / 2 + Math.min(i, j));
    if (second) {
      double mirror = single != null ? single[place] : full[place];
      if (value != mirror) {
        double difference = Math.abs(value - mirror) / Math.max(value, mirror);
        if (!(difference <= TOLERANCE)) {
          throw new DataException(where + ": not symmetric: the distance of points " + i + " and " + j
              + " (counted from 0) is " + value
              + " one way and " + mirror + " the other");
        }
        asymmetry = Math.max(asymmetry, difference);
      }
    }
    if (value < Double.POSITIVE_INFINITY) {
      largest = Math.max(largest, value);
    }
    // The entry below the diagonal is the one that is kept. The addition turns -0 into 0.
    if (!second || i > j) {
      if (single != null) {
        single[place] = (float) value + 0f;
      } else {
        full[place] = value + 0.0;
      }
    }
  }

  private DistanceMatrix finished(Consumer<String> note) throws DataException {
    if (!(diagonal <= TOLERANCE * largest)) {
      throw new DataException(diagonalRefusal);
    }
    if (diagonal > 0) {
      note.accept(file + ": a diagonal of up to " + diagonal + " taken as 0, which it is within rounding");
    }
    if (asymmetry > 0) {
      note.accept(file + ": symmetric within rounding only; the entries below the diagonal are taken");
    }
    return new DistanceMatrix(points, single, full);
  }
}
