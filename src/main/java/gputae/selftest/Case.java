package gputae.selftest;

import gputae.backend.AdamRates;
import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * One case of an operation. It owns the matrices that it allocates, compares numbers with those of the reference, and
 * remembers the first wrong one.
 */
final class Case implements AutoCloseable {

  /**
   * More values than the threads of a grid that loops over them: {@code CudaBackend} fills a device once, and the
   * largest GPUs have about 160 multiprocessors for 8 blocks of 256 threads each, 327,680 in all. So in each such loop
   * some threads take a second turn.
   */
  static final int MORE_THAN_A_GRID = 600_000;

  private final Backend backend;
  private final Deque<Matrix> matrices = new ArrayDeque<>();
  private long compared;
  private long wrong;
  private String first;
  private double worstError;
  private double worstBound;
  private double worstRatio = -1;

  Case(Backend backend) {
    this.backend = backend;
  }

  Backend backend() {
    return backend;
  }

  // ---- matrices, which exist as long as the case

  Matrix allocate(ElementType type, long rows, long columns) {
    Matrix matrix = backend.allocate(type, rows, columns);
    matrices.push(matrix);
    return matrix;
  }

  /** float32 (rows, columns), all zeros. */
  Matrix zeros(long rows, long columns) {
    return allocate(ElementType.FLOAT32, rows, columns);
  }

  /** float32 (rows, columns). */
  Matrix floats(long rows, long columns, float... values) {
    return zeros(rows, columns).upload(values);
  }

  /** int32 (rows, columns). */
  Matrix ints(long rows, long columns, int... values) {
    return allocate(ElementType.INT32, rows, columns).upload(values);
  }

  /** uint8 (rows, columns). */
  Matrix bytes(long rows, long columns, byte... values) {
    return allocate(ElementType.UINT8, rows, columns).upload(values);
  }

  /** A step counter, int64 (1, 1). */
  Matrix stepAt(long step) {
    return allocate(ElementType.INT64, 1, 1).upload(new long[] {step});
  }

  /** A number that an operation reads on the device, float32 (1, 1). */
  Matrix number(float value) {
    return floats(1, 1, value);
  }

  /** Rates of the optimiser as it reads them. */
  Matrix rates(AdamRates rates) {
    Matrix matrix = rates.on(backend);
    matrices.push(matrix);
    return matrix;
  }

  // ---- comparisons; an unexpected NaN fails each of them

  /** |found - expected| must be within {@code bound} units, each 2^-24 times the size of the terms that are summed. */
  void close(String what, int index, double expected, double found, double bound, double size) {
    within(what, index, expected, found, bound, Unit.ROUNDING_OF_ONE * size);
  }

  /** |found - expected| must be at most {@code bound} times {@code one}. */
  void within(String what, int index, double expected, double found, double bound, double one) {
    compared++;
    double off = Math.abs(expected - found);
    double error = off == 0 ? 0 : off / one;
    double ratio = error / bound;
    if (Double.isNaN(ratio) || ratio > worstRatio) {
      worstRatio = ratio;
      worstError = error;
      worstBound = bound;
    }
    if (!(off <= bound * one)) {
      wrong(what, index, expected, found);
    }
  }

  /** The bits must be the same; all NaNs count as equal. */
  void same(String what, int index, float expected, float found) {
    compared++;
    if (Float.floatToIntBits(expected) != Float.floatToIntBits(found)) {
      wrong(what, index, expected, found);
    }
  }

  void same(String what, float[] expected, float[] found) {
    if (sameLength(what, expected.length, found.length)) {
      for (int i = 0; i < expected.length; i++) {
        same(what, i, expected[i], found[i]);
      }
    }
  }

  void same(String what, double[] expected, double[] found) {
    if (sameLength(what, expected.length, found.length)) {
      for (int i = 0; i < expected.length; i++) {
        compared++;
        if (Double.doubleToLongBits(expected[i]) != Double.doubleToLongBits(found[i])) {
          wrong(what, i, expected[i], found[i]);
        }
      }
    }
  }

  void same(String what, int[] expected, int[] found) {
    if (sameLength(what, expected.length, found.length)) {
      for (int i = 0; i < expected.length; i++) {
        compared++;
        if (expected[i] != found[i]) {
          wrong(what, i, expected[i], found[i]);
        }
      }
    }
  }

  void same(String what, long expected, long found) {
    compared++;
    if (expected != found) {
      wrong(what, 0, expected, found);
    }
  }

  /** Requires a condition for which there are no numbers to compare. */
  void require(boolean condition, String otherwise) {
    compared++;
    if (!condition) {
      wrong(otherwise);
    }
  }

  private boolean sameLength(String what, int expected, int found) {
    if (expected != found) {
      wrong(what + " has " + found + " numbers instead of " + expected);
    }
    return expected == found;
  }

  private void wrong(String what, int index, Number expected, Number found) {
    if (wrong == 0) {
      wrong(what + "[" + index + "] is " + found + " instead of " + expected);
    } else {
      wrong++;
    }
  }

  private void wrong(String text) {
    if (wrong++ == 0) {
      first = text;
    }
  }

  // ---- the results

  long compared() {
    return compared;
  }

  /** The largest value of error / bound; -1 if nothing was compared within a bound. */
  double worstRatio() {
    return worstRatio;
  }

  double worstError() {
    return worstError;
  }

  double worstBound() {
    return worstBound;
  }

  /** The first wrong number and how many are wrong, or null if there are none. */
  String failure() {
    return wrong == 0 ? null : wrong == 1 ? first : first + " (" + wrong + " of " + compared + " numbers are wrong)";
  }

  @Override
  public void close() {
    for (Matrix matrix : matrices) {
      try {
        matrix.close();
      } catch (RuntimeException e) {
        // A device that failed may not free memory either; the case has already reported the failure.
      }
    }
    matrices.clear();
  }
}
