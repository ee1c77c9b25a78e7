package gputae.view.lwjgl;

import gputae.objective.Losses;
import gputae.objective.TermKind;
import gputae.train.Epoch;
import gputae.train.Step;
import java.util.Arrays;
import java.util.List;

/**
 * Losses over a training as curves of bounded size: means over groups of steps. The length of a group doubles each time
 * the memory is full. One thread writes; others read {@link #copy copies}.
 */
final class Curves {

  /** Largest number of points of a curve: more than a panel has pixels. */
  private static final int ROOM = 512;

  private final int stepsPerEpoch;
  private final List<TermKind<?>> columns;
  /** Sums over {@code counts} steps, by column. */
  private final double[][] sums;
  private final long[] ends = new long[ROOM];
  private final long[] counts = new long[ROOM];
  private int used;

  /** Number of steps that a point represents once it is full. */
  private long span = 1;

  private double[] testEpochs = new double[16];
  private double[] testValues = new double[16];
  private int tests;
  private double stepsPerSecond = Double.NaN;
  private long step;

  /**
   * @param columns columns of the objective
   */
  Curves(List<TermKind<?>> columns, int stepsPerEpoch) {
    this.columns = columns;
    this.sums = new double[columns.size()][ROOM];
    this.stepsPerEpoch = stepsPerEpoch;
  }

  /**
   * The state of the curves at one moment.
   *
   * @param epochs      position of every point, in fractions of an epoch since the beginning
   * @param columns     columns of the objective
   * @param values      [column][point]: means of the losses over the steps on whole batches up to the point
   * @param testEpochs  position of every test pass
   * @param testValues  reconstruction loss of the test images in each test pass
   * @param step        number of steps done
   * @param stepsPerSecond speed of the last epoch; NaN before the first
   */
  record Copy(double[] epochs, List<TermKind<?>> columns, double[][] values, double[] testEpochs, double[] testValues,
      long step, double stepsPerSecond) {
    static final Copy EMPTY =
        new Copy(new double[0], List.of(), new double[0][0], new double[0], new double[0], 0, Double.NaN);

    /** The values of one term; empty if it has no curve. */
    double[] of(TermKind<?> kind) {
      int column = columns.indexOf(kind);
      return column < 0 ? new double[0] : values[column];
    }
  }

  Copy copy() {
    double[] epochs = new double[used];
    double[][] values = new double[sums.length][used];
    for (int i = 0; i < used; i++) {
      epochs[i] = (double) ends[i] / stepsPerEpoch;
      for (int kind = 0; kind < sums.length; kind++) {
        values[kind][i] = sums[kind][i] / counts[i];
      }
    }
    return new Copy(epochs, columns, values, Arrays.copyOf(testEpochs, tests), Arrays.copyOf(testValues, tests), step,
        stepsPerSecond);
  }

  void add(Step next) {
    step = next.step();
    if (!next.whole()) {
      if (used > 0) {
        ends[used - 1] = step;
      }
      return;
    }
    add(next.step(), 1, next.losses());
  }

  /** Adds means over the {@code steps} steps up to {@code end}. */
  private void add(long end, long steps, Losses losses) {
    if (used == 0 || ends[used - 1] - start(used - 1) >= span) {
      if (used == ROOM) {
        halve();
      }
      counts[used] = 0;
      for (double[] kind : sums) {
        kind[used] = 0;
      }
      used++;
    }
    ends[used - 1] = end;
    counts[used - 1] += steps;
    for (int kind = 0; kind < sums.length; kind++) {
      sums[kind][used - 1] += steps * losses.get(columns.get(kind));
    }
  }

  private long start(int point) {
    return point == 0 ? 0 : ends[point - 1];
  }

  private void halve() {
    for (int i = 0; i < ROOM / 2; i++) {
      ends[i] = ends[2 * i + 1];
      counts[i] = counts[2 * i] + counts[2 * i + 1];
      for (double[] kind : sums) {
        kind[i] = kind[2 * i] + kind[2 * i + 1];
      }
    }
    used = ROOM / 2;
    span *= 2;
  }

  /** Notes the end of an epoch. */
  void add(Epoch epoch) {
    stepsPerSecond = epoch.stepsPerSecond();
    if (tests == testEpochs.length) {
      testEpochs = Arrays.copyOf(testEpochs, 2 * tests);
      testValues = Arrays.copyOf(testValues, 2 * tests);
    }
    testEpochs[tests] = epoch.epoch();
    testValues[tests++] = epoch.testReconstruction();
  }

  /** Starts again from finished epochs, whose single steps are not known: one point per epoch. */
  void restart(List<Epoch> history) {
    used = 0;
    tests = 0;
    span = 1;
    step = 0;
    stepsPerSecond = Double.NaN;
    for (Epoch epoch : history) {
      step = (long) epoch.epoch() * stepsPerEpoch;
      add(step, stepsPerEpoch, epoch.losses());
      add(epoch);
    }
  }
}
