package gputae.cli;

import gputae.run.Failure;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.IntToDoubleFunction;

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
   * @param values float64 [points, d]
   * @return float32 [points, d]
   */
  static float[] of(Path file, double[] values, int points, Consumer<String> log) {
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
    if (exact) {
      return rounded;
    }
    int d = values.length / points;
    int lost = different(values, points, d) - different(rounded, points, d);
    double moved = moved(values, rounded, d);
    double extent = extent(values, points, d);
    if (lost > 0 || moved > MOST * extent) {
      String harm = lost > 0 ? "makes " + lost + (lost == 1 ? " point" : " points") + " equal to another"
          : String.format(Locale.ROOT, "moves points by up to %.1g of the cloud's extent", moved / extent);
      throw new Failure(file + ": rounding to float32, in which the measures are made, " + harm
          + "; move the data to its mean first: numpy.save('NEW.npy', A - A.mean(0))");
    }
    log.accept(file + ": float64 values, rounded to float32 for the measures");
    return rounded;
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

  private static double extent(double[] values, int points, int d) {
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
  private static int different(double[] values, int points, int d) {
    return (int) Arrays.stream(hashes(points, d, i -> values[i])).distinct().count();
  }

  private static int different(float[] values, int points, int d) {
    return (int) Arrays.stream(hashes(points, d, i -> values[i])).distinct().count();
  }

  private static long[] hashes(int points, int d, IntToDoubleFunction value) {
    long[] hashes = new long[points];
    for (int n = 0; n < points; n++) {
      long hash = 0;
      for (int i = 0; i < d; i++) {
        // 0.0 and -0.0 are the same coordinate. The multiplication and the shift are those of splitmix64.
        hash = (hash ^ Double.doubleToLongBits(value.applyAsDouble(n * d + i) + 0.0)) * 0xBF58476D1CE4E5B9L;
        hash ^= hash >>> 29;
      }
      hashes[n] = hash;
    }
    return hashes;
  }
}
