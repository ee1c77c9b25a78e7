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
import java.util.Arrays;
import java.util.LinkedHashMap;
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

  /** A ball is filled if its 95 % hole is at most so many times that of uniform points; as in the paper's claims. */
  static final double FILLED = 1.5;

  /** A training has converged if the total changes by at most this share of its range between two tenths. */
  private static final double STILL = 0.02;

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
        "A training has converged if the mean of the objective over the last tenth of the epochs differs from that over"
            + " the tenth before by at most 2 % of the range that the objective went through, in every seed.",
        "The k-NN accuracy (10 neighbours, test embeddings) rises if every seed is above every seed without the term."
            + " The ball is filled if the 95 % hole is at most 1.5 times that of uniform points, in the mean over the"
            + " seeds.");
  }

  @Override
  public List<String> datasets() {
    return List.of("mnist");
  }

  @Override
  public int epochs() {
    return 30;
  }

  @Override
  public int seeds() {
    return 3;
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
          cells.add(plan.cell(dataset,
              new TrainConfig(paper.model(), paper.latent(), paper.hidden(), paper.batch(), paper.epochs(),
                  paper.rate(), Objective.of(terms), seed),
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
    List<String> datasets = runs.stream().map(StudyRun::dataset).distinct().toList();
    List<Claim> claims = List.of(
        claim("The training converges.", runs, datasets, (of, plain) -> converges(of)),
        claim("The k-NN accuracy is higher than without the term.", runs, datasets, ClassesStudy::rises),
        claim("The ball stays filled.", runs, datasets, (of, plain) -> filled(of)),
        claim("The k-NN accuracy rises and the ball stays filled.", runs, datasets, ClassesStudy::both));
    List<String> summary = new ArrayList<>();
    List<Shown> shown = new ArrayList<>();
    for (String dataset : datasets) {
      List<String> good = RATIOS.stream().filter(ratio -> ratio > 0)
          .filter(ratio -> isYes(both(of(runs, dataset, ratio), of(runs, dataset, 0)))).map(String::valueOf).toList();
      summary.add(dataset + ": " + (good.isEmpty()
          ? "for no ratio does the k-NN accuracy rise while the ball stays filled."
          : "the k-NN accuracy rises while the ball stays filled for the ratios " + String.join(", ", good) + ".")
          + " That the training converges " + claims.get(0).verdicts().get(dataset).word().text() + ".");
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
    Map<String, Verdict> verdicts = new LinkedHashMap<>();
    for (String dataset : datasets) {
      List<Finding> findings = new ArrayList<>();
      for (double ratio : RATIOS) {
        if (ratio > 0) {
          Finding found = finding.apply(of(runs, dataset, ratio), of(runs, dataset, 0));
          findings.add(new Finding(found.outcome(), "ratio " + ratio + ": " + found.words()));
        }
      }
      verdicts.put(dataset, Verdict.of(findings));
    }
    return new Claim(text, verdicts);
  }

  private static Finding converges(List<StudyRun> runs) {
    if (runs.isEmpty() || runs.get(0).history().size() < 4) {
      return Finding.notMeasured("too few epochs");
    }
    double worst = 0;
    for (StudyRun run : runs) {
      List<Epoch> epochs = run.history();
      int tenth = Math.max(1, epochs.size() / 10);
      double last = mean(epochs.subList(epochs.size() - tenth, epochs.size()));
      double before = mean(epochs.subList(epochs.size() - 2 * tenth, epochs.size() - tenth));
      double high = epochs.stream().mapToDouble(Epoch::total).max().orElseThrow();
      double low = epochs.stream().mapToDouble(Epoch::total).min().orElseThrow();
      worst = Math.max(worst, high == low ? 0 : Math.abs(last - before) / (high - low));
    }
    return Finding.of(worst <= STILL,
        String.format(Locale.ROOT, "the objective still changes by %.1f %% of its range", 100 * worst));
  }

  private static double mean(List<Epoch> epochs) {
    return epochs.stream().mapToDouble(Epoch::total).average().orElseThrow();
  }

  private static Finding rises(List<StudyRun> runs, List<StudyRun> plain) {
    return Comparison.better(Measure.KNN_ACCURACY, runs, plain);
  }

  /** Whether the ball is filled in the mean over the runs. */
  static Finding filled(List<StudyRun> runs) {
    double[] ratios = Comparison.values(Measure.HOLE_RATIO, runs);
    if (ratios.length == 0) {
      return Finding.notMeasured(Measure.HOLE_RATIO.title());
    }
    double mean = Arrays.stream(ratios).average().orElseThrow();
    return Finding.of(mean <= FILLED, "95 % hole " + Comparison.words(Measure.HOLE_RATIO, runs) + " times uniform's");
  }

  private static Finding both(List<StudyRun> runs, List<StudyRun> plain) {
    Finding rises = rises(runs, plain);
    Finding filled = filled(runs);
    if (rises.outcome() == Verdict.Outcome.NOT_MEASURED || filled.outcome() == Verdict.Outcome.NOT_MEASURED) {
      return Finding.notMeasured("both");
    }
    return Finding.of(isYes(rises) && isYes(filled), rises.words() + "; " + filled.words());
  }

  private static boolean isYes(Finding finding) {
    return finding.outcome() == Verdict.Outcome.YES;
  }
}
