package gputae.selftest;

/** What an operation's errors and bounds are counted in. */
public enum Unit {
  /** Nothing is rounded: every bit must be the reference's. */
  EXACT(""),
  /**
   * u = 2^-24, the rounding of a float32, times the size of what is summed: the sum of the absolute values of its
   * terms.
   */
  ROUNDING("u"),
  /** Standard errors of a mean over random samples. The draw is fixed, so it passes or fails for good. */
  STANDARD_ERROR("se");

  /** One float32 rounding, relative: 2^-24. */
  static final double ROUNDING_OF_ONE = 0x1p-24;

  private final String symbol;

  Unit(String symbol) {
    this.symbol = symbol;
  }

  /** What stands behind the number. */
  public String symbol() {
    return symbol;
  }
}
