package gputae.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.evaluate.Evaluation;
import gputae.evaluate.Measure;
import gputae.homology.PhDimension;
import gputae.linear.FloatPoints;
import gputae.objective.Losses;
import gputae.report.Verdict;
import gputae.run.SweepCell;
import gputae.train.Epoch;
import gputae.train.ModelKind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers of studies for invented numbers, whose verdicts are known. */
class StudyTest {

  private static final Study DIMENSION = of("dimension");
  private static final Study SIGNATURE = of("signature");

  private static Study of(String name) {
    return Studies.ALL.stream().filter(study -> study.name().equals(name)).findFirst().orElseThrow();
  }

  /** A cloud whose E(n) is n^slope: its dimension is 1 / (1 - slope). */
  private static PhDimension ofDimension(double dimension) {
    double slope = 1 - 1 / dimension;
    return PhDimension.fit(new int[] {100, 400, 900},
        new double[] {Math.pow(100, slope), Math.pow(400, slope), Math.pow(900, slope)});
  }

  private static Evaluation evaluation(Object... measured) {
    Map<Measure, Double> values = new EnumMap<>(Measure.class);
    for (int i = 0; i < measured.length; i += 2) {
      values.put((Measure) measured[i], ((Number) measured[i + 1]).doubleValue());
    }
    return new Evaluation(values);
  }

  private static StudyRun run(SweepCell cell, Evaluation evaluation, PhDimension dimension) {
    return run(cell, evaluation, dimension, null);
  }

  private static StudyRun run(SweepCell cell, Evaluation evaluation, PhDimension dimension, FloatPoints embeddings) {
    return new StudyRun("mnist", cell.config(), cell.parameters(), evaluation, dimension, embeddings,
        Path.of("no-latent.png"), Path.of("no-generated.png"), history(cell));
  }

  /** The objective falls as 1 / epoch; with death times per class of weight 0.01 it swings to the end. */
  private static List<Epoch> history(SweepCell cell) {
    boolean swings = cell.parameters().getOrDefault("ratio", "0").equals("2.0");
    List<Epoch> epochs = new ArrayList<>();
    for (int e = 1; e <= 30; e++) {
      double total = swings ? Math.sin(e / 4.0) : 1.0 / e;
      epochs.add(new Epoch(e, e, new Losses(List.of(), new double[0]), total, 0.2, 1000));
    }
    return epochs;
  }

  /** One run for each planned training on MNIST. */
  private static List<StudyRun> runs(Study study, int seeds, Function<SweepCell, StudyRun> run) {
    return study.cells(new StudyPlan(List.of("mnist"), null, 20, seeds)).stream().map(run).toList();
  }

  private static boolean hasTerm(SweepCell cell) {
    return cell.parameters().containsKey("lambda-ph-dim");
  }

  private static List<String> words(StudyAnswer answer) {
    return answer.claims().stream().map(claim -> claim.verdicts().get("mnist").word().text()).toList();
  }

  @Test
  void everyTrainingHasAName() {
    for (Study study : Studies.ALL) {
      List<SweepCell> cells = study.cells(new StudyPlan(List.of("mnist", "fashion-mnist"), null, 3, 2));
      assertEquals(cells.size(), cells.stream().map(SweepCell::name).distinct().count(), study.name());
      assertTrue(cells.stream().allMatch(cell -> cell.config().epochs() == 3));
    }
    assertEquals(2 * (15 + 5 + 3), DIMENSION.cells(new StudyPlan(List.of("mnist"), null, 20, 2)).size());
    assertTrue(DIMENSION.cells(new StudyPlan(List.of("mnist"), null, 20, 1)).stream()
        .allMatch(cell -> cell.config().phDimension()));
  }

  /** The gap grows with the dimension, or falls; the term lowers it, or one seed has a larger one. */
  @Test
  void aDimensionThatForetellsTheGap() {
    for (boolean grows : new boolean[] {true, false}) {
      StudyAnswer answer = DIMENSION.answer(runs(DIMENSION, 2, cell -> {
        double dimension =
            hasTerm(cell) ? 1.05 + cell.config().objective().terms().get(1).weight() / 10
                : 1.5 + Math.log10(cell.config().rate()) / 10 + cell.config().batch() / 1e4
                    + cell.config().model().ordinal() / 100.0;
        double gap = grows ? dimension / 1000 : (3 - dimension) / 1000;
        return run(cell, evaluation(Measure.BCE_TRAIN, 0.2, Measure.BCE_TEST, 0.2 + gap), ofDimension(dimension));
      }));
      // The term has the lowest dimension.
      assertEquals(grows ? List.of("holds", "holds", "holds", "holds", "holds")
          : List.of("does not hold", "does not hold", "does not hold", "does not hold", "holds"), words(answer));
      assertTrue(answer.charts().get(0).svg().contains("circle"));
    }
    // The gap is lower in one of two seeds.
    StudyAnswer mixed = DIMENSION.answer(runs(DIMENSION, 2, cell -> run(cell,
        evaluation(Measure.BCE_TRAIN, 0.2, Measure.BCE_TEST,
            hasTerm(cell) && cell.config().seed() == 1 ? 0.19 : hasTerm(cell) ? 0.22 : 0.21),
        ofDimension(2))));
    assertEquals(List.of("not measured", "not measured", "does not hold", "does not hold", "does not hold"),
        words(mixed));
    assertTrue(mixed.claims().get(2).verdicts().get("mnist").findings().get(0).words().contains("lower in 1 of 2"));
  }

  @Test
  void numbersThatAreMissingAreNotMeasured() {
    List<StudyRun> runs = new ArrayList<>(runs(DIMENSION, 1, cell -> run(cell, evaluation(), null)));
    assertTrue(words(DIMENSION.answer(runs)).stream().allMatch("not measured"::equals));
    assertTrue(DIMENSION.answer(List.of()).claims().get(0).verdicts().isEmpty());
    assertTrue(SIGNATURE.answer(List.of()).shown().isEmpty());
  }

  private static double score(ModelKind model) {
    return switch (model) {
      case TOPOAE -> 0.9;
      case AE -> 0.8;
      default -> 0.95;
    };
  }

  @Test
  void everySeedMustBeBetter() {
    StudyAnswer answer = SIGNATURE.answer(runs(SIGNATURE, 3, cell -> {
      double score = score(cell.config().model()) + 0.001 * cell.config().seed();
      return run(cell, evaluation(Measure.TRUSTWORTHINESS, score, Measure.CONTINUITY, score, Measure.RANK_ERROR,
          1 - score, Measure.DISTANCE_RMSE, 1 - score, Measure.DENSITY_KL_001, 1 - score, Measure.DENSITY_KL_01,
          1 - score, Measure.DENSITY_KL_1, 1 - score, Measure.FRECHET,
          cell.config().seed() == 2 ? 5 : 100 - score, Measure.COVERAGE, score, Measure.CLASS_ENTROPY, score), null);
    }));
    // The Frechet distance of one seed is the best for every model.
    assertEquals(List.of("holds", "does not hold", "does not hold", "holds in part", "does not hold",
        "does not hold"), words(answer));
    assertEquals(4, answer.shown().size());
    assertTrue(answer.summary().get(0).contains("better than AE: mnist, 7 of 7 measures."), answer.summary().get(0));
    assertTrue(answer.summary().get(3).contains("mnist, 2 of 3 measures."), answer.summary().get(3));
  }

  /** The accuracy rises with the ratio, and from the ratio 1 on the ball has holes. */
  @Test
  void theClassesOfWhichTheBallStaysFilled() {
    Study study = of("classes");
    StudyAnswer answer = study.answer(runs(study, 2, cell -> {
      double ratio = Double.parseDouble(cell.parameters().get("ratio"));
      return run(cell, evaluation(Measure.KNN_ACCURACY, 0.5 + ratio / 10 + 0.02 * cell.config().seed(),
          Measure.HOLE_RATIO, ratio < 1 ? 1.2 : 1.8), null);
    }));
    assertEquals(List.of("holds in part", "holds in part", "holds in part", "holds in part"), words(answer));
    assertEquals(List.of("The training converges: holds in part on mnist.",
        "The k-NN accuracy is higher than without the term: holds in part on mnist.",
        "The ball stays filled: holds in part on mnist.",
        "The k-NN accuracy rises and the ball stays filled: holds in part on mnist.",
        "On mnist the k-NN accuracy rises while the ball stays filled with the ratio 0.5."), answer.summary());
    List<Verdict.Finding> converges = answer.claims().get(0).verdicts().get("mnist").findings();
    assertEquals(List.of(Verdict.Outcome.YES, Verdict.Outcome.YES, Verdict.Outcome.YES, Verdict.Outcome.YES,
        Verdict.Outcome.NO), converges.stream().map(Verdict.Finding::outcome).toList());
    assertEquals(6, answer.shown().size());
  }

  @Test
  void landscapesThatFillTheBall() {
    Study study = of("landscapes");
    StudyAnswer answer = study.answer(runs(study, 2, cell -> {
      int count = Integer.parseInt(cell.parameters().get("landscapes"));
      double hole = cell.config().model() == ModelKind.TAE ? 1.1 : count == 127 ? 1.3 : count == 30 ? 1.4 : 3;
      return run(cell, evaluation(Measure.HOLE_RATIO, hole, Measure.OUTSIDE, count == 30 ? 0.3 : 0.1), null);
    }));
    assertEquals(List.of("holds in part", "holds in part", "does not hold"), words(answer));
    List<Verdict.Finding> filled = answer.claims().get(0).verdicts().get("mnist").findings();
    // 30 landscapes leave too much outside.
    assertEquals(List.of(false, false, false, false, true),
        filled.stream().map(finding -> finding.outcome() == Verdict.Outcome.YES).toList());
    assertEquals(7, answer.shown().size());
  }

  /** A cloud with a share of its points near the origin and the others about a radius away, in all directions. */
  private static FloatPoints rings(double near, double radius) {
    int n = 400;
    float[] coordinates = new float[2 * n];
    for (int i = 0; i < n; i++) {
      double r = (i < near * n ? radius / 4 : radius) * (0.8 + 0.4 * (i % 37) / 37);
      coordinates[2 * i] = (float) (r * Math.cos(i * 2.399963));
      coordinates[2 * i + 1] = (float) (r * Math.sin(i * 2.399963));
    }
    return new FloatPoints(coordinates, 2);
  }

  /**
   * The higher the degree, the more points lie near the origin; the clouds of degree 3 are those of the variational
   * autoencoder, ten times smaller. Degrees from 4 on leave the ball.
   */
  @Test
  void degreesAndTheVariationalCloud() {
    Study study = of("degree");
    StudyAnswer answer = study.answer(runs(study, 2, cell -> {
      double degree = Double.parseDouble(cell.parameters().getOrDefault("degree", "3"));
      boolean variational = cell.config().model() == ModelKind.VAE;
      double seed = 0.01 * cell.config().seed();
      return run(cell, evaluation(Measure.OUTSIDE, degree >= 4 ? 0.5 : 0.02, Measure.HOLE_RATIO, 1.2,
          Measure.NORMAL_ENERGY, degree < 2 ? 0.006 : 0.002, Measure.BALL_ENERGY, 0.004, Measure.KURTOSIS, degree),
          null,
          rings(degree / 10 + seed, variational ? 9 : 0.9));
    }));
    assertEquals(List.of("holds in part", "holds", "holds in part", "holds in part"), words(answer));
    List<String> yes = answer.claims().stream().map(claim -> claim.verdicts().get("mnist").findings().stream()
        .filter(finding -> finding.outcome() == Verdict.Outcome.YES)
        .map(finding -> finding.words().substring(0, finding.words().indexOf(':'))).toList().toString()).toList();
    assertEquals(
        List.of("[k = 1.5, ball, k = 1.5, normal, k = 2, ball, k = 2, normal, k = 3, ball, k = 3, normal]",
            "[k = 1.5, ball, k = 1.5, normal, k = 2, ball, k = 2, normal, k = 3, ball, k = 3, normal, k = 4, ball,"
                + " k = 4, normal, k = 6, ball, k = 6, normal]",
            "[k = 2, ball, k = 2, normal, k = 3, ball, k = 3, normal, k = 4, ball, k = 4, normal, k = 6, ball,"
                + " k = 6, normal]",
            "[k = 3, ball, k = 3, normal]"),
        yes);
    assertTrue(
        answer.summary()
            .contains("On mnist these make a cloud of the VAE's shape: k = 3, ball (2.0 \u00b1 0.0 % outside"
                + " the unit ball); k = 3, normal (2.0 \u00b1 0.0 % outside the unit ball)."),
        answer.summary().toString());
    assertEquals(2, answer.charts().size());
    assertEquals(12, answer.shown().size());
    // The lines of degree 1 and of the variational autoencoder.
    for (StudyAnswer.Chart chart : answer.charts()) {
      for (int group : new int[] {0, 6}) {
        assertTrue(chart.svg().matches("(?s).*<polyline class=\"group-" + group + "\" points=\"(\\S+ ){39}\\S+\"/>.*"),
            chart.svg());
      }
    }
    // One seed of the variational autoencoder says nothing about its spread.
    StudyAnswer single = study.answer(runs(study, 1, cell -> run(cell, evaluation(Measure.NORMAL_ENERGY, 0.002), null,
        rings(0.3, 1))));
    assertEquals("not measured", words(single).get(3));
    assertFalse(single.summary().toString().contains("VAE's shape"), single.summary().toString());
    // A seed without a shape is no seed that can be passed over.
    StudyAnswer flat = study.answer(runs(study, 2, cell -> run(cell,
        cell.config().seed() == 0 ? evaluation(Measure.NORMAL_ENERGY, 0.002, Measure.BALL_ENERGY, 0.004) : evaluation(),
        null, rings(0.3, 1))));
    assertEquals(List.of("not measured", "does not hold", "not measured", "not measured"), words(flat));
  }

  @Test
  void weightsOfEqualPull() {
    for (EqualPull.Reference reference : EqualPull.Reference.values()) {
      EqualPull pull = new EqualPull(reference, 128, 2, 0.5);
      assertEquals(0.005, pull.weight(1, 0.005));
      double mean = pull.weight(2, 1);
      // The mean edge of a uniform disk of radius 1 is about 0.65 sqrt(pi / 128) = 0.102; the pull is twice as much.
      assertTrue(reference == EqualPull.Reference.BALL ? Math.abs(mean - 4.75) < 0.4 : mean < 3 && mean > 2,
          reference + ": " + mean);
      assertTrue(pull.weight(6, 0.005) > pull.weight(4, 0.005) && pull.weight(4, 0.005) > pull.weight(3, 0.005));
    }
    assertTrue(new EqualPull(EqualPull.Reference.BALL, 128, 2, 0.05).weight(2, 1) > 10, "short edges alone");
    // Two points have one edge. Of one dimension, with all edges up to 2, its mean in [-1, 1] is 2 / 3.
    assertEquals(1 / (2 * 2 / 3.0), new EqualPull(EqualPull.Reference.BALL, 2, 1, 2).weight(2, 1), 0.08);
  }

  @Test
  void differencesOfRadii() {
    RadialProfile a = new RadialProfile(new double[] {1, 2, 3, 4});
    assertEquals(0, a.difference(a));
    assertEquals(0.5, a.difference(new RadialProfile(new double[] {3, 4})));
    assertEquals(1, a.difference(new RadialProfile(new double[] {5})));
    assertEquals(0.25, a.difference(new RadialProfile(new double[] {1, 1, 2, 2, 3, 3, 5, 6})));
    double[] density = new RadialProfile(new double[] {0.05, 0.12, 0.15, 9}).density();
    assertEquals(2.5, density[0], 1e-12);
    assertEquals(5, density[1], 1e-12);
    assertEquals(7.5, Arrays.stream(density).sum(), 1e-12);
  }

  @Test
  void theReportIsWellFormedAndHasTheNumbers(@TempDir Path folder) throws Exception {
    for (Study study : Studies.ALL) {
      List<StudyRun> runs = runs(study, 2, cell -> run(cell,
          evaluation(Measure.BCE_TRAIN, 0.2, Measure.BCE_TEST, 0.21 + cell.config().rate(), Measure.TRUSTWORTHINESS,
              0.5),
          study == DIMENSION ? ofDimension(1.5 + cell.config().rate()) : null));
      Path out = folder.resolve(study.name());
      StudyReport.write(out, study, runs, List.of("a-lost-one"), Map.of("device", "a <processor> & more"));
      String page = Files.readString(out.resolve("report.html"));
      DocumentBuilderFactory.newInstance().newDocumentBuilder()
          .parse(new ByteArrayInputStream(page.replace("<!DOCTYPE html>", "").getBytes(StandardCharsets.UTF_8)));
      assertTrue(page.contains("a &lt;processor&gt; &amp; more") && page.contains(study.title())
          && page.contains("These trainings failed, so no verdict counts them: a-lost-one."));
      for (StudyAnswer.Claim claim : study.answer(runs).claims()) {
        assertTrue(page.contains(claim.text().replace("'", "&#39;")), claim.text());
      }
      assertEquals(study == DIMENSION, page.contains("<svg class=\"chart\""));
      assertEquals(study != DIMENSION, page.contains("no picture"));
      List<String> measures = Files.readAllLines(out.resolve("tables/measures.csv"));
      assertEquals(runs.size() + 1, measures.size());
      assertEquals(study == DIMENSION, measures.get(0).contains(",gap,ph_dim_1000,"));
      for (String table : List.of("measures.md", "means.csv", "means.md", "verdicts.csv", "verdicts.md")) {
        assertTrue(Files.size(out.resolve("tables").resolve(table)) > 50, table);
      }
    }
    reportOfNothing(folder.resolve("nothing"));
  }

  private static void reportOfNothing(Path out) throws IOException {
    StudyReport.write(out, DIMENSION, List.of(), List.of(), Map.of());
    String page = Files.readString(out.resolve("report.html"));
    assertTrue(page.contains("How it was decided"));
    assertFalse(page.contains("All numbers"));
    assertEquals(Verdict.Word.NOT_MEASURED, Verdict.of(List.of()).word());
  }
}
