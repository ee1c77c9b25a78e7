package gputae.train;

import gputae.objective.Kl;
import gputae.objective.Losses;
import gputae.objective.Reconstruction;
import gputae.objective.TermKind;
import gputae.objective.Terms;
import java.util.ArrayList;
import java.util.List;

/** Sums over the steps of an epoch, and the means that follow from them. */
public final class EpochSums {

  private final List<TermKind<?>> columns;
  private final double[] sums;
  private double rows;
  private double wholeBatches;

  /** The sums before the first step of an epoch. */
  EpochSums(List<TermKind<?>> columns) {
    this.columns = columns;
    this.sums = new double[columns.size()];
  }

  List<TermKind<?>> columns() {
    return columns;
  }

  /** A copy that is independent of this object. */
  EpochSums copy() {
    return of(columns, toNumbers());
  }

  /**
   * Adds a step on a batch of {@code batch} images.
   *
   * @param values values by column
   * @param whole  whether the batch is as large as the others
   */
  void add(double[] values, int batch, boolean whole) {
    for (int c = 0; c < sums.length; c++) {
      if (columns.get(c).over() == TermKind.Over.MEAN) {
        sums[c] += values[c] * batch;
      } else if (whole) {
        sums[c] += values[c];
      }
    }
    rows += batch;
    if (whole) {
      wholeBatches++;
    }
  }

  /** Means over the epoch, as in {@link Epoch#losses}. */
  Losses means() {
    double[] means = new double[sums.length];
    for (int c = 0; c < sums.length; c++) {
      means[c] = sums[c] / (columns.get(c).over() == TermKind.Over.MEAN ? rows : wholeBatches);
    }
    return new Losses(columns, means);
  }

  /**
   * The numbers in a checkpoint: the sums of the paper's terms, those that are means first; images; whole batches; the
   * sums of the other terms. So a checkpoint of a model of the paper has the same numbers in every version.
   */
  public double[] toNumbers() {
    double[] numbers = new double[columns.size() + 2];
    int at = 0;
    for (TermKind<?> kind : paperInOrder()) {
      numbers[at++] = sums[columns.indexOf(kind)];
    }
    numbers[at++] = rows;
    numbers[at++] = wholeBatches;
    for (int c = Terms.PAPER.size(); c < sums.length; c++) {
      numbers[at++] = sums[c];
    }
    return numbers;
  }

  /** The sums from the result of {@link #toNumbers}. */
  static EpochSums of(List<TermKind<?>> columns, double[] numbers) {
    EpochSums from = new EpochSums(columns);
    int at = 0;
    for (TermKind<?> kind : paperInOrder()) {
      from.sums[columns.indexOf(kind)] = numbers[at++];
    }
    from.rows = numbers[at++];
    from.wholeBatches = numbers[at++];
    for (int c = Terms.PAPER.size(); c < from.sums.length; c++) {
      from.sums[c] = numbers[at++];
    }
    return from;
  }

  private static List<TermKind<?>> paperInOrder() {
    List<TermKind<?>> order = new ArrayList<>(List.of(Reconstruction.KIND, Kl.KIND));
    Terms.PAPER.stream().filter(kind -> !order.contains(kind)).forEach(order::add);
    return order;
  }
}
