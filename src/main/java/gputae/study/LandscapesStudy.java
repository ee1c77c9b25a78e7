package gputae.study;

import gputae.backend.BallPenalty;
import gputae.evaluate.Measure;
import gputae.objective.Ball;
import gputae.objective.Deaths;
import gputae.objective.Landscape;
import gputae.objective.Objective;
import gputae.objective.Reconstruction;
import gputae.objective.Term;
import gputae.report.Verdict.Finding;
import gputae.run.SweepCell;
import gputae.study.StudyAnswer.Claim;
import gputae.study.StudyAnswer.Shown;
import gputae.train.ModelKind;
import gputae.train.TrainConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/** Persistence landscapes (Bubenik 2015) in place of the death times: what becomes of the ball? */
final class LandscapesStudy implements Study {

  /** Numbers of landscapes; 127 is the number of death times of a batch. */
  private static final List<Integer> COUNTS = List.of(1, 3, 10, 30, 127);

  private static final double WEIGHT = 0.005;
  private static final int BATCH = 128;

  @Override
  public String name() {
    return "landscapes";
  }

  @Override
  public String title() {
    return "Persistence landscapes in place of death times";
  }

  @Override
  public String question() {
    return "The paper looked at persistence landscapes and found no reasonable use for them. In dimension 0 the K"
        + " largest landscapes see the K longest death times alone. What becomes of the ball if only these are"
        + " maximised?";
  }

  @Override
  public List<String> rules() {
    return List.of(
        "All models are two-dimensional autoencoders with the squared ball penalty, since the other one cannot hold the"
            + " landscapes. The models are the ball penalty alone; the ball penalty with the integral of the 1, 3, 10,"
            + " 30 or 127 largest landscapes of a batch of 128; and the ball penalty with the death times. All weights"
            + " are 0.005.",
        "The ball is filled if at most 15 % of the test embeddings lie outside and the 95 % hole is at most 1.5 times"
            + " that of uniform points, in the mean over the seeds. One model fills the ball better than another one if"
            + " every seed has a smaller 95 % hole than every seed of the other.");
  }

  @Override
  public int epochs() {
    return 30;
  }

  @Override
  public List<Measure> measures() {
    return List.of(Measure.BCE_TEST, Measure.OUTSIDE, Measure.HOLE_RATIO, Measure.ENERGY_DISTANCE,
        Measure.TOTAL_PERSISTENCE, Measure.KNN_ACCURACY, Measure.FRECHET, Measure.CLASS_ENTROPY);
  }

  @Override
  public List<SweepCell> cells(StudyPlan plan) {
    List<SweepCell> cells = new ArrayList<>();
    Ball ball = new Ball(WEIGHT, BallPenalty.SQUARED);
    for (String dataset : plan.datasets()) {
      for (int seed = 0; seed < plan.seeds(); seed++) {
        cells.add(cell(plan, dataset, ModelKind.DISK, List.of(ball), 0, seed));
        for (int count : COUNTS) {
          cells.add(cell(plan, dataset, ModelKind.DISK, List.of(ball, new Landscape(WEIGHT, count)), count, seed));
        }
        cells.add(cell(plan, dataset, ModelKind.TAE,
            List.of(ball, new Deaths(WEIGHT, 1, Double.POSITIVE_INFINITY)), 0, seed));
      }
    }
    return cells;
  }

  private static SweepCell cell(StudyPlan plan, String dataset, ModelKind model, List<Term> terms, int count,
      int seed) {
    List<Term> all = new ArrayList<>(terms);
    all.add(new Reconstruction());
    return plan.cell(dataset,
        TrainConfig.ofPaper(model, 2, BATCH, plan.epochs(), seed).withObjective(Objective.of(all)),
        Map.of("landscapes", Integer.toString(count)));
  }

  private static List<StudyRun> of(List<StudyRun> runs, String dataset, ModelKind model, int count) {
    return runs.stream().filter(run -> run.dataset().equals(dataset) && run.config().model() == model
        && Integer.parseInt(run.parameters().get("landscapes")) == count).toList();
  }

  @Override
  public StudyAnswer answer(List<StudyRun> runs) {
    List<String> datasets = StudyRun.datasets(runs);
    List<Claim> claims = List.of(
        claim("With landscapes alone, the embeddings lie in the ball and fill it.", runs,
            (dataset, own) -> Comparison.withinAndFilled(own)),
        claim("They fill the ball better than the ball penalty alone.", runs,
            (dataset, own) -> Comparison.better(Measure.HOLE_RATIO, own, of(runs, dataset, ModelKind.DISK, 0))),
        claim("They fill the ball better than the death times.", runs,
            (dataset, own) -> Comparison.better(Measure.HOLE_RATIO, own, of(runs, dataset, ModelKind.TAE, 0))));
    List<String> summary = new ArrayList<>();
    List<Shown> shown = new ArrayList<>();
    for (String dataset : datasets) {
      List<StudyRun> disk = of(runs, dataset, ModelKind.DISK, 0);
      List<StudyRun> tae = of(runs, dataset, ModelKind.TAE, 0);
      for (Claim claim : claims) {
        summary.add(claim.sentence(dataset));
      }
      if (Comparison.values(Measure.HOLE_RATIO, disk).length > 0
          && Comparison.values(Measure.HOLE_RATIO, tae).length > 0) {
        summary.add("On " + dataset + " the 95 % hole is " + Comparison.words(Measure.HOLE_RATIO, tae)
            + " times uniform's with the death times and " + Comparison.words(Measure.HOLE_RATIO, disk)
            + " times with the ball penalty alone.");
      }
      disk.stream().findFirst().ifPresent(run -> shown.add(new Shown(dataset + ", ball penalty alone", run)));
      for (int count : COUNTS) {
        of(runs, dataset, ModelKind.DISK, count).stream().findFirst()
            .ifPresent(run -> shown.add(new Shown(dataset + ", K = " + count, run)));
      }
      tae.stream().findFirst().ifPresent(run -> shown.add(new Shown(dataset + ", death times", run)));
    }
    return new StudyAnswer(summary, claims, List.of(), shown);
  }

  /** A claim with a finding for each number of landscapes. */
  private static Claim claim(String text, List<StudyRun> runs, BiFunction<String, List<StudyRun>, Finding> finding) {
    return Claim.of(text, StudyRun.datasets(runs), dataset -> COUNTS.stream()
        .map(count -> finding.apply(dataset, of(runs, dataset, ModelKind.DISK, count)).named("K = " + count)).toList());
  }
}
