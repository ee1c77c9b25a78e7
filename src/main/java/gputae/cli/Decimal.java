package gputae.cli;

import java.math.BigDecimal;
import java.math.MathContext;

/** Float32 numbers as text. */
final class Decimal {

  private Decimal() {}

  /**
   * The decimal with the fewest digits that reads back as the same float32; among those the nearest.
   * ({@code Float.toString} gives more digits than needed for some numbers before Java 19.)
   */
  static String shortest(float x) {
    if (x == 0 || !Float.isFinite(x)) {
      return x == 0 ? "0" : Float.toString(x);
    }
    // This reads back as the same number, and is the shortest except in rare cases, where one digit less is also
    // enough.
    BigDecimal shortest = new BigDecimal(Float.toString(x)).stripTrailingZeros();
    BigDecimal exact = new BigDecimal((double) x);
    while (shortest.precision() > 1) {
      BigDecimal shorter = exact.round(new MathContext(shortest.precision() - 1));
      if (shorter.floatValue() != x) {
        break;
      }
      shortest = shorter.stripTrailingZeros();
    }
    return text(shortest);
  }

  private static String text(BigDecimal value) {
    int exponent = value.precision() - value.scale() - 1;
    return exponent >= -5 && exponent < 9 ? value.toPlainString() : value.toString();
  }
}
