package gputae.linear;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clouds of points in both precisions. */
class PointCloudTest {

  private static final FloatPoints SINGLE = new FloatPoints(new float[] {1, 2, 3, 4, 5, 6}, 2);

  private static void refused(String message, Runnable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }

  @Test
  void bothPrecisionsHoldTheSamePoints() {
    DoublePoints wide = SINGLE.inDouble();
    assertEquals(new DoublePoints(new double[] {1, 2, 3, 4, 5, 6}, 2), wide);
    assertEquals(wide, wide.inDouble());
    for (PointCloud cloud : new PointCloud[] {SINGLE, wide}) {
      assertEquals(3, cloud.count());
      assertEquals(6, cloud.coordinate(2, 1));
    }
    assertEquals(new FloatPoints(new float[] {5, 6, 1, 2, 5, 6}, 2), SINGLE.rows(new int[] {2, 0, 2}));
    assertArrayEquals(new double[] {3, 4}, wide.rows(new int[] {1}).coordinates());
    assertEquals(25, SINGLE.squaredNorm(1));
    assertEquals(32, SINGLE.squaredDistance(0, SINGLE, 2));
  }

  @Test
  void valuesAreCompared() {
    FloatPoints copy = new FloatPoints(SINGLE.coordinates().clone(), 2);
    assertEquals(SINGLE, copy);
    assertEquals(SINGLE.hashCode(), copy.hashCode());
    assertNotEquals(SINGLE, new FloatPoints(SINGLE.coordinates(), 3));
    assertNotEquals(SINGLE.inDouble(), new DoublePoints(new double[] {1, 2, 3, 4, 5, 7}, 2));
    assertNotEquals(SINGLE, SINGLE.inDouble());
  }

  @ParameterizedTest
  @CsvSource({"5, 2", "1, 2", "3, 0", "3, -1", "0, 0"})
  void sizesThatDoNotFitAreRefused(int length, int dimension) {
    String message = length + " coordinates are no points of dimension " + dimension;
    refused(message, () -> new FloatPoints(new float[length], dimension));
    refused(message, () -> new DoublePoints(new double[length], dimension));
  }

  @Test
  void theFirstPointThatIsNotFiniteIsNamed() {
    SINGLE.requireFinite();
    FloatPoints single = new FloatPoints(new float[] {0, 1, 2, Float.NEGATIVE_INFINITY, Float.NaN, 0}, 2);
    assertTrue(single.isFinite(0));
    assertFalse(single.isFinite(1));
    assertFalse(single.isFinite(2));
    refused("point 1 (counted from 0) has the coordinate -Infinity; every coordinate must be finite",
        single::requireFinite);
    refused("point 1 (counted from 0) has the coordinate -Infinity; every coordinate must be finite",
        () -> single.inDouble().requireFinite());
    refused("there are no points", () -> new FloatPoints(new float[0], 2).requireFinite());
    refused("there are no points", () -> new DoublePoints(new double[0], 2).requireFinite());
  }
}
