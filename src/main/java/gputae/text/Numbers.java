package gputae.text;

import java.math.BigDecimal;
import java.util.Locale;

/** Numbers in a form for people; the same in every locale. */
public final class Numbers {

  private Numbers() {}

  /** About four significant digits: 0.1912, 9.812, 1234, 0.005791, 1.2e-05, 3.1e+07, NaN. */
  public static String fourDigits(double value) {
    double size = Math.abs(value);
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? "NaN" : value > 0 ? "inf" : "-inf";
    }
    if (size != 0 && (size < 0.001 || size >= 1e6)) {
      return String.format(Locale.ROOT, "%.1e", value);
    }
    return decimals(value, size, 4);
  }

  /** About three significant digits, for narrow places: 1.42, 12.3, 123, 0.00421. */
  public static String threeDigits(double value) {
    double size = Math.abs(value);
    return size >= 0.001 && size < 1e6 ? decimals(value, size, 3) : fourDigits(value);
  }

  /** Plain decimals with the given number of significant digits. The half unit keeps 9.9996 from becoming "10.000". */
  private static String decimals(double value, double size, int digits) {
    int before = size == 0 ? 0 : (int) Math.floor(Math.log10(size * (1 + 0.5 * Math.pow(10, -digits)))) + 1;
    return String.format(Locale.ROOT, "%." + Math.max(0, digits - before) + "f", value);
  }

  /** All digits that distinguish a finite number, without an exponent: "0.0003", "2". */
  public static String plain(double number) {
    return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
  }

  /** The text of a cell that has no number. */
  public static final String NONE = "\u2013";

  /**
   * The number of decimals with which all numbers of a column align: the largest number then has the given number of
   * significant digits. The result is -1 if all numbers are small or large and an exponent is easier to read.
   */
  public static int commonDecimals(int digits, double... values) {
    double largest = 0;
    for (double value : values) {
      largest = Double.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest;
    }
    if (largest != 0 && (largest < 0.001 || largest >= 1e6)) {
      return -1;
    }
    int before = largest == 0 ? 1 : (int) Math.floor(Math.log10(largest * (1 + 0.5 * Math.pow(10, -digits)))) + 1;
    return Math.max(0, digits - before);
  }

  /** The value with these decimals, or with an exponent if {@code decimals} is -1; a dash for NaN. */
  public static String rounded(double value, int decimals) {
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? NONE : value > 0 ? "inf" : "-inf";
    }
    // This avoids -0.000.
    return String.format(Locale.ROOT, decimals < 0 ? "%.2e" : "%." + decimals + "f", value)
        .replaceFirst("^-(?=0(\\.0*)?$)", "");
  }

  /** A rate: "2431", "12.3", "0.42". */
  public static String rate(double value) {
    if (!Double.isFinite(value)) {
      return "?";
    }
    return String.format(Locale.ROOT, value >= 99.95 ? "%.0f" : value >= 9.995 ? "%.1f" : "%.2f", value);
  }

  /** Rounded seconds as 0:07, 12:34 or 1:02:03. */
  public static String duration(double seconds) {
    if (!(seconds >= 0) || seconds > 1e9) {
      return "?";
    }
    long s = Math.round(seconds);
    return s < 3600 ? String.format(Locale.ROOT, "%d:%02d", s / 60, s % 60)
        : String.format(Locale.ROOT, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
  }
}
