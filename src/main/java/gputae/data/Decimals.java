package gputae.data;

/**
 * Parses decimal numbers from bytes, correctly rounded, without an object per number. A number with up to 19 digits and
 * a power of ten up to 22 is computed as a quotient or product together with its rounding error. The JDK parses all
 * other numbers, and those too near the middle of two doubles.
 */
final class Decimals {

  private static final int MOST_DIGITS = 18;
  private static final long FRACTION = (1L << 52) - 1;
  private static final double SPLITTER = 0x1p27 + 1;
  private static final double[] POWERS = new double[23];

  static {
    POWERS[0] = 1;
    for (int i = 1; i < POWERS.length; i++) {
      // Exact: 10^22 is the largest power of ten that is a double.
      POWERS[i] = POWERS[i - 1] * 10;
    }
  }

  private Decimals() {}

  /**
   * The number in bytes from..to with this decimal mark. NaN if the bytes hold no number or one that this method cannot
   * compute.
   */
  static double parse(byte[] text, int from, int to, char mark) {
    int i = from;
    boolean negative = i < to && text[i] == '-';
    if (i < to && (text[i] == '-' || text[i] == '+')) {
      i++;
    }
    long digits = 0;
    int count = 0;
    int scale = 0;
    boolean any = false;
    boolean fraction = false;
    for (; i < to; i++) {
      int c = text[i];
      if (c >= '0' && c <= '9') {
        any = true;
        if (count > 0 || c != '0') {
          count++;
        }
        if (count > MOST_DIGITS + 1) {
          return Double.NaN;
        }
        digits = 10 * digits + (c - '0');
        scale -= fraction ? 1 : 0;
      } else if (c == mark && !fraction) {
        fraction = true;
      } else {
        break;
      }
    }
    if (!any) {
      return Double.NaN;
    }
    if (i < to) {
      if (text[i] != 'e' && text[i] != 'E') {
        return Double.NaN;
      }
      i++;
      boolean down = i < to && text[i] == '-';
      if (i < to && (text[i] == '-' || text[i] == '+')) {
        i++;
      }
      if (i == to || to - i > 4) {
        return Double.NaN;
      }
      int exponent = 0;
      for (; i < to; i++) {
        if (text[i] < '0' || text[i] > '9') {
          return Double.NaN;
        }
        exponent = 10 * exponent + (text[i] - '0');
      }
      scale += down ? -exponent : exponent;
    }
    // 19 digits may exceed 2^63.
    if (digits < 0 || digits > 0 && (scale < -22 || scale > 22)) {
      return Double.NaN;
    }
    double value = digits == 0 ? 0 : scaled(digits, scale);
    return negative ? -value : value;
  }

  /** digits 10^scale, or NaN if its rounding is uncertain. */
  private static double scaled(long digits, int scale) {
    double high = digits;
    // The part of the long that the double does not hold; it is exact.
    double low = digits == Long.MAX_VALUE ? Double.NaN : digits - (long) high;
    double power = POWERS[Math.abs(scale)];
    double first;
    double rest;
    if (scale < 0) {
      first = high / power;
      double product = first * power;
      rest = ((high - product) - productError(first, power, product) + low) / power;
    } else {
      first = high * power;
      rest = productError(high, power, first) + low * power;
    }
    double value = first + rest;
    double left = rest - (value - first);
    // The true value is value + left, accurate to about 100 bits; if it is halfway between two doubles, that is not
    // enough to decide. Below a power of two, doubles are twice as dense.
    double half = Math.ulp(value) * ((Double.doubleToRawLongBits(value) & FRACTION) == 0 ? 0.25 : 0.5);
    return Math.abs(left) < half * (1 - 0x1p-30) ? value : Double.NaN;
  }

  /** a b - product, exactly (Dekker 1971). */
  private static double productError(double a, double b, double product) {
    double t = SPLITTER * a;
    double aHigh = t - (t - a);
    double aLow = a - aHigh;
    t = SPLITTER * b;
    double bHigh = t - (t - b);
    double bLow = b - bHigh;
    return ((aHigh * bHigh - product) + aHigh * bLow + aLow * bHigh) + aLow * bLow;
  }
}
