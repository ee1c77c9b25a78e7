package gputae.data;

import gputae.files.DataException;
import gputae.linear.DoublePoints;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The coordinates of a file that declares their number. They are stored as they arrive: the memory depends on the
 * coordinates that exist, not on the declared number.
 */
final class GrowingCloud {

  private final Path file;
  private final int dimension;
  private double[] values = new double[1024];
  private int count;

  GrowingCloud(Path file, int dimension) {
    this.file = file;
    this.dimension = dimension;
  }

  /** Adds the next coordinate. */
  void add(double value, String where, int column) throws DataException {
    CloudTable.refuseNotFinite(value, where, count / dimension, column);
    if (count == values.length) {
      if (count == Source.LARGEST_ARRAY) {
        throw new DataException(file + ": more than the " + Source.LARGEST_ARRAY + " coordinates that can be held");
      }
      values = Arrays.copyOf(values, (int) Math.min(Source.LARGEST_ARRAY, 2L * count));
    }
    values[count++] = value;
  }

  DoublePoints finished() {
    return new DoublePoints(Arrays.copyOf(values, count), dimension);
  }
}
