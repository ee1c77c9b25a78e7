package gputae.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads a full square distance matrix row by row, so that only the triangle is ever held. An entry above the diagonal waits at its mirror image's place
 * until that one is read and compared.
 */
final class SquareDistances {

  // 8 units in the last place: both entries may have been computed, each with its own rounding.
  private static final float TOLERANCE = 0x1p-20f;

  private final Path file;
  private final int points;
  private final float[] lower;

  private SquareDistances(Path file, int points) throws DataException {
    if (points > DistanceMatrix.MOST_POINTS) {
      throw LowerDistances.tooMany(file, points + " points");
    }
    this.file = file;
    this.points = points;
    this.lower = new float[(int) (points * (points - 1L) / 2)];
  }

  static DistanceMatrix read(Path file) throws DataException {
    SquareDistances matrix = CloudFiles.isNpy(file) ? npy(file) : text(file);
    return new DistanceMatrix(matrix.points, matrix.lower);
  }

  private static SquareDistances npy(Path file) throws DataException {
    try (Source source = Source.open(file, false)) {
      NpyHeader header = NpyHeader.read(source);
      int[] shape = header.shape();
      if (shape.length != 2 || shape[0] != shape[1] || shape[0] == 0 || header.kind() != 'f') {
        throw new DataException(file + ": shape " + Arrays.toString(shape) + " of " + (header.kind() == 'f' ? "floats" : "integers")
            + ", expected a square [n, n] of float32 or float64");
      }
      int points = shape[0];
      if (points <= DistanceMatrix.MOST_POINTS) {
        source.demand(header.count() * header.bytes(), "distances");
      }
      SquareDistances matrix = new SquareDistances(file, points);
      Npy.Values values = new Npy.Values(source, header);
      for (int i = 0; i < points; i++) {
        for (int j = 0; j < points; j++) {
          // Column-major files come transposed, which is the same for a symmetric matrix.
          matrix.put(header.fortran() ? j : i, header.fortran() ? i : j, (float) values.real(), i > j, file.toString());
        }
      }
      source.end();
      return matrix;
    }
  }

  private static SquareDistances text(Path file) throws DataException {
    try (TextTable table = new TextTable(file)) {
      if (!table.next()) {
        throw new DataException(file + ": no distances: the file is empty or holds only comments");
      }
      int points = table.split(TextTable.ANY);
      // Every entry takes a digit and something after it: a first line must not claim memory for rows that cannot be there.
      long size = size(file);
      if (points <= DistanceMatrix.MOST_POINTS && 2L * points * points - 1 > size) {
        throw new DataException(table.here() + ": " + points + " columns, so " + points + " rows were expected, for which the file is too short;"
            + " for a lower triangle use --format lower-distance");
      }
      SquareDistances matrix = new SquareDistances(file, points);
      int row = 0;
      do {
        int found = table.split(TextTable.ANY);
        if (found != points || row == points) {
          throw new DataException(table.here() + ": row " + (row + 1) + " of " + found + " columns, expected " + points + " rows of " + points + " columns");
        }
        for (int j = 0; j < points; j++) {
          matrix.put(row, j, table.asFloat(j), row > j, table.here());
        }
        row++;
      } while (table.next());
      if (row < points) {
        throw new DataException(file + ": ends after " + row + " rows, expected " + points + " of " + points + " columns; for a lower triangle use"
            + " --format lower-distance");
      }
      return matrix;
    }
  }

  private static long size(Path file) throws DataException {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw DataException.reading(file, e);
    }
  }

  /** Takes entry (i, j); {@code second} where (j, i) came before. */
  private void put(int i, int j, float value, boolean second, String where) throws DataException {
    if (!(value >= 0 && value < Float.POSITIVE_INFINITY)) {
      throw LowerDistances.refused(where, i, j, value);
    }
    if (i == j) {
      if (value != 0) {
        throw new DataException(where + ": the distance of point " + i + " (counted from 0) to itself is " + value + ", expected 0");
      }
      return;
    }
    int row = Math.max(i, j);
    int place = (int) (row * (row - 1L) / 2 + Math.min(i, j));
    if (second) {
      float mirror = lower[place];
      if (!(Math.abs(value - mirror) <= TOLERANCE * Math.max(value, mirror))) {
        throw new DataException(where + ": not symmetric: the distance of points " + i + " and " + j + " (counted from 0) is " + value
            + " one way and " + mirror + " the other");
      }
    }
    // Turns -0 into 0. The entry below the diagonal is the one that stays.
    if (!second || i > j) {
      lower[place] = value + 0f;
    }
  }
}
