package gputae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ScalingTest {

  private static Vectors vectors(float... values) {
    return Shape.Features.numbered(3).samples(values);
  }

  /** Features: 1 to 4, the constant 7, and large numbers of small variance. */
  private static final Vectors TRAIN = vectors(1, 7, 1e6f, 2, 7, 1e6f + 1, 3, 7, 1e6f + 2, 4, 7, 1e6f + 3);

  @Test
  void standardisesAsScikitLearnDoes() {
    Scaling scaling = Scaling.of(Scaling.Kind.STANDARDISE, TRAIN);
    assertArrayEquals(new double[] {2.5, 7, 1e6 + 1.5}, scaling.shift());
    // The root of the mean squared deviation, not of its unbiased estimate.
    assertArrayEquals(new double[] {Math.sqrt(1.25), 1, Math.sqrt(1.25)}, scaling.factor(), 1e-15);
    float[] scaled = scaling.apply(TRAIN).values();
    for (int k = 0; k < 3; k++) {
      double sum = 0;
      double squares = 0;
      for (int i = 0; i < 4; i++) {
        sum += scaled[3 * i + k];
        squares += scaled[3 * i + k] * (double) scaled[3 * i + k];
      }
      assertEquals(0, sum, 1e-6);
      assertEquals(k == 1 ? 0 : 1, squares / 4, 1e-6);
    }
  }

  @Test
  void unitFillsTheRangeOfTheTrainingSamples() {
    Scaling scaling = Scaling.of(Scaling.Kind.UNIT, TRAIN);
    assertArrayEquals(new float[] {0, 0, 0, 1 / 3f, 0, 1 / 3f, 2 / 3f, 0, 2 / 3f, 1, 0, 1},
        scaling.apply(TRAIN).values());
    assertArrayEquals(new float[] {2, 1, -1}, scaling.apply(vectors(7, 8, 1e6f - 3)).values());
  }

  @Test
  void noneChangesNothing() {
    assertArrayEquals(TRAIN.values(), Scaling.of(Scaling.Kind.NONE, TRAIN).apply(TRAIN).values());
  }

  @Test
  void isUndone() {
    Random random = new Random(1);
    float[] values = new float[300];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * Math.pow(10, i % 3 * 3) + 5);
    }
    Vectors vectors = vectors(values);
    for (Scaling.Kind kind : Scaling.Kind.values()) {
      Scaling scaling = Scaling.of(kind, vectors);
      float[] back = scaling.undo(scaling.apply(vectors)).values();
      for (int i = 0; i < values.length; i++) {
        assertEquals(values[i], back[i], 1e-6 * scaling.factor()[i % 3] * 10);
      }
    }
  }

  @Test
  void refusesWhatIsNoScaling() {
    for (double factor : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(IllegalArgumentException.class,
          () -> new Scaling(Scaling.Kind.UNIT, new double[] {0}, new double[] {factor}));
    }
    assertThrows(IllegalArgumentException.class,
        () -> new Scaling(Scaling.Kind.UNIT, new double[] {Double.NaN}, new double[] {1}));
    assertThrows(IllegalArgumentException.class,
        () -> new Scaling(Scaling.Kind.UNIT, new double[2], new double[] {1}));
  }

  /** The test split is scaled by the numbers of the training split, and a run finds the same numbers again. */
  @Test
  void aDataSetKeepsItsScaling() throws IOException {
    List<String> log = new ArrayList<>();
    Dataset first = Datasets.open("circles", null, new DataOptions(null, null, null), log::add);
    assertEquals(Scaling.Kind.STANDARDISE, first.scaling().kind());
    assertTrue(log.get(1).contains("--scale none or unit for another way"), log.toString());
    Vectors raw = first.scaling().undo((Vectors) first.train().samples());
    Scaling again = Scaling.of(Scaling.Kind.STANDARDISE, raw);
    assertArrayEquals(first.scaling().shift(), again.shift(), 1e-6);
    assertArrayEquals(first.scaling().factor(), again.factor(), 1e-6);
    Dataset reopened = Datasets.open("circles", null, DataOptions.DEFAULT.as(first), log::add);
    assertEquals(first.scaling(), reopened.scaling());
    assertArrayEquals(((Vectors) first.test().samples()).values(), ((Vectors) reopened.test().samples()).values());
    Dataset unscaled = Datasets.open("circles", null,
        new DataOptions(null, null, null, null, Scaling.Kind.NONE, null), log::add);
    assertEquals(1, Math.hypot(unscaled.train().samples().value(0, 0), unscaled.train().samples().value(0, 1)), 0.6);
  }
}
