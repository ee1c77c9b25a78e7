package gputae.figure;

import java.util.Locale;

/**
 * Round numbers along an axis.
 *
 * @param values  ascending multiples of the step inside the range
 * @param labels  the values as text, all with the same number of decimals
 */
public record Ticks(double[] values, String[] labels) {

  /**
   * Ticks in [low, high], low &lt; high. Their distance is 1, 2 or 5 times a power of ten, and their number is about
   * {@code wanted}.
   */
  public static Ticks of(double low, double high, int wanted) {
    double rough = (high - low) / wanted;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double step = power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10);
    double start = Math.ceil(low / step - 1e-9);
    int count = (int) (Math.floor(high / step + 1e-9) - start) + 1;
    double[] values = new double[count];
    String[] labels = new String[count];
    int decimals = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    double size = Math.max(Math.abs(low), Math.abs(high));
    boolean scientific = size >= 1e6 || decimals > 5;
    int digits = (int) Math.max(0, Math.floor(Math.log10(size)) - Math.floor(Math.log10(step) + 1e-9));
    for (int i = 0; i < count; i++) {
      values[i] = (start + i) * step;
      String text = start + i == 0 ? String.format(Locale.ROOT, "%." + (scientific ? 0 : decimals) + "f", 0.0)
          : String.format(Locale.ROOT, scientific ? "%." + digits + "e" : "%." + decimals + "f", values[i]);
      labels[i] = text.replace('-', '\u2212');
    }
    return new Ticks(values, labels);
  }
}
