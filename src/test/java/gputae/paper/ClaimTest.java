package gputae.paper;

import gputae.report.Verdict;
import static gputae.train.ModelKind.AE;
import static gputae.train.ModelKind.DISK;
import static gputae.train.ModelKind.TAE;
import static gputae.train.ModelKind.VAE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.evaluate.Measure;
import gputae.paper.PaperResults.Cost;
import gputae.paper.PaperResults.Result;
import gputae.paper.PaperResults.Run;
import gputae.paper.PaperResults.Timing;
import gputae.report.Verdict.Outcome;
import gputae.report.Verdict.Word;
import gputae.train.ModelKind;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each rule with numbers on both sides of each threshold. */
class ClaimTest {

  private static Verdict verdict(Claim claim, PaperExample example) {
    return claim.verdict(example.results(), "MNIST");
  }

  /** Whether the comparison at d = 2, the only one measured, holds. */
  private static boolean holds(Claim claim, PaperExample example) {
    Verdict verdict = verdict(claim, example);
    assertEquals(1, verdict.findings().stream().filter(f -> f.outcome() != Outcome.NOT_MEASURED).count());
    return verdict.word() == Word.HOLDS;
  }

  @ParameterizedTest
  @CsvSource({"0.15,1.5,true", "0.151,1.5,false", "0.15,1.51,false", "0.74,1.1,false", "0,0.9,true"})
  void regularisedEmbeddingsFillTheBall(double outside, double hole, boolean holds) {
    assertEquals(holds,
        holds(Claim.FILLS_BALL, new PaperExample().with(TAE, 2, Measure.OUTSIDE, outside, Measure.HOLE_RATIO, hole)));
  }

  @Test
  void thatMostLieOutsideIsSaid() {
    Verdict verdict =
        verdict(Claim.FILLS_BALL, new PaperExample().with(TAE, 2, Measure.OUTSIDE, 0.09, Measure.HOLE_RATIO, 1.1)
            .with(TAE, 10, Measure.OUTSIDE, 0.74, Measure.HOLE_RATIO, 1.2));
    assertEquals(Word.IN_PART, verdict.word());
    assertEquals(
        "d = 2: 9.0 % outside, 95 % hole 1.10 times uniform's; but not: d = 10: 74.0 % outside, 95 % hole 1.20 times "
            + "uniform's: most lie outside;"
            + " not measured: d = 5",
        verdict.evidence());
  }

  @ParameterizedTest
  @CsvSource({"0.24,0.98,true", "0.799,0.9,true", "0.8,0.9,false", "0.24,0.899,false"})
  void generatedClassesCollapse(double ae, double tae, boolean holds) {
    assertEquals(holds, holds(Claim.NO_COLLAPSE,
        new PaperExample().with(AE, 2, Measure.CLASS_ENTROPY, ae).with(TAE, 2, Measure.CLASS_ENTROPY, tae)));
  }

  /** The VAE's distance is 40, the AE's 140; with the term the distance may be 25 larger than the VAE's. */
  @ParameterizedTest
  @CsvSource({"30,true", "40,true", "65,true", "65.1,false"})
  void generatesLikeTheVae(double tae, boolean holds) {
    assertEquals(holds, holds(Claim.LIKE_VAE,
        new PaperExample().with(AE, 2, Measure.FRECHET, 140).with(TAE, 2, Measure.FRECHET, tae).with(VAE, 2,
            Measure.FRECHET, 40)));
  }

  @ParameterizedTest
  @CsvSource({"0.9,true", "0.7,true", "0.6,true", "0.59,false"})
  void generatesLikeTheVaeWhereMoreIsBetter(double tae, boolean holds) {
    assertEquals(holds, holds(Claim.LIKE_VAE,
        new PaperExample().with(AE, 2, Measure.COVERAGE, 0.28).with(TAE, 2, Measure.COVERAGE, tae).with(VAE, 2,
            Measure.COVERAGE, 0.7)));
  }

  @Test
  void withoutTheAeOnlyBetterIsLikeTheVae() {
    PaperExample example = new PaperExample().with(VAE, 2, Measure.FRECHET, 40, Measure.COVERAGE, 0.5).with(TAE, 2,
        Measure.FRECHET, 39, Measure.COVERAGE, 0.4);
    assertEquals(List.of(Outcome.YES, Outcome.NOT_MEASURED),
        verdict(Claim.LIKE_VAE, example).findings().subList(0, 2).stream().map(Verdict.Finding::outcome).toList());
  }

  @ParameterizedTest
  @CsvSource({"TAE,100,95,true", "TAE,100,95.1,false", "VAE,100,95,true", "VAE,100,96,false", "AE,100,95,false",
    "AE,100,95.1,true", "AE,100,300,true"})
  void clarityGrows(String model, double first, double last, boolean holds) {
    ModelKind kind = ModelKind.valueOf(model);
    assertEquals(holds, holds(Claim.CLARITY,
        new PaperExample().with(kind, 10, Measure.FRECHET, last).with(kind, 5, Measure.FRECHET, 1).with(kind, 2,
            Measure.FRECHET, first)));
  }

  @ParameterizedTest
  @CsvSource({"4,1.1,true", "2,1.1,true", "1.99,1.1,false", "4,4,false", "4,3.9,true"})
  void theBallPenaltyAloneLeavesHoles(double alone, double tae, boolean holds) {
    assertEquals(holds, holds(Claim.BALL_ALONE,
        new PaperExample().with(DISK, 2, Measure.HOLE_RATIO, alone).with(TAE, 2, Measure.HOLE_RATIO, tae)));
  }

  @ParameterizedTest
  @CsvSource({"111,true", "109,false", "90,false"})
  void theBallPenaltyAloneGeneratesWorse(double alone, boolean holds) {
    assertEquals(holds, holds(Claim.BALL_ALONE,
        new PaperExample().with(DISK, 10, Measure.FRECHET, alone).with(TAE, 10, Measure.FRECHET, 100)));
  }

  @ParameterizedTest
  @CsvSource({"0.1849,0.1819,true", "0.1244,0.1180,false", "0.1,0.2,true"})
  void reconstructionIsNotSacrificed(double tae, double ae, boolean holds) {
    assertEquals(holds, holds(Claim.RECONSTRUCTION,
        new PaperExample().with(AE, 2, Measure.BCE_TEST, ae).with(TAE, 2, Measure.BCE_TEST, tae)));
  }

  @ParameterizedTest
  @CsvSource({"125,200,HOLDS", "126,200,IN_PART", "125,199,IN_PART", "126,199,NOT"})
  void theTermCosts(double at128, double at512, Word word) {
    PaperExample example = new PaperExample().with(new Timing(128, new Cost(100, at128), null, "slow"))
        .with(new Timing(512, new Cost(100, at512), null, "slow"));
    assertEquals(word, Claim.COST.verdict(example.results(), "").word());
  }

  @Test
  void costsThatAreMissing() {
    PaperExample example = new PaperExample().with(new Timing(128, null, new Cost(1, 2), ""))
        .with(new Timing(512, new Cost(100, Double.NaN), null, ""));
    assertEquals(Word.NOT_MEASURED, Claim.COST.verdict(example.results(), "").word());
  }

  @Test
  void meansDecideAndTheSpreadIsNamed() {
    Result ae = new Result("MNIST", AE, 2, List.of(run(0, 0.7), run(1, 0.88), new Run(2, null, 1, null, null)));
    Verdict verdict = verdict(Claim.NO_COLLAPSE, new PaperExample().with(ae).with(TAE, 2, Measure.CLASS_ENTROPY, 0.98));
    assertEquals(Word.HOLDS, verdict.word());
    assertEquals(
        "d = 2: class entropy of the AE 0.790 \u00b1 0.127 against 0.980 with the term; not measured: d = 5; d = 10",
        verdict.evidence());
  }

  private static Run run(long seed, double entropy) {
    return new Run(seed, PaperExample.evaluation(Measure.CLASS_ENTROPY, entropy), 1, null, null);
  }

  @ParameterizedTest
  @EnumSource
  void nothingMeasured(Claim claim) {
    for (PaperExample example : List.of(new PaperExample(), new PaperExample().with(TAE, 2),
        new PaperExample().with(AE, 3, Measure.JUDGE_ACCURACY, 1))) {
      assertEquals(Word.NOT_MEASURED, verdict(claim, example).word());
      assertEquals("", verdict(claim, example).evidence());
    }
  }

  @Test
  void rulesNameTheirThresholds() {
    assertTrue(
        Claim.FILLS_BALL.rule().contains("at most 15 % of") && Claim.FILLS_BALL.rule().contains("at most 1.5 times"),
        Claim.FILLS_BALL.rule());
    assertTrue(
        Claim.BALL_ALONE.rule().contains("at least 2 times") && Claim.BALL_ALONE.rule().contains("at least 10 % above"),
        Claim.BALL_ALONE.rule());
    for (Claim claim : Claim.values()) {
      assertTrue(claim.rule().matches(".*\\d.*"), claim.rule());
      assertFalse(claim.rule().contains("%%") || claim.rule().contains("%s"), claim.rule());
    }
  }
}
