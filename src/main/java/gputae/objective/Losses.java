package gputae.objective;

import java.util.Arrays;
import java.util.List;

/** Values of an objective's terms, without their weights: of a step, or means over steps. */
public final class Losses {

  private final List<TermKind<?>> columns;
  private final double[] values;

  /**
   * @param columns of an {@link Objective}
   * @param values  by column; 0 where the objective lacks the term
   */
  public Losses(List<TermKind<?>> columns, double... values) {
    if (values.length != columns.size()) {
      throw new IllegalArgumentException(values.length + " values of " + columns.size() + " columns");
    }
    this.columns = columns;
    this.values = values.clone();
  }

  /** The terms of the paper's models. */
  public static Losses ofPaper(double reconstruction, double ball, double deaths, double kl) {
    return new Losses(Terms.PAPER, reconstruction, ball, deaths, kl);
  }

  /** The columns of the objective they belong to. */
  public List<TermKind<?>> columns() {
    return columns;
  }

  /** The value of a term, 0 where the objective lacks it. */
  public double get(TermKind<?> kind) {
    int column = columns.indexOf(kind);
    return column < 0 ? 0 : values[column];
  }

  /** The values by column. */
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
