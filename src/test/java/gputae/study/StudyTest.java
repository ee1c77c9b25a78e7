package gputae.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.evaluate.Evaluation;
import gputae.evaluate.Measure;
import gputae.homology.PhDimension;
import gputae.report.Verdict;
import gputae.objective.Losses;
import gputae.run.SweepCell;
import gputae.train.Epoch;
import gputae.train.ModelKind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
    return Study.ALL.stream().filter(study -> study.name().equals(name)).findFirst().orElseThrow();
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
    return new StudyRun("mnist", cell.config(), cell.parameters(), evaluation, dimension, Path.of("no-latent.png"),
        Path.of("no-generated.png"), history(cell));
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
    for (Study study : Study.ALL) {
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
      return run(cell, evaluation(Measure.TRUSTWORTHINESS, score, Measure.CONTINUITY, score, Measure.DENSITY_KL_001,
          1 - score, Measure.DENSITY_KL_01, 1 - score, Measure.DENSITY_KL_1, 1 - score, Measure.FRECHET,
          cell.config().seed() == 2 ? 5 : 100 - score, Measure.COVERAGE, score, Measure.CLASS_ENTROPY, score), null);
    }));
    // The Frechet distance of one seed is the best for every model.
    assertEquals(List.of("holds", "does not hold", "does not hold", "holds in part", "does not hold",
        "does not hold"), words(answer));
    assertEquals(4, answer.shown().size());
    assertTrue(answer.summary().get(0).contains("better than AE: mnist, 5 of 5 measures."), answer.summary().get(0));
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

  @Test
  void theReportIsWellFormedAndHasTheNumbers(@TempDir Path folder) throws Exception {
    for (Study study : Study.ALL) {
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
