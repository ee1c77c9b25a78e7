package gputae.selftest;

import gputae.backend.Activation;
import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.backend.Recording;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Properties of whole sequences of calls: the same bits when repeated, the same bits when replayed, the same bits for
 * equal rows.
 */
final class RepeatOperations {

  private RepeatOperations() {}

  static List<Operation> all() {
    return List.of(
        new Operation("same calls again", "129 x 784 -> 64 and back; 5 small training steps", Unit.EXACT,
            RepeatOperations::sameCallsAgain),
        new Operation("recorded and replayed", "5 small training steps", Unit.EXACT,
            RepeatOperations::recordedAndReplayed),
        new Operation(SelfTest.EQUAL_ROWS, "2 to 1000 rows; 64x2 to 784x64", Unit.EXACT, DenseOperations::equalRows));
  }

  private static void sameCallsAgain(Cases cases) {
    cases.run("129 x 784 -> 64 and back", c -> {
      float[] first = weightGradient(c);
      c.same("weight gradient of the second run", first, weightGradient(c));
    });
    cases.run("training steps", c -> {
      TinyTraining first = new TinyTraining(c);
      TinyTraining second = new TinyTraining(c);
      for (int step = 0; step < TinyTraining.STEPS; step++) {
        first.step();
      }
      for (int step = 0; step < TinyTraining.STEPS; step++) {
        second.step();
      }
      first.compareWith(second);
    });
  }

  static Operation repeatedStep(int repeats) {
    return new Operation("step repeated",
        String.format(Locale.ROOT, "%,d times, 128 x 784 -> 64 -> 2 and back", repeats), Unit.EXACT,
        cases -> cases.run("step", c -> {
          TinyTraining training = new TinyTraining(c, TinyTraining.PAPER);
          training.step();
          TinyTraining.State state = training.state();
          try (Recording recording = c.backend().record(training::step)) {
            TinyTraining.State first = null;
            for (int i = 0; i < repeats; i++) {
              training.restore(state);
              recording.replay();
              if (first == null) {
                first = training.state();
                c.require(!Arrays.equals(first.parameters(), state.parameters()), "the step changes nothing");
              } else {
                first.compareWith(c, training.state());
              }
            }
          }
        }));
  }

  private static float[] weightGradient(Case c) {
    Random random = new Random(14);
    Matrix x = c.floats(129, 784, Reference.gaussian(random, 129 * 784, 1));
    Matrix w = c.floats(64, 784, Reference.gaussian(random, 64 * 784, 0.1));
    Matrix y = c.zeros(129, 64);
    Matrix dw = c.zeros(64, 784);
    c.backend().dense(x, w, c.floats(1, 64, Reference.gaussian(random, 64, 1)), Activation.ELU, y);
    c.backend().denseBackward(x, w, y, Activation.ELU, c.floats(129, 64, Reference.gaussian(random, 129 * 64, 1)), dw,
        c.zeros(1, 64), null);
    return dw.toFloats();
  }

  private static void recordedAndReplayed(Cases cases) {
    cases.run("training steps", c -> {
      TinyTraining direct = new TinyTraining(c);
      for (int step = 0; step < TinyTraining.STEPS; step++) {
        direct.step();
      }
      TinyTraining replayed = new TinyTraining(c);
      // One step is first done directly, as in a training run: initialisation on first use must not be part of the
      // recording.
      replayed.step();
      try (Recording recording = c.backend().record(replayed::step)) {
        for (int step = 1; step < TinyTraining.STEPS; step++) {
          recording.replay();
        }
        direct.compareWith(replayed);
      }
    });
    cases.run("training steps, never called directly", c -> {
      TinyTraining direct = new TinyTraining(c);
      for (int step = 0; step < TinyTraining.STEPS; step++) {
        direct.step();
      }
      TinyTraining replayed = new TinyTraining(c);
      try (Recording recording = c.backend().record(replayed::step)) {
        for (int step = 0; step < TinyTraining.STEPS; step++) {
          recording.replay();
        }
        direct.compareWith(replayed);
      }
    });
    cases.run("one addition", c -> {
      Matrix term = c.floats(1, 2, 1, 2);
      Matrix sum = c.floats(1, 2, 10, 20);
      Backend backend = c.backend();
      try (Recording recording = backend.record(() -> backend.add(term, sum))) {
        c.same("sum before the first replay", new float[] {10, 20}, sum.toFloats());
        recording.replay();
        recording.replay();
        c.same("sum after two replays", new float[] {12, 24}, sum.toFloats());
      }
    });
  }
}
