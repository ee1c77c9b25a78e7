package gputae.objective;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A weight that changes from epoch to epoch: it is {@code from} in the first epoch, changes by the same amount each
 * epoch, and is {@code to} once {@code epochs} epochs are done. As text, {@code 0:0.005:20}; a constant weight is its
 * number.
 *
 * @param from   weight in the first epoch
 * @param to     weight after {@code epochs} epochs and in all later ones
 * @param epochs at least 1; 1 if the weight is constant
 */
public record WeightSchedule(double from, double to, int epochs) {

  private static final Pattern TEXT = Pattern.compile("([^:]+):([^:]+):(\\d{1,9})");

  /**
   * Throws {@link IllegalArgumentException} if there is no epoch. The setting of a weight says which ones are allowed.
   */
  public WeightSchedule {
    if (epochs < 1) {
      throw new IllegalArgumentException("a weight that changes over " + epochs + " epochs; expected at least 1");
    }
    epochs = from == to ? 1 : epochs;
  }

  /** A weight that is the same in all epochs. */
  public static WeightSchedule constant(double weight) {
    return new WeightSchedule(weight, weight, 1);
  }

  /**
   * Reads a weight or a schedule.
   *
   * @throws IllegalArgumentException if the text is neither
   */
  public static WeightSchedule parse(String text) {
    try {
      Matcher parts = TEXT.matcher(text);
      return parts.matches()
          ? new WeightSchedule(Double.parseDouble(parts.group(1)), Double.parseDouble(parts.group(2)),
              Integer.parseInt(parts.group(3)))
          : constant(Double.parseDouble(text));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is neither a weight nor FROM:TO:EPOCHS, such as 0:0.005:20", e);
    }
  }

  /** Whether the weight is the same in all epochs. */
  public boolean isConstant() {
    return from == to;
  }

  /** The weight in an epoch, counted from 1. */
  public double in(int epoch) {
    return epoch > epochs ? to : from + (to - from) * (epoch - 1) / epochs;
  }

  /** In words, such as "0.0 to 0.005 over 20 epochs". */
  public String words() {
    return isConstant() ? toString() : from + " to " + to + " over " + epochs + (epochs == 1 ? " epoch" : " epochs");
  }

  /** The text that {@link #parse} reads. */
  @Override
  public String toString() {
    return isConstant() ? Double.toString(to) : from + ":" + to + ":" + epochs;
  }
}
