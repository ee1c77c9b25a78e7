package gputae.bench;

import java.util.function.IntToDoubleFunction;

/**
 * Compares the results of a device with the reference. Bounds are those of {@link gputae.selftest.SelfTest}: multiples
 * of 2^-24 times the size of the terms that are summed. NaN is always wrong.
 */
final class Answer {

  /** Number of values of a large result that are compared. */
  static final int SAMPLES = 1000;

  private static final double ROUNDING = 0x1p-24;

  private Answer() {}

  /**
   * A sum in double.
   *
   * @param size sum of the sizes of the terms
   */
  record Sum(double value, double size) {}

  static Sum sum(int count, IntToDoubleFunction term) {
    double value = 0;
    double size = 0;
    for (int i = 0; i < count; i++) {
      double one = term.applyAsDouble(i);
      value += one;
      size += Math.abs(one);
    }
    return new Sum(value, size);
  }

  /** Requires that |found - expected| is at most {@code bound} roundings of {@code size}. */
  static void close(String what, int index, double expected, double found, double bound, double size) {
    if (!(Math.abs(expected - found) <= bound * ROUNDING * size)) {
      throw wrong(what, index, expected, found);
    }
  }

  /** Requires the same bits. */
  static void same(String what, int index, float expected, float found) {
    if (Float.floatToRawIntBits(expected) != Float.floatToRawIntBits(found)) {
      throw wrong(what, index, expected, found);
    }
  }

  static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new WrongAnswerException("wrong answer: " + otherwise);
    }
  }

  private static WrongAnswerException wrong(String what, int index, Number expected, Number found) {
    return new WrongAnswerException(
        "wrong answer: " + what + "[" + index + "] is " + found + " instead of " + expected);
  }
}
