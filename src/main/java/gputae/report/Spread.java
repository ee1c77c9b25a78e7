package gputae.report;

import gputae.text.Numbers;
import java.util.Arrays;

/**
 * A number that was measured several times, once per seed.
 *
 * @param mean      NaN if there is no measurement
 * @param deviation the standard deviation, with divisor n - 1; NaN for fewer than two measurements
 * @param count     number n of measurements
 */
public record Spread(double mean, double deviation, int count) {

  /** The spread of those values that are not NaN. */
  public static Spread of(double... values) {
    double[] measured = Arrays.stream(values).filter(v -> !Double.isNaN(v)).toArray();
    double sum = 0;
    for (double v : measured) {
      sum += v;
    }
    double mean = measured.length == 0 ? Double.NaN : sum / measured.length;
    double squares = 0;
    for (double v : measured) {
      squares += (v - mean) * (v - mean);
    }
    return new Spread(mean, measured.length < 2 ? Double.NaN : Math.sqrt(squares / (measured.length - 1)),
        measured.length);
  }

  public boolean measured() {
    return count > 0;
  }

  /** Rounds with {@link Numbers#rounded}: "0.182 \u00b1 0.003", or the mean alone if there is no deviation. */
  public String rounded(int decimals) {
    return Numbers.rounded(mean, decimals)
        + (Double.isNaN(deviation) ? "" : " \u00b1 " + Numbers.rounded(deviation, decimals));
  }

  /** The value with about three significant digits, for a sentence. */
  public String inWords() {
    return rounded(Numbers.commonDecimals(3, mean));
  }

  /** A share in per cent, for a sentence. */
  public String inPercent() {
    return new Spread(100 * mean, 100 * deviation, count).rounded(1) + " %";
  }
}
