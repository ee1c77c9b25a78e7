package gputae.console;

import gputae.objective.Losses;
import gputae.objective.Reconstruction;
import gputae.objective.TermKind;
import gputae.text.Numbers;
import gputae.train.Epoch;
import gputae.train.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The data that the console shows of a training: means of the latest steps, speed, time left. The training thread adds
 * the steps, which costs a few additions each; the thread that draws takes a {@link Reading} from time to time.
 */
final class TrainingPulse {

  /** The speed is measured over spans at least this long, since steps arrive in groups. */
  private static final double SPEED_SPAN = 0.5;
  /** Weight of the newest span in the displayed speed. */
  private static final double SPEED_WEIGHT = 0.4;

  private final int epochs;
  private final long firstStep;
  private final long allSteps;
  private final int stepsPerEpoch;
  private final LongSupplier nanoTime;
  private final List<TermKind<?>> columns;
  private final long started;

  private long step;
  private int epoch;
  private int stepInEpoch;
  private final double[] sums;
  private double totals;
  private int summed;
  private Means means;
  /** Whether each term has ever been other than 0; always true for the reconstruction. */
  private final boolean[] seen;
  private double test = Double.NaN;
  private double speed = Double.NaN;
  private long spanStart;
  private long spanStep;

  /** Means over steps or an epoch, in the units of {@link Step}. */
  record Means(Losses losses, double total) {}

  /**
   * The state of the training at one moment.
   *
   * @param epoch          the current epoch, from 1
   * @param stepInEpoch    number of its steps that are done
   * @param done           steps done in the whole run, including earlier parts of a resumed run
   * @param all            steps of the whole run
   * @param means          means over the steps on whole batches since the previous reading, or those of the previous
   *     reading if there were none; null before the first step
   * @param test           reconstruction loss on the test split after the latest epoch, NaN before the first
   * @param stepsPerSecond speed in the latest seconds, NaN while unknown
   * @param elapsed        seconds since this part of the run began
   * @param left           estimated seconds for the rest at the mean speed of this part, evaluation included; NaN while
   *     unknown
   */
  record Reading(int epoch, int stepInEpoch, long done, long all, Means means, double test, double stepsPerSecond,
      double elapsed, double left) {}

  TrainingPulse(List<TermKind<?>> columns, int epochs, int firstEpoch, int stepsPerEpoch, LongSupplier nanoTime) {
    this.columns = columns;
    this.sums = new double[columns.size()];
    this.seen = new boolean[columns.size()];
    seen[columns.indexOf(Reconstruction.KIND)] = true;
    this.epochs = epochs;
    this.stepsPerEpoch = stepsPerEpoch;
    this.firstStep = (long) firstEpoch * stepsPerEpoch;
    this.allSteps = (long) epochs * stepsPerEpoch;
    this.nanoTime = nanoTime;
    this.started = nanoTime.getAsLong();
    this.step = firstStep;
    this.epoch = Math.min(epochs, firstEpoch + 1);
    this.spanStart = started;
    this.spanStep = firstStep;
  }

  synchronized void add(Step s) {
    step = s.step();
    epoch = s.epoch();
    stepInEpoch = s.stepInEpoch();
    for (int c = 0; c < sums.length; c++) {
      double value = s.loss(columns.get(c));
      seen[c] |= value != 0;
      sums[c] += s.whole() ? value : 0;
    }
    if (s.whole()) {
      totals += s.total();
      summed++;
    }
  }

  synchronized void add(Epoch e) {
    // A listener that is told only of epochs also knows the progress of the training.
    step = Math.max(step, (long) e.epoch() * stepsPerEpoch);
    epoch = e.epoch();
    stepInEpoch = stepsPerEpoch;
    test = e.testReconstruction();
    for (int c = 0; c < seen.length; c++) {
      seen[c] |= e.loss(columns.get(c)) != 0;
    }
  }

  synchronized Reading read() {
    long now = nanoTime.getAsLong();
    if (summed > 0) {
      int count = summed;
      means = new Means(new Losses(columns, Arrays.stream(sums).map(sum -> sum / count).toArray()), totals / count);
      Arrays.fill(sums, 0);
      totals = 0;
      summed = 0;
    }
    double span = (now - spanStart) * 1e-9;
    if (span >= SPEED_SPAN && step > spanStep) {
      double latest = (step - spanStep) / span;
      speed = Double.isNaN(speed) ? latest : speed + SPEED_WEIGHT * (latest - speed);
      spanStart = now;
      spanStep = step;
    }
    double elapsed = (now - started) * 1e-9;
    long doneHere = step - firstStep;
    double left = doneHere > 0 ? elapsed / doneHere * Math.max(0, allSteps - step) : Double.NaN;
    return new Reading(epoch, stepInEpoch, step, allSteps, means, test, speed, elapsed, left);
  }

  /** For example "epoch  12/100": equally wide for every epoch, so that the lines are aligned in columns. */
  String epochName(int number) {
    String all = Integer.toString(epochs);
    String here = Integer.toString(number);
    return "epoch " + " ".repeat(Math.max(0, all.length() - here.length())) + here + "/" + all;
  }

  /**
   * For example "rec 0.1912", "ball 1.42", ...: the reconstruction, the terms that have ever been other than 0, and
   * last the total if {@code total} is true.
   */
  synchronized List<String> terms(Means m, boolean total) {
    List<String> terms = new ArrayList<>();
    for (int c = 0; c < seen.length; c++) {
      if (seen[c]) {
        TermKind<?> kind = columns.get(c);
        double value = m.losses.get(kind);
        // Sums over a batch are larger numbers than means.
        boolean sum = kind.over() == TermKind.Over.SUM;
        terms.add(kind.name() + " " + (sum ? Numbers.threeDigits(value) : Numbers.fourDigits(value)));
      }
    }
    if (total) {
      terms.add("total " + Numbers.fourDigits(m.total));
    }
    return terms;
  }
}
