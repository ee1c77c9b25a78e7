package gputae.data;

import gputae.files.DataException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Reads Ripser's sparse distances: lines of two points, counted from 0, and their distance. A pair may be given in both
 * directions if both distances agree. Distances of points to themselves, which must be 0, and infinite distances are
 * skipped.
 */
final class SparseText {

  // The components take 4 bytes per point; one large index must not claim memory without bound.
  private static final int MOST_POINTS = 1 << 26;

  private SparseText() {}

  static SparseDistances read(TextTable table, Consumer<String> note) throws DataException {
    Path file = table.file();
    int[] ends = new int[1024];
    double[] lengths = new double[512];
    int count = 0;
    int points = 0;
    int least = Integer.MAX_VALUE;
    for (boolean more = TriangleDistances.toFirstRow(table); more; more = table.next()) {
      int cells = table.split(TextTable.ANY);
      if (cells != 3) {
        throw new DataException(table.here() + ": " + cells + " columns, expected two points and their distance");
      }
      int u = point(table, 0);
      int v = point(table, 1);
      double length = table.asDouble(2);
      if (!(length >= 0) || u == v && length != 0) {
        throw TriangleDistances.refused(table.here(), u, v, length);
      }
      points = Math.max(points, Math.max(u, v) + 1);
      least = Math.min(least, Math.min(u, v));
      if (u == v || length == Double.POSITIVE_INFINITY) {
        continue;
      }
      if (2L * (count + 1) > ends.length) {
        if (2L * (count + 1) > Source.LARGEST_ARRAY) {
          throw new DataException(file + ": more than " + Source.LARGEST_ARRAY / 2 + " distances");
        }
        lengths = Arrays.copyOf(lengths, (int) Math.min(Source.LARGEST_ARRAY / 2, 2L * count));
        ends = Arrays.copyOf(ends, 2 * lengths.length);
      }
      ends[2 * count] = Math.min(u, v);
      ends[2 * count + 1] = Math.max(u, v);
      lengths[count++] = length + 0.0;
    }
    if (points == 0) {
      throw new DataException(file + ": no distances");
    }
    if (least == 1) {
      note.accept("warning: " + file + ": point 0 has no distance; points are counted from 0");
    }
    SparseDistances sparse = new SparseDistances(points, Arrays.copyOf(ends, 2 * count), Arrays.copyOf(lengths, count));
    refuseContradictions(file, sparse);
    return sparse;
  }

  private static int point(TextTable table, int column) throws DataException {
    double value = table.asDouble(column);
    if (!(value >= 0 && value < MOST_POINTS && value == Math.rint(value))) {
      throw new DataException(table.here() + ": " + TextTable.shown(table.cell(column)) + " in column " + (column + 1)
          + ", expected the number of a point, 0 to " + (MOST_POINTS - 1));
    }
    return (int) value;
  }

  /** If a pair is given twice, both distances must agree within the rounding of float32. */
  static void refuseContradictions(Path file, SparseDistances sparse) throws DataException {
    int[] ends = sparse.ends();
    double[] lengths = sparse.lengths();
    Integer[] order = new Integer[lengths.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> ends[2 * a] != ends[2 * b] ? Integer.compare(ends[2 * a], ends[2 * b])
        : Integer.compare(ends[2 * a + 1], ends[2 * b + 1]));
    for (int i = 1; i < order.length; i++) {
      int a = order[i - 1];
      int b = order[i];
      boolean samePair = ends[2 * a] == ends[2 * b] && ends[2 * a + 1] == ends[2 * b + 1];
      if (samePair && !(Math.abs(lengths[a] - lengths[b]) <= SquareDistances.TOLERANCE * Math.max(lengths[a],
          lengths[b]))) {
        throw new DataException(file + ": not symmetric: the distance of points " + ends[2 * a] + " and "
            + ends[2 * a + 1] + " (counted from 0) is "
            + lengths[a] + " and " + lengths[b]);
      }
    }
  }
}
