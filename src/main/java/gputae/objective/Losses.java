package gputae.objective;

import java.util.Arrays;
import java.util.List;

/** The values of an objective's terms, without their weights: values of one step, or means over several steps. */
public final class Losses {

  private final List<TermKind<?>> columns;
  private final double[] values;

  /**
   * @param columns the columns of an {@link Objective}
   * @param values  one value per column; 0 if the objective does not have the term
   */
  public Losses(List<TermKind<?>> columns, double... values) {
    if (values.length != columns.size()) {
      throw new IllegalArgumentException(values.length + " values of " + columns.size() + " columns");
    }
    this.columns = columns;
    this.values = values.clone();
  }

  /** The values of the terms of the paper's models. */
  public static Losses ofPaper(double reconstruction, double ball, double deaths, double kl) {
    return new Losses(Terms.PAPER, reconstruction, ball, deaths, kl);
  }

  /** The columns of the objective to which the values belong. */
  public List<TermKind<?>> columns() {
    return columns;
  }

  /** The value of a term, or 0 if the objective does not have the term. */
  public double get(TermKind<?> kind) {
    int column = columns.indexOf(kind);
    return column < 0 ? 0 : values[column];
  }

  /** The values in the order of the columns. */
  public double[] values() {
    return values.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Losses losses && columns.equals(losses.columns) && Arrays.equals(values, losses.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < values.length; i++) {
      text.append(i == 0 ? "" : ", ").append(columns.get(i)).append(' ').append(values[i]);
    }
    return text.toString();
  }
}
