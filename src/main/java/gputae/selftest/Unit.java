package gputae.selftest;

/** The unit of the errors and bounds of an operation. */
public enum Unit {
  /** Nothing is rounded: every bit must be that of the reference. */
  EXACT(""),
  /**
   * u = 2^-24, the rounding of a float32, times the size of the terms that are summed: the sum of their absolute
   * values.
   */
  ROUNDING("u"),
  /** Standard errors of a mean over random samples. The draw is fixed, so the test always gives the same result. */
  STANDARD_ERROR("se");

  /** One float32 rounding, relative: 2^-24. */
  static final double ROUNDING_OF_ONE = 0x1p-24;

  private final String symbol;

  Unit(String symbol) {
    this.symbol = symbol;
  }

  /** The symbol after the number. */
  public String symbol() {
    return symbol;
  }
}
