package gputae.cli;

import gputae.linear.DoublePoints;
import gputae.linear.FloatPoints;
import gputae.linear.PointCloud;
import gputae.run.Failure;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Rounds float64 points to float32, the type in which embeddings are measured. The file is refused if rounding would
 * make different points equal, or would move a point by more than 1e-5 of the cloud's extent, since the neighbours
 * would change.
 */
final class FloatRounding {

  /**
   * The largest distance by which a point may move, relative to the root mean square distance of the points from their
   * mean.
   */
  private static final double MOST = 1e-5;

  private FloatRounding() {}

  /**
   * Rounds the values, and says so on {@code log} if a value changes.
   *
   * @return the points in float32
   */
  static FloatPoints of(Path file, DoublePoints cloud, Consumer<String> log) {
    double[] values = cloud.coordinates();
    float[] rounded = new float[values.length];
    boolean exact = true;
    for (int i = 0; i < values.length; i++) {
      rounded[i] = (float) values[i];
      if (Float.isInfinite(rounded[i]) && Double.isFinite(values[i])) {
        throw new Failure(file + ": " + values[i] + " is beyond float32, in which the measures are made; scale the"
            + " data: numpy.save('NEW.npy', A / abs(A).max())");
      }
      exact &= rounded[i] == values[i] || Double.isNaN(values[i]);
    }
    FloatPoints single = new FloatPoints(rounded, cloud.dimension());
    if (exact) {
      return single;
    }
    int lost = different(cloud) - different(single);
    double moved = moved(values, rounded, cloud.dimension());
    double extent = extent(cloud);
    if (lost > 0 || moved > MOST * extent) {
      String harm = lost > 0 ? "makes " + lost + (lost == 1 ? " point" : " points") + " equal to another"
          : String.format(Locale.ROOT, "moves points by up to %.1g of the cloud's extent", moved / extent);
      throw new Failure(file + ": rounding to float32, in which the measures are made, " + harm
          + "; move the data to its mean first: numpy.save('NEW.npy', A - A.mean(0))");
    }
    log.accept(file + ": float64 values, rounded to float32 for the measures");
    return single;
  }

  /** The largest distance between a point and its rounded value. */
  private static double moved(double[] values, float[] rounded, int d) {
    double most = 0;
    for (int row = 0; row < values.length; row += d) {
      double squares = 0;
      for (int i = row; i < row + d; i++) {
        squares += (values[i] - rounded[i]) * (values[i] - rounded[i]);
      }
      most = Math.max(most, squares);
    }
    return Math.sqrt(most);
  }

  private static double extent(DoublePoints cloud) {
    double[] values = cloud.coordinates();
    int points = cloud.count();
    int d = cloud.dimension();
    double[] mean = new double[d];
    for (int i = 0; i < values.length; i++) {
      mean[i % d] += values[i] / points;
    }
    double squares = 0;
    for (int i = 0; i < values.length; i++) {
      squares += (values[i] - mean[i % d]) * (values[i] - mean[i % d]) / points;
    }
    return Math.sqrt(squares);
  }

  /** The number of different rows; they are compared by a 64-bit hash of each. */
  private static int different(PointCloud cloud) {
    long[] hashes = new long[cloud.count()];
    for (int n = 0; n < hashes.length; n++) {
      long hash = 0;
      for (int i = 0; i < cloud.dimension(); i++) {
        // 0.0 and -0.0 are the same coordinate. The multiplication and the shift are those of splitmix64.
        hash = (hash ^ Double.doubleToLongBits(cloud.coordinate(n, i) + 0.0)) * 0xBF58476D1CE4E5B9L;
        hash ^= hash >>> 29;
      }
      hashes[n] = hash;
    }
    return (int) Arrays.stream(hashes).distinct().count();
  }
}
