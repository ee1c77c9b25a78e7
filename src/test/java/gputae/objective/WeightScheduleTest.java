package gputae.objective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.BallPenalty;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights that change from epoch to epoch. */
class WeightScheduleTest {

  @Test
  void aWeightGoesInEqualSteps() {
    WeightSchedule up = WeightSchedule.parse("0:0.008:4");
    assertEquals(new WeightSchedule(0, 0.008, 4), up);
    assertEquals(0, up.in(1));
    assertEquals(0.002, up.in(2), 1e-18);
    assertEquals(0.006, up.in(4), 1e-18);
    assertEquals(0.008, up.in(5));
    assertEquals(0.008, up.in(1000));
    assertEquals(2.5, WeightSchedule.parse("3:1:4").in(2));
    assertEquals("0.0:0.008:4", up.toString());
    assertEquals("0.0 to 0.008 over 4 epochs", up.words());
    assertEquals(up, WeightSchedule.parse(up.toString()));
  }

  @Test
  void aNumberIsAConstantWeight() {
    WeightSchedule constant = WeightSchedule.parse("5e-3");
    assertTrue(constant.isConstant());
    assertEquals(constant, WeightSchedule.parse("0.005:0.005:7"));
    assertEquals(0.005, constant.in(1));
    assertEquals("0.005", constant.toString());
    assertEquals(constant, WeightSchedule.constant(0.005));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "x", "1:2", "1:2:0", "1:2:-3", "1:2:1.5", ":1:2", "1::2", "1:2:3:4", "1:x:3", "1:2:9999999999"})
  void otherTextIsRefused(String text) {
    String message = assertThrows(IllegalArgumentException.class, () -> WeightSchedule.parse(text)).getMessage();
    assertEquals("'" + text + "' is neither a weight nor FROM:TO:EPOCHS, such as 0:0.005:20", message);
  }

  @Test
  void anObjectiveWeighsAnEpochByItsSchedule() {
    Term ball = new Ball(2, BallPenalty.NORM);
    Term deaths = new Deaths(0.5, 1, Double.POSITIVE_INFINITY);
    List<Term> terms = List.of(new Reconstruction(), ball, deaths);
    Objective objective = Objective.of(terms, Map.of(Ball.KIND, WeightSchedule.parse("0:2:2"), Deaths.KIND,
        WeightSchedule.constant(0.5)));
    double[] values = {1, 10, 100, 0};
    assertEquals(1 - 50, objective.total(values, 1));
    assertEquals(1 + 10 - 50, objective.total(values, 2));
    assertEquals(1 + 20 - 50, objective.total(values, 3));
    assertEquals(List.of(ball), objective.scheduled());
    assertEquals(1, objective.schedule(ball).in(2));
    assertEquals(WeightSchedule.constant(0.5), objective.schedule(deaths));
    assertFalse(objective.equals(Objective.of(terms)));
    assertEquals(Objective.of(terms), Objective.of(terms, Map.of(Ball.KIND, WeightSchedule.parse("2:2:9"))));
  }

  @Test
  void aScheduleBelongsToATermAndEndsWithItsWeight() {
    List<Term> terms = List.of(new Reconstruction(), new Ball(2, BallPenalty.NORM));
    for (Map<TermKind<?>, WeightSchedule> wrong : List.<Map<TermKind<?>, WeightSchedule>>of(
        Map.of(Ball.KIND, WeightSchedule.parse("0:1:2")), Map.of(Deaths.KIND, WeightSchedule.parse("0:1:2")),
        Map.of(Reconstruction.KIND, WeightSchedule.parse("0:1:2")),
        Map.of(Ball.KIND, WeightSchedule.parse("-1:2:2")))) {
      assertThrows(IllegalArgumentException.class, () -> Objective.of(terms, wrong), wrong.toString());
    }
  }
}
