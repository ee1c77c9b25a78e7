package gputae.view.lwjgl;

import gputae.objective.Losses;
import gputae.objective.TermKind;
import gputae.train.Epoch;
import gputae.train.Step;
import java.util.Arrays;
import java.util.List;

/**
 * Losses over a training as curves of bounded size: means over runs of steps, whose length doubles each time the room
 * is used up. Written by one thread; others see {@link #copy copies}.
 */
final class Curves {

  /** Points of a curve at most: more than a panel has pixels. */
  private static final int ROOM = 512;

  private final int stepsPerEpoch;
  private final List<TermKind<?>> columns;
  /** Sums over steps, {@code counts} of them, by column. */
  private final double[][] sums;
  private final long[] ends = new long[ROOM];
  private final long[] counts = new long[ROOM];
  private int used;

  /** Steps a point stands for, once it is full. */
  private long span = 1;

  private double[] testEpochs = new double[16];
  private double[] testValues = new double[16];
  private int tests;
  private double stepsPerSecond = Double.NaN;
  private long step;

  /**
   * @param columns of the objective
   */
  Curves(List<TermKind<?>> columns, int stepsPerEpoch) {
    this.columns = columns;
    this.sums = new double[columns.size()][ROOM];
    this.stepsPerEpoch = stepsPerEpoch;
  }

  /**
   * Curves as they were at one moment.
   *
   * @param epochs      of every point, fractions of an epoch since the beginning
   * @param columns     of the objective
   * @param values      [column][point]: means of the losses over the steps of whole batches up to it
   * @param testEpochs  of every test pass
   * @param testValues  reconstruction of the test images then
   * @param step        steps done
   * @param stepsPerSecond of the last epoch; NaN before there was one
   */
  record Copy(double[] epochs, List<TermKind<?>> columns, double[][] values, double[] testEpochs, double[] testValues,
      long step, double stepsPerSecond) {
    static final Copy EMPTY =
        new Copy(new double[0], List.of(), new double[0][0], new double[0], new double[0], 0, Double.NaN);

    /** The values of one term; none where there are no curves of it. */
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

  /** Means over the {@code steps} steps up to {@code end}. */
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

  /** The end of an epoch. */
  void add(Epoch epoch) {
    stepsPerSecond = epoch.stepsPerSecond();
    if (tests == testEpochs.length) {
      testEpochs = Arrays.copyOf(testEpochs, 2 * tests);
      testValues = Arrays.copyOf(testValues, 2 * tests);
    }
    testEpochs[tests] = epoch.epoch();
    testValues[tests++] = epoch.testReconstruction();
  }

  /** Starts again from finished epochs, whose steps nobody remembers: a point an epoch. */
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
