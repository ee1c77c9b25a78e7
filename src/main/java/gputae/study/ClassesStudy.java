package gputae.study;

import gputae.evaluate.Measure;
import gputae.objective.ClassDeaths;
import gputae.objective.Objective;
import gputae.objective.Term;
import gputae.report.Verdict;
import gputae.report.Verdict.Finding;
import gputae.run.SweepCell;
import gputae.study.StudyAnswer.Claim;
import gputae.study.StudyAnswer.Shown;
import gputae.train.Epoch;
import gputae.train.ModelKind;
import gputae.train.TrainConfig;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;

/** Death times per class minimised while those of all points are maximised (the paper, Section V.A). */
final class ClassesStudy implements Study {

  /** Weights of the death times per class, as multiples of the weight of the death times; 0 is the paper's model. */
  private static final List<Double> RATIOS = List.of(0.0, 0.1, 0.2, 0.5, 1.0, 2.0);

  private static final double WEIGHT = 0.005;
  private static final int BATCH = 128;

  /** A training converges if the objective's last changes are at most so many times those without the term. */
  private static final double SLOWER = 1.5;

  @Override
  public String name() {
    return "classes";
  }

  @Override
  public String title() {
    return "Death times per class";
  }

  @Override
  public String question() {
    return "The paper (Section V.A) suggests to minimise the death times of each class's points while those of all"
        + " points are maximised, and says that its own trainings struggled to converge. Do they converge? For which"
        + " ratio of the two weights does the k-NN accuracy rise without the ball emptying?";
  }

  @Override
  public List<String> rules() {
    return List.of(
        "The regularised autoencoder of the paper in two dimensions (batch size 128, weights 0.005) gets the death"
            + " times per class with 0.1 to 2 times the weight of the death times of all points.",
        "The last change of a training is the difference between the mean of the objective over the last tenth of"
            + " the epochs and that over the tenth before, as a share of the range that the objective went through"
            + " after the first tenth. A training converges if its last change is at most 1.5 times that of the"
            + " trainings without the term; the largest one of the seeds counts on both sides.",
        "The k-NN accuracy (10 neighbours, test embeddings) rises if every seed is above every seed without the term."
            + " The ball is filled if the 95 % hole is at most 1.5 times that of uniform points, in the mean over the"
            + " seeds.");
  }

  @Override
  public int epochs() {
    return 30;
  }

  @Override
  public List<Measure> measures() {
    return List.of(Measure.BCE_TEST, Measure.KNN_ACCURACY, Measure.OUTSIDE, Measure.HOLE_RATIO,
        Measure.ENERGY_DISTANCE, Measure.TRUSTWORTHINESS, Measure.FRECHET, Measure.CLASS_ENTROPY);
  }

  @Override
  public List<SweepCell> cells(StudyPlan plan) {
    List<SweepCell> cells = new ArrayList<>();
    for (String dataset : plan.datasets()) {
      for (double ratio : RATIOS) {
        for (int seed = 0; seed < plan.seeds(); seed++) {
          TrainConfig paper = TrainConfig.ofPaper(ModelKind.TAE, 2, BATCH, plan.epochs(), seed);
          List<Term> terms = new ArrayList<>(paper.objective().terms());
          if (ratio > 0) {
            terms.add(new ClassDeaths(ratio * WEIGHT));
          }
          cells.add(plan.cell(dataset, paper.withObjective(Objective.of(terms)),
              Map.of("ratio", Double.toString(ratio))));
        }
      }
    }
    return cells;
  }

  private static List<StudyRun> of(List<StudyRun> runs, String dataset, double ratio) {
    return runs.stream().filter(run -> run.dataset().equals(dataset)
        && Double.parseDouble(run.parameters().get("ratio")) == ratio).toList();
  }

  @Override
  public StudyAnswer answer(List<StudyRun> runs) {
    List<String> datasets = StudyRun.datasets(runs);
    List<Claim> claims = List.of(
        claim("The training converges.", runs, datasets, ClassesStudy::converges),
        claim("The k-NN accuracy is higher than without the term.", runs, datasets, ClassesStudy::rises),
        claim("The ball stays filled.", runs, datasets, (of, plain) -> Comparison.filled(of)),
        claim("The k-NN accuracy rises and the ball stays filled.", runs, datasets, ClassesStudy::both));
    List<String> summary = new ArrayList<>();
    List<Shown> shown = new ArrayList<>();
    for (String dataset : datasets) {
      for (Claim claim : claims) {
        summary.add(claim.sentence(dataset));
      }
      List<String> good = RATIOS.stream().filter(ratio -> ratio > 0)
          .filter(ratio -> isYes(both(of(runs, dataset, ratio), of(runs, dataset, 0)))).map(String::valueOf).toList();
      if (!good.isEmpty()) {
        summary.add("On " + dataset + " the k-NN accuracy rises while the ball stays filled with the ratio "
            + String.join(" and ", good) + ".");
      }
      for (double ratio : RATIOS) {
        of(runs, dataset, ratio).stream().findFirst()
            .ifPresent(run -> shown.add(new Shown(dataset + ", ratio " + ratio, run)));
      }
    }
    return new StudyAnswer(summary, claims, List.of(), shown);
  }

  /** A finding for each ratio above 0, from its runs and those without the term. */
  private static Claim claim(String text, List<StudyRun> runs, List<String> datasets,
      BiFunction<List<StudyRun>, List<StudyRun>, Finding> finding) {
    return Claim.of(text, datasets, dataset -> RATIOS.stream().filter(ratio -> ratio > 0)
        .map(ratio -> finding.apply(of(runs, dataset, ratio), of(runs, dataset, 0)).named("ratio " + ratio)).toList());
  }

  private static Finding converges(List<StudyRun> runs, List<StudyRun> plain) {
    double own = change(runs);
    double without = change(plain);
    if (Double.isNaN(own) || Double.isNaN(without)) {
      return Finding.notMeasured("a run is missing, or it has fewer than 10 epochs");
    }
    return Finding.of(own <= SLOWER * without, String.format(Locale.ROOT,
        "the objective still changes by %.1f %% of its range, without the term by %.1f %%", 100 * own, 100 * without));
  }

  /** The change from the last tenth but one to the last tenth, as a share of the range after the first tenth. */
  private static double change(List<StudyRun> runs) {
    double worst = runs.isEmpty() ? Double.NaN : 0;
    for (StudyRun run : runs) {
      int count = run.history().size();
      if (count < 10) {
        return Double.NaN;
      }
      int tenth = count / 10;
      List<Epoch> epochs = run.history();
      double last = mean(epochs.subList(count - tenth, count));
      double before = mean(epochs.subList(count - 2 * tenth, count - tenth));
      DoubleSummaryStatistics range =
          epochs.subList(tenth, count).stream().mapToDouble(Epoch::total).summaryStatistics();
      double change = last == before ? 0 : Math.abs(last - before) / (range.getMax() - range.getMin());
      worst = Math.max(worst, change);
    }
    return worst;
  }

  private static double mean(List<Epoch> epochs) {
    return epochs.stream().mapToDouble(Epoch::total).average().orElseThrow();
  }

  private static Finding rises(List<StudyRun> runs, List<StudyRun> plain) {
    return Comparison.better(Measure.KNN_ACCURACY, runs, plain);
  }

  private static Finding both(List<StudyRun> runs, List<StudyRun> plain) {
    Finding rises = rises(runs, plain);
    Finding filled = Comparison.filled(runs);
    if (rises.outcome() == Verdict.Outcome.NOT_MEASURED || filled.outcome() == Verdict.Outcome.NOT_MEASURED) {
      return Finding.notMeasured("accuracy and hole");
    }
    return Finding.of(isYes(rises) && isYes(filled), rises.words() + "; " + filled.words());
  }

  private static boolean isYes(Finding finding) {
    return finding.outcome() == Verdict.Outcome.YES;
  }
}
