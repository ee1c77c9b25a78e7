package gputae.view.lwjgl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.objective.Ball;
import gputae.objective.Deaths;
import gputae.objective.Kl;
import gputae.objective.Losses;
import gputae.objective.Reconstruction;
import gputae.objective.Terms;
import gputae.train.Epoch;
import gputae.train.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Curves of any length in limited memory: they lose detail, but never a step. */
class CurvesTest {

  private static final int PER_EPOCH = 7;

  private static Step step(long number, Random random) {
    double reconstruction = random.nextDouble();
    return new Step(
        number, (int) ((number - 1) / PER_EPOCH) + 1, (int) ((number - 1) % PER_EPOCH) + 1, PER_EPOCH, 32, true, Losses
            .ofPaper(reconstruction, 100 * random.nextDouble(), random.nextDouble() - 0.5, 1e-3 * random.nextDouble()),
        0);
  }

  private static Epoch epoch(int number, double value) {
    return new Epoch(number, 0, Losses.ofPaper(value, 2 * value, 3 * value, 4 * value), 0, 5 * value, 60 * value);
  }

  /** Compares every point with the mean of the steps since the previous point, up to its own step. */
  private static void assertMeans(List<Step> steps, Curves.Copy copy, int firstPoint, long firstStep) {
    long from = firstStep;
    for (int i = firstPoint; i < copy.epochs().length; i++) {
      long to = Math.round(copy.epochs()[i] * PER_EPOCH);
      assertEquals(to, copy.epochs()[i] * PER_EPOCH, 1e-6);
      assertTrue(to > from, "no step in point " + i);
      double[] sums = new double[4];
      for (long s = from; s < to; s++) {
        Step step = steps.get((int) (s - firstStep));
        sums[Terms.PAPER.indexOf(Reconstruction.KIND)] += step.loss(Reconstruction.KIND);
        sums[Terms.PAPER.indexOf(Ball.KIND)] += step.loss(Ball.KIND);
        sums[Terms.PAPER.indexOf(Deaths.KIND)] += step.loss(Deaths.KIND);
        sums[Terms.PAPER.indexOf(Kl.KIND)] += step.loss(Kl.KIND);
      }
      for (int kind = 0; kind < 4; kind++) {
        assertEquals(sums[kind] / (to - from), copy.values()[kind][i],
            1e-9 * Math.max(1, Math.abs(copy.values()[kind][i])));
      }
      from = to;
    }
    assertEquals(firstStep + steps.size(), from, "the last step is in the last point");
  }

  private static int[] lengths() {
    Random random = new Random(1);
    return IntStream.concat(IntStream.of(0, 1, 2, 511, 512, 513, 1023, 1024, 1025, 2048, 20_000),
        IntStream.generate(() -> (int) Math.exp(random.nextDouble() * Math.log(20_000))).limit(30)).toArray();
  }

  @Test
  void everyPointIsTheMeanOfItsSteps() {
    for (int length : lengths()) {
      Curves curves = new Curves(Terms.PAPER, PER_EPOCH);
      List<Step> steps = new ArrayList<>();
      Random random = new Random(length);
      for (int i = 1; i <= length; i++) {
        steps.add(step(i, random));
        curves.add(steps.get(i - 1));
      }
      Curves.Copy copy = curves.copy();
      assertMeans(steps, copy, 0, 0);
      assertEquals(length, copy.step());
      int points = copy.epochs().length;
      assertTrue(points <= 512, points + " points");
      assertTrue(points >= Math.min(length, 256), points + " points of " + length + " steps");
      for (double[] values : copy.values()) {
        assertEquals(points, values.length);
      }
      // All points have the same width except the last one, which is still filling.
      long first = points == 0 ? 0 : Math.round(copy.epochs()[0] * PER_EPOCH);
      for (int i = 1; i < points; i++) {
        long width = Math.round((copy.epochs()[i] - copy.epochs()[i - 1]) * PER_EPOCH);
        assertTrue(width == first || i == points - 1 && width <= first,
            "point " + i + " of " + points + " stands for " + width + " steps, the first for " + first);
      }
    }
  }

  @Test
  void aShorterBatchIsInNoPoint() {
    Curves curves = new Curves(Terms.PAPER, 2);
    for (int epoch = 1; epoch <= 40; epoch++) {
      curves.add(new Step(2 * epoch - 1, epoch, 1, 2, 32, true, Losses.ofPaper(0.5, 8, 3, 0.25), 0));
      curves.add(new Step(2 * epoch, epoch, 2, 2, 1, false, Losses.ofPaper(0.4, 1, 0, 0.125), 0));
    }
    Curves.Copy copy = curves.copy();
    assertEquals(80, copy.step());
    assertEquals(40, copy.epochs()[copy.epochs().length - 1], "the curve reaches the end of the last epoch");
    for (int i = 0; i < copy.epochs().length; i++) {
      assertEquals(8, copy.of(Ball.KIND)[i]);
      assertEquals(3, copy.of(Deaths.KIND)[i]);
    }
    // This training goes on just before a shorter batch, with no point yet.
    Curves resumed = new Curves(Terms.PAPER, 2);
    resumed.add(new Step(2, 1, 2, 2, 1, false, Losses.ofPaper(0.4, 1, 0, 0.125), 0));
    assertEquals(2, resumed.copy().step());
    assertEquals(0, resumed.copy().epochs().length);
  }

  @Test
  void aCopyDoesNotChangeAnyMore() {
    Curves curves = new Curves(Terms.PAPER, PER_EPOCH);
    Random random = new Random(2);
    for (int i = 1; i <= 600; i++) {
      curves.add(step(i, random));
    }
    curves.add(epoch(1, 0.5));
    Curves.Copy copy = curves.copy();
    double[] epochs = copy.epochs().clone();
    double[] values = copy.of(Ball.KIND).clone();
    for (int i = 601; i <= 3000; i++) {
      curves.add(step(i, random));
    }
    curves.add(epoch(2, 0.4));
    assertArrayEquals(epochs, copy.epochs());
    assertArrayEquals(values, copy.of(Ball.KIND));
    assertEquals(1, copy.testEpochs().length);
  }

  @Test
  void testsAreAtTheirEpochs() {
    Curves curves = new Curves(Terms.PAPER, PER_EPOCH);
    assertTrue(Double.isNaN(curves.copy().stepsPerSecond()));
    // There are more epochs than there is room for at first.
    for (int i = 1; i <= 100; i++) {
      curves.add(epoch(i, i));
    }
    Curves.Copy copy = curves.copy();
    assertEquals(100, copy.testEpochs().length);
    for (int i = 0; i < 100; i++) {
      assertEquals(i + 1, copy.testEpochs()[i]);
      assertEquals(5.0 * (i + 1), copy.testValues()[i]);
    }
    assertEquals(6000, copy.stepsPerSecond());
    assertEquals(0, copy.epochs().length);
  }

  @Test
  void aTrainingThatIsResumedBeginsWithAPointAnEpoch() {
    for (int epochs : new int[] {1, 3, 511, 512, 513, 2000}) {
      Curves curves = new Curves(Terms.PAPER, PER_EPOCH);
      Random random = new Random(epochs);
      for (int i = 1; i <= 100; i++) {
        curves.add(step(i, random));
      }
      List<Epoch> history = new ArrayList<>();
      for (int i = 1; i <= epochs; i++) {
        history.add(epoch(i, random.nextDouble()));
      }
      curves.restart(history);
      Curves.Copy copy = curves.copy();
      assertEquals((long) epochs * PER_EPOCH, copy.step());
      assertEquals(epochs, copy.testEpochs().length);
      assertEquals(history.get(epochs - 1).stepsPerSecond(), copy.stepsPerSecond());
      int points = copy.epochs().length;
      assertTrue(points <= 512 && points >= Math.min(epochs, 256), points + " points of " + epochs + " epochs");
      int from = 0;
      for (int i = 0; i < points; i++) {
        int to = (int) Math.round(copy.epochs()[i]);
        assertEquals(to, copy.epochs()[i], 1e-9);
        assertEquals(
            history.subList(from, to).stream().mapToDouble(e -> e.loss(Reconstruction.KIND)).average().orElseThrow(),
            copy.of(Reconstruction.KIND)[i], 1e-9);
        assertEquals(history.subList(from, to).stream().mapToDouble(e -> e.loss(Deaths.KIND)).average().orElseThrow(),
            copy.of(Deaths.KIND)[i], 1e-9);
        from = to;
      }
      assertEquals(epochs, from);
      // Then the steps of the resumed training follow, after any number of epochs.
      List<Step> steps = new ArrayList<>();
      for (int i = 1; i <= 5; i++) {
        steps.add(step((long) epochs * PER_EPOCH + i, random));
        curves.add(steps.get(i - 1));
      }
      copy = curves.copy();
      if (epochs < 500) {
        assertEquals(points + 5, copy.epochs().length);
        assertMeans(steps, copy, points, (long) epochs * PER_EPOCH);
      }
      assertEquals((long) epochs * PER_EPOCH + 5, copy.step());
      assertEquals(epochs + 5.0 / PER_EPOCH, copy.epochs()[copy.epochs().length - 1], 1e-9);
    }
  }

  /** A checkpoint may lie inside an epoch: the steps before it in this epoch are not known, so they are in no mean. */
  @Test
  void stepsBetweenAnEpochAndACheckpointAreMissing() {
    Curves curves = new Curves(Terms.PAPER, PER_EPOCH);
    Random random = new Random(3);
    curves.restart(List.of(epoch(1, 0.5)));
    Step eleventh = step(11, random);
    Step twelfth = step(12, random);
    curves.add(eleventh);
    curves.add(twelfth);
    Curves.Copy copy = curves.copy();
    assertArrayEquals(new double[] {0.5, eleventh.loss(Reconstruction.KIND), twelfth.loss(Reconstruction.KIND)},
        copy.of(Reconstruction.KIND), 1e-12);
    assertArrayEquals(new double[] {1, 11.0 / 7, 12.0 / 7}, copy.epochs(), 1e-12);
  }

  @Test
  void aTrainingThatStartsAgainHasForgottenEverything() {
    Curves curves = new Curves(Terms.PAPER, PER_EPOCH);
    Random random = new Random(4);
    for (int i = 1; i <= 1000; i++) {
      curves.add(step(i, random));
    }
    curves.add(epoch(1, 0.5));
    curves.restart(List.of());
    Curves.Copy copy = curves.copy();
    assertEquals(0, copy.epochs().length);
    assertEquals(0, copy.testEpochs().length);
    assertEquals(0, copy.step());
    assertTrue(Double.isNaN(copy.stepsPerSecond()));
  }
}
