package gputae.objective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.BallPenalty;
import gputae.train.ModelKind;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Objectives as values: their columns, their total, invalid objectives, and the settings of terms. */
class ObjectiveTest {

  private static final Ball BALL = new Ball(0.5, BallPenalty.NORM);
  private static final Deaths DEATHS = new Deaths(0.25, 2, 3);

  @Test
  void columnsAreThePapersAndThenTheOthers() {
    Objective plain = Objective.of(new Reconstruction());
    assertEquals(List.of("rec", "ball", "deaths", "kl"), names(plain));
    Objective more = Objective.of(new Decay(7), new Quartic(2), DEATHS, new Reconstruction(), BALL);
    assertEquals(List.of("rec", "ball", "deaths", "kl", "decay", "quartic"), names(more));
    assertEquals(5, more.column(Quartic.KIND));
    assertEquals(List.of(new Reconstruction(), BALL, DEATHS, new Decay(7), new Quartic(2)), more.terms());
    assertEquals(List.of(BALL, DEATHS, new Quartic(2)), more.latent());
    assertEquals(List.of(new Decay(7)), more.parameter());
    String message = assertThrows(IllegalArgumentException.class, () -> plain.column(Quartic.KIND)).getMessage();
    assertEquals("the objective has no fourth moment", message);
  }

  private static List<String> names(Objective objective) {
    return objective.columns().stream().map(TermKind::name).toList();
  }

  @Test
  void theTotalSubtractsWhatIsMaximisedAndLeavesOutWhatIsNotThere() {
    double[] values = {1, 10, 100, 1000, 10000};
    assertEquals(1, Objective.of(new Reconstruction()).total(values, 1));
    assertEquals(1001, Objective.of(new Reconstruction(), new Kl()).total(values, 1));
    assertEquals(1 + 0.5 * 10 - 0.25 * 100, Objective.of(new Reconstruction(), BALL, DEATHS).total(values, 1));
    assertEquals(1 + 3 * 10000 + 0.5 * 10, Objective.of(new Quartic(3), new Reconstruction(), BALL).total(values, 1));
    // A weight of 0 does not hide a value that is not finite.
    assertTrue(Double.isNaN(Objective.of(new Reconstruction(), new Quartic(0))
        .total(new double[] {1, 0, 0, 0, Double.POSITIVE_INFINITY}, 1)));
  }

  @Test
  void equalTermsMakeEqualObjectivesInAnyOrder() {
    assertEquals(Objective.of(DEATHS, new Reconstruction(), BALL), Objective.of(new Reconstruction(), BALL, DEATHS));
    assertNotEquals(Objective.of(new Reconstruction(), BALL),
        Objective.of(new Reconstruction(), new Ball(0.5, BallPenalty.SQUARED)));
    // The service loader makes a separate object.
    assertEquals(new Quartic.Kind(), Quartic.KIND);
    assertFalse(Quartic.KIND.equals(Ball.KIND));
  }

  @Test
  void whatIsNoObjectiveIsRefused() {
    Reconstruction rec = new Reconstruction();
    for (List<Term> terms : List.<List<Term>>of(List.of(), List.of(BALL), List.of(rec, rec),
        List.of(rec, BALL, new Ball(1, BallPenalty.NORM)), List.of(rec, new Kl(), new Kl()))) {
      assertThrows(IllegalArgumentException.class, () -> Objective.of(terms), terms.toString());
    }
  }

  @Test
  void valuesOfSettingsAreChecked() {
    assertEquals("lambda-ball is -1.0; it is finite and at least 0", refusal(() -> new Ball(-1, BallPenalty.NORM)));
    assertEquals("lambda-ball is Infinity; it is finite and at least 0",
        refusal(() -> new Ball(Double.POSITIVE_INFINITY, BallPenalty.NORM)));
    assertEquals("degree is 0.0; it is finite and greater than 0", refusal(() -> new Deaths(1, 0, 1)));
    assertEquals("max-edge is 0.0; it is greater than 0", refusal(() -> new Deaths(1, 1, 0)));
    assertEquals("max-edge is NaN; it is greater than 0", refusal(() -> new Deaths(1, 1, Double.NaN)));
    assertEquals("degree is NaN; it is finite and greater than 0", refusal(() -> new Deaths(1, Double.NaN, 1)));
  }

  private static String refusal(Runnable made) {
    return assertThrows(IllegalArgumentException.class, made::run).getMessage();
  }

  @Test
  void everyKindGivesItsTermBackFromItsValues() {
    for (Term term : List.of(new Reconstruction(), new Kl(), BALL, DEATHS, new Quartic(7))) {
      assertEquals(term, term.kind().of(term.kind().valuesOf(term)));
    }
    assertThrows(IllegalArgumentException.class, () -> Ball.KIND.valuesOf(DEATHS));
    // Without values, a term has the paper's settings.
    assertEquals(new Ball(0.005, BallPenalty.NORM), Ball.KIND.of(new TermKind.Values(Map.of())));
    assertEquals(new Deaths(0.005, 1, Double.POSITIVE_INFINITY), Deaths.KIND.of(new TermKind.Values(Map.of())));
  }

  @Test
  void namesKeysAndOptionsAreUsedOnce() {
    Set<String> names = new HashSet<>();
    for (TermKind<?> kind : Terms.all()) {
      assertTrue(names.add(kind.name()) && !kind.help().isEmpty(), kind.name());
      assertTrue(kind.help().stream().allMatch(line -> line.length() <= 62), kind.name());
      for (Setting<?> setting : kind.settings()) {
        assertTrue(names.add(setting.option()) && names.add(setting.key() + " in files"), setting.toString());
        assertFalse(setting.title().isBlank() || setting.description().isBlank(), setting.toString());
      }
    }
  }

  @Test
  void everyModelHasItsTermsWithThePapersSettings() {
    for (ModelKind model : ModelKind.values()) {
      Objective objective = model.objective();
      assertEquals(model.terms(), objective.terms().stream().map(Term::kind).toList());
      assertEquals(model == ModelKind.VAE, objective.variational());
    }
  }

  @Test
  void lossesOfAnObjectiveAreFoundByTheirKind() {
    Losses losses = new Losses(Objective.of(new Reconstruction(), new Quartic(1)).columns(), 1, 2, 3, 4, 5);
    assertEquals(5, losses.get(Quartic.KIND));
    assertEquals(2, losses.get(Ball.KIND));
    assertEquals(0, Losses.ofPaper(1, 2, 3, 4).get(Quartic.KIND));
    assertEquals("rec 1.0, ball 2.0, deaths 3.0, kl 4.0", Losses.ofPaper(1, 2, 3, 4).toString());
    assertThrows(IllegalArgumentException.class, () -> new Losses(Terms.PAPER, 1, 2, 3));
  }
}
