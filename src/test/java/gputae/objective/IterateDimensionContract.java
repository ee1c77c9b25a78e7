package gputae.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.Recording;
import gputae.model.SafeTensors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The PH dimension of the weights as a term: golden values, finite differences, and iterates that could break it. */
abstract class IterateDimensionContract {

  private static final int WINDOW = 100;
  private static final int STREAM = 5;

  /** A new backend; the test closes it. */
  abstract Backend backend();

  private record Found(float value, float[] gradient) {}

  /** The term of these iterates from step 0 on, one after the other; the weight is 1. */
  private final class Ring implements AutoCloseable {
    private final Backend backend = IterateDimensionContract.this.backend();
    private final List<Matrix> state = new ArrayList<>();
    private final Matrix parameters;
    private final Matrix step;
    private final Matrix weight;
    private final Matrix gradient;
    private final Matrix value;
    private final ParameterTerm.Computation computation;

    Ring(int size, long seed) {
      ParameterTerm term = new IterateDimension(1);
      for (ParameterTerm.State one : term.state(size)) {
        state.add(backend.allocate(one.rows(), one.columns()));
      }
      parameters = backend.allocate(1, size);
      step = backend.allocate(ElementType.INT64, 1, 1);
      weight = backend.allocate(1, 1).upload(new float[] {1});
      gradient = backend.allocate(1, size);
      value = backend.allocate(1, 1);
      computation =
          term.on(backend, new ParameterTerm.Setup(size, new ParameterTerm.Part(0, size), seed, STREAM, state));
    }

    void at(long number, float[] iterate) {
      parameters.upload(iterate);
      step.upload(new long[] {number});
    }

    Found next(long number, float[] iterate) {
      at(number, iterate);
      enqueue();
      return found();
    }

    void enqueue() {
      computation.enqueue(parameters, step, weight, gradient, value);
    }

    Found found() {
      return new Found(value.toFloats()[0], gradient.toFloats());
    }

    @Override
    public void close() {
      computation.close();
      backend.close();
    }
  }

  private static float[][] walk(int count, int size, long seed) {
    Random random = new Random(seed);
    float[][] iterates = new float[count][size];
    for (int i = 0; i < count; i++) {
      for (int k = 0; k < size; k++) {
        iterates[i][k] = (i == 0 ? 0 : iterates[i - 1][k]) + (float) random.nextGaussian();
      }
    }
    return iterates;
  }

  /** bench/peers/golden.py exported the data: PyTorch's gradients with GUDHI's trees. */
  @Test
  void valuesAndGradientsAreThoseOfPyTorch() throws IOException, URISyntaxException {
    SafeTensors golden = SafeTensors
        .read(Path.of(IterateDimensionContract.class.getResource("/golden/ph-dimension.safetensors").toURI()));
    float[] iterates = golden.tensors().get("term.iterates").floats();
    double[] values = golden.tensors().get("term.values").doubles();
    double[] gradients = golden.tensors().get("term.gradients").doubles();
    int size = gradients.length / values.length;
    assertEquals(STREAM, Integer.parseInt(golden.metadata().get("stream")));
    try (Ring ring = new Ring(size, Long.parseLong(golden.metadata().get("seed")))) {
      for (int step = 0; step < WINDOW + 3; step++) {
        Found found = ring.next(step, Arrays.copyOfRange(iterates, step * size, (step + 1) * size));
        if (step < WINDOW - 1) {
          assertEquals(0, found.value);
          assertArrayEquals(new float[size], found.gradient);
        } else {
          int at = step - WINDOW + 1;
          assertEquals(values[at], found.value, 1e-5 * values[at]);
          double largest = Arrays.stream(gradients, at * size, (at + 1) * size).map(Math::abs).max().orElseThrow();
          for (int k = 0; k < size; k++) {
            assertEquals(gradients[at * size + k], found.gradient[k], 1e-5 * largest);
          }
        }
      }
    }
  }

  /** The value depends on the newest iterate as the gradient says. */
  @Test
  void finiteDifferences() {
    int size = 7;
    float[][] iterates = walk(WINDOW + 40, size, 3);
    try (Ring ring = new Ring(size, 11)) {
      for (int step = 0; step < iterates.length - 1; step++) {
        ring.next(step, iterates[step]);
      }
      long last = iterates.length - 1;
      float[] newest = iterates[iterates.length - 1];
      float[] gradient = ring.next(last, newest).gradient;
      assertTrue(norm(gradient) > 1e-3);
      for (int k = 0; k < size; k++) {
        // The ring keeps only the newest point of a step, so a step may be done again.
        float h = 0x1p-7f;
        float[] moved = newest.clone();
        moved[k] += h;
        double above = ring.next(last, moved).value;
        moved[k] = newest[k] - h;
        double below = ring.next(last, moved).value;
        assertEquals((above - below) / (2 * h), gradient[k], 2e-2 * norm(gradient) + 2e-5);
      }
    }
  }

  private static double norm(float[] x) {
    double sum = 0;
    for (float v : x) {
      sum += (double) v * v;
    }
    return Math.sqrt(sum);
  }

  @Test
  void aRecordingReadsStepAndWeight() {
    int size = 300;
    float[][] iterates = walk(WINDOW + 5, size, 4);
    try (Ring direct = new Ring(size, 5);
        Ring recorded = new Ring(size, 5);
        Recording recording = recorded.backend.record(recorded::enqueue)) {
      for (int step = 0; step < iterates.length; step++) {
        Found expected = direct.next(step, iterates[step]);
        recorded.at(step, iterates[step]);
        recording.replay();
        assertEquals(expected.value, recorded.found().value);
        assertArrayEquals(expected.gradient, recorded.found().gradient);
      }
      // Other weights give the same value and another gradient.
      Found one = direct.found();
      recorded.weight.upload(new float[] {-2});
      recording.replay();
      assertEquals(one.value, recorded.found().value);
      for (int k = 0; k < size; k++) {
        assertEquals(-2 * one.gradient[k], recorded.found().gradient[k]);
      }
    }
  }

  @Test
  void equalIterates() {
    int size = 5;
    float[] same = {1, 2, 3, 4, 5};
    try (Ring ring = new Ring(size, 5)) {
      Found found = null;
      for (int step = 0; step < 2 * WINDOW; step++) {
        found = ring.next(step, same);
      }
      assertEquals(0, found.value);
      assertArrayEquals(new float[size], found.gradient);
      // The newest point equals the previous one, and the others lie on a line.
      float[] moving = same.clone();
      for (int step = 2 * WINDOW; step < 3 * WINDOW; step++) {
        moving[0] += step % 2;
        found = ring.next(step, moving);
      }
      assertTrue(found.value > 0 && Float.isFinite(found.value), String.valueOf(found.value));
      assertTrue(Float.isFinite((float) norm(found.gradient)));
    }
  }

  @Test
  void weightsThatAreNotNumbersShowInTheValue() {
    int size = 5;
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      float[][] iterates = walk(WINDOW, size, 6);
      iterates[WINDOW - 1][2] = bad;
      iterates[WINDOW / 2][1] = bad;
      try (Ring ring = new Ring(size, 5)) {
        Found found = null;
        for (int step = 0; step < WINDOW; step++) {
          found = ring.next(step, iterates[step]);
        }
        assertFalse(Float.isFinite(found.value));
      }
    }
  }
}
