package gputae.data;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/** Reads point clouds and distance matrices from text and .npy files. */
public final class CloudFiles {

  private CloudFiles() {}

  /**
   * Reads a point cloud. {@code .npy}: float32 (kept as float32), float64 or integers, shape [n, d], or [n] for n points on a line. Anything else is text,
   * one point a line, read as float64: cells separated by semicolons, commas or spaces (the first of these that the first line has), optionally a header
   * line; blank lines and lines that start with # do not count. A NaN or infinite coordinate is refused.
   */
  public static PointCloud readCloud(Path file) throws DataException {
    return isNpy(file) ? npyCloud(file) : textCloud(file);
  }

  /**
   * Reads a distance matrix as float32. Negative, NaN and infinite distances are refused.
   *
   * @param lower true: text, the strictly lower triangle row by row, numbers separated by commas, semicolons, spaces or line ends (Ripser's
   *              {@code lower-distance}); false: the full square, text or .npy [n, n], with zeros on the diagonal and equal on both sides of it to 8 units
   *              in the last place of float32 (the lower triangle is kept)
   */
  public static DistanceMatrix readDistances(Path file, boolean lower) throws DataException {
    if (lower && isNpy(file)) {
      throw new DataException(file + ": a lower triangle is read from text only; store the full matrix [n, n] and use --format distance");
    }
    return lower ? LowerDistances.read(file) : SquareDistances.read(file);
  }

  static boolean isNpy(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".npy");
  }

  private static PointCloud npyCloud(Path file) throws DataException {
    NpyArray array = Npy.read(file);
    int[] shape = array.shape();
    if (shape.length != 1 && shape.length != 2) {
      throw new DataException(file + ": shape " + Arrays.toString(shape) + ", expected [points, dimension] or [points]");
    }
    int points = shape[0];
    int dimension = shape.length == 1 ? 1 : shape[1];
    if (points == 0 || dimension == 0) {
      throw new DataException(file + ": shape " + Arrays.toString(shape) + " holds no points");
    }
    if (array instanceof NpyArray.Floats floats) {
      float[] values = floats.values();
      for (int i = 0; i < values.length; i++) {
        refuseNotFinite(values[i], file.toString(), i / dimension, i % dimension);
      }
      return new PointCloud(points, dimension, values, null);
    }
    double[] values;
    if (array instanceof NpyArray.Doubles doubles) {
      values = doubles.values();
    } else if (array instanceof NpyArray.Integers integers) {
      values = Arrays.stream(integers.values()).asDoubleStream().toArray();
    } else {
      byte[] bytes = ((NpyArray.Bytes) array).values();
      values = new double[bytes.length];
      Arrays.setAll(values, i -> bytes[i] & 0xff);
    }
    for (int i = 0; i < values.length; i++) {
      refuseNotFinite(values[i], file.toString(), i / dimension, i % dimension);
    }
    return new PointCloud(points, dimension, null, values);
  }

  private static PointCloud textCloud(Path file) throws DataException {
    try (TextTable table = new TextTable(file)) {
      if (!table.next()) {
        throw new DataException(file + ": no points: the file is empty or holds only comments");
      }
      char separator = table.separator();
      int dimension = table.split(separator);
      if (isHeader(table, dimension)) {
        if (table.cell(0).isEmpty()) {
          throw new DataException(table.here() + ": the header's first name is empty, so the first column is probably a row index; drop it");
        }
        if (!table.next()) {
          throw new DataException(file + ": no points: nothing follows the header line");
        }
        separator = table.separator();
        dimension = table.split(separator);
      }
      long firstLine = table.number();
      double[] values = new double[1024];
      int points = 0;
      do {
        int found = table.split(separator);
        if (found != dimension) {
          throw new DataException(table.here() + ": " + found + " columns, expected " + dimension + " as in line " + firstLine);
        }
        long needed = (points + 1L) * dimension;
        if (needed > Source.LARGEST_ARRAY) {
          throw new DataException(table.here() + ": more than the " + Source.LARGEST_ARRAY + " coordinates that can be held");
        }
        if (needed > values.length) {
          values = Arrays.copyOf(values, (int) Math.min(Source.LARGEST_ARRAY, Math.max(needed, values.length * 3L / 2)));
        }
        for (int column = 0; column < dimension; column++) {
          double value = table.asDouble(column);
          if (!Double.isFinite(value)) {
            refuseNotFinite(value, table.here(), points, column);
          }
          values[points * dimension + column] = value;
        }
        points++;
      } while (table.next());
      return new PointCloud(points, dimension, null, Arrays.copyOf(values, points * dimension));
    }
  }

  private static boolean isHeader(TextTable table, int cells) {
    for (int i = 0; i < cells; i++) {
      if (table.isNumber(i)) {
        return false;
      }
    }
    return true;
  }

  private static void refuseNotFinite(double value, String where, int point, int column) throws DataException {
    if (!Double.isFinite(value)) {
      throw new DataException(where + ": point " + point + " (counted from 0) has coordinate " + value + " in column " + (column + 1)
          + "; every coordinate must be a finite number");
    }
  }
}
