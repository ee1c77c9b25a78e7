package gputae.data;

import java.nio.file.Path;
import java.util.Arrays;

/** Reads Ripser's lower-distance format: the strictly lower triangle row by row, where line ends mean no more than commas. */
final class LowerDistances {

  private LowerDistances() {}

  static DistanceMatrix read(Path file) throws DataException {
    try (TextTable table = new TextTable(file)) {
      float[] lower = new float[1024];
      int count = 0;
      long lines = 0;
      long firstCells = 0;
      boolean shrinking = true;
      while (table.next()) {
        int cells = table.split(TextTable.ANY);
        if (cells == 0) {
          continue;
        }
        firstCells = lines == 0 ? cells : firstCells;
        shrinking &= cells == firstCells - lines;
        lines++;
        long needed = (long) count + cells;
        if (needed > Source.LARGEST_ARRAY) {
          throw tooMany(file, "more than " + Source.LARGEST_ARRAY + " distances");
        }
        if (needed > lower.length) {
          lower = Arrays.copyOf(lower, (int) Math.min(Source.LARGEST_ARRAY, Math.max(needed, lower.length * 3L / 2)));
        }
        for (int i = 0; i < cells; i++) {
          float value = table.asFloat(i);
          if (!(value >= 0 && value < Float.POSITIVE_INFINITY)) {
            int row = points(count);
            throw refused(table.here(), row, count - (int) (row * (row - 1L) / 2), value);
          }
          // Turns -0 into 0.
          lower[count++] = value + 0f;
        }
      }
      if (count == 0) {
        throw new DataException(file + ": no distances");
      }
      int points = points(count);
      if (points * (points - 1L) / 2 != count) {
        throw new DataException(file + ": " + count + " distances are no lower triangle: " + points + " points have " + points * (points - 1L) / 2 + ", "
            + (points + 1) + " have " + points * (points + 1L) / 2 + "; for a full square matrix use --format distance");
      }
      // Rows of n-1, n-2, ..., 1 numbers would pass as a flat list and give the distances to the wrong pairs.
      if (lines > 1 && shrinking && firstCells == lines) {
        throw new DataException(file + ": its lines get shorter, so it is an upper triangle; expected lines of 1, 2, 3, ... distances");
      }
      return new DistanceMatrix(points, Arrays.copyOf(lower, count));
    }
  }

  /** The largest n with n (n - 1) / 2 at most {@code count}; also the row that holds entry {@code count}. */
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

  static DataException refused(String where, int row, int column, float value) {
    return new DataException(where + ": the distance of points " + row + " and " + column + " (counted from 0) is " + value
        + "; expected a finite number >= 0");
  }
}
