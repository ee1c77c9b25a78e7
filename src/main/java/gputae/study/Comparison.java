package gputae.study;

import gputae.evaluate.Measure;
import gputae.evaluate.UnitBall;
import gputae.report.Spread;
import gputae.report.Verdict;
import gputae.report.Verdict.Finding;
import java.util.List;
import java.util.Locale;

/** Comparisons of the runs of two settings. */
final class Comparison {

  private Comparison() {}

  /** Whether every run of ours is better in a measure than every other one. */
  static Finding better(Measure measure, List<StudyRun> ours, List<StudyRun> others) {
    double[] a = values(measure, ours);
    double[] b = values(measure, others);
    if (a.length == 0 || b.length == 0) {
      return Finding.notMeasured(measure.title());
    }
    return Finding.of(isBetter(measure, a, b),
        measure.title() + " " + Spread.of(a).inWords() + " against " + Spread.of(b).inWords());
  }

  private static boolean isBetter(Measure measure, double[] ours, double[] others) {
    boolean higher = measure.better() == Measure.Better.HIGHER;
    boolean better = true;
    for (double x : ours) {
      for (double y : others) {
        better &= higher ? x > y : x < y;
      }
    }
    return better;
  }

  /** Whether the ball is filled in the mean over the runs. */
  static Finding filled(List<StudyRun> runs) {
    Spread hole = Spread.of(values(Measure.HOLE_RATIO, runs));
    if (!hole.measured()) {
      return Finding.notMeasured(Measure.HOLE_RATIO.title());
    }
    return Finding.of(hole.mean() <= UnitBall.FILLED, "95 % hole " + hole.inWords() + " times uniform's");
  }

  /** Whether the embeddings lie roughly in the ball and fill it, in the mean over the runs. */
  static Finding withinAndFilled(List<StudyRun> runs) {
    Spread outside = Spread.of(values(Measure.OUTSIDE, runs));
    Finding hole = filled(runs);
    if (!outside.measured() || hole.outcome() == Verdict.Outcome.NOT_MEASURED) {
      return Finding.notMeasured("outside and hole");
    }
    return Finding.of(outside.mean() <= UnitBall.ROUGHLY_WITHIN && hole.outcome() == Verdict.Outcome.YES,
        String.format(Locale.ROOT, "%.1f %% outside; %s", 100 * outside.mean(), hole.words()));
  }

  /** The finite values of a measure. */
  static double[] values(Measure measure, List<StudyRun> runs) {
    return runs.stream().mapToDouble(run -> run.get(measure)).filter(Double::isFinite).toArray();
  }

  /** The mean with its deviation, in words; a dash if there is no value. */
  static String words(Measure measure, List<StudyRun> runs) {
    return Spread.of(values(measure, runs)).inWords();
  }
}
