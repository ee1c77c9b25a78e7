package gputae.homology;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Backend;
import gputae.linear.DoublePoints;
import gputae.linear.FloatPoints;
import gputae.selftest.Clouds;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Spanning trees of clouds of every kind, scale and type: the edges are exactly Kruskal's, the lengths within the
 * stated bound of double precision.
 */
abstract class HomologyContract {

  private Backend backend;

  /** A new backend; the contract closes it. */
  abstract Backend open();

  /** The number of small clouds in the ordinary comparison. */
  int clouds() {
    return 4000;
  }

  /** The number of small clouds in the thorough comparison, which takes some minutes. */
  int thoroughClouds() {
    return 40_000;
  }

  @BeforeEach
  void openBackend() {
    backend = open();
  }

  @AfterEach
  void close() {
    backend.close();
  }

  @Test
  void edgesAreKruskalsOnThousandsOfClouds() {
    compare(clouds(), 60, 20260101L);
  }

  @Tag("thorough")
  @Test
  void edgesAreKruskalsOnManyMoreAndLargerClouds() {
    long seed = System.nanoTime();
    System.out.println("HomologyContract seed " + seed);
    compare(thoroughClouds(), 90, seed);
    compare(60, 1500, seed + 1);
  }

  private void compare(int clouds, int mostPoints, long seed) {
    Random random = new Random(seed);
    Clouds.Kind[] kinds = Clouds.Kind.values();
    for (int i = 0; i < clouds; i++) {
      Clouds.Kind kind = kinds[i % kinds.length];
      int n = 1 + random.nextInt(mostPoints);
      int d = i % 3 == 0 ? 1 + random.nextInt(70) : 1 + random.nextInt(4);
      FloatPoints points = Clouds.draw(kind, n, d, random);
      SpanningTree expected = Kruskal.ofPoints(points).sorted();
      String what = kind + " n " + n + " d " + d + ", cloud " + i + " of seed " + seed;
      SpanningTree engine = Homology.spanningTree(backend, points).sorted();
      assertArrayEquals(expected.edges(), engine.edges(), what);
      assertArrayEquals(expected.lengths(), engine.lengths(), what);
      if (i % 5 == 0) {
        SpanningTree prim = Prim.ofPoints(points).sorted();
        assertArrayEquals(expected.edges(), prim.edges(), what);
        assertArrayEquals(expected.lengths(), prim.lengths(), what);
      }
    }
  }

  @Test
  void lengthsAgreeWithDoublePrecision() {
    Random random = new Random(2);
    for (Clouds.Kind kind : Clouds.Kind.values()) {
      for (int d : new int[] {1, 2, 3, 10, 31, 33, 64, 100}) {
        FloatPoints points = Clouds.draw(kind, 200, d, random);
        double[] expected = PlainPrim.deaths(points.inDouble());
        double[] found = Homology.spanningTree(backend, points).deathTimes();
        double bound = (d / 2.0 + 2) * 0x1p-24;
        for (int i = 0; i < found.length; i++) {
          int index = i;
          assertTrue(Math.abs(found[i] - expected[i]) <= bound * expected[i],
              () -> kind + " d " + d + ": " + found[index] + " instead of " + expected[index]);
        }
      }
    }
  }

  @Test
  void hugeAndTinyCloudsAreThoseOfExtentOneScaled() {
    Random random = new Random(3);
    for (int d : new int[] {1, 2, 10, 64}) {
      FloatPoints points = Clouds.draw(Clouds.Kind.UNIFORM, 100, d, random);
      SpanningTree expected = Homology.spanningTree(backend, points);
      for (int exponent : new int[] {-100, -60, 1, 60, 120}) {
        float[] scaled = points.coordinates().clone();
        for (int i = 0; i < scaled.length; i++) {
          scaled[i] = Math.scalb(scaled[i], exponent);
        }
        SpanningTree found = Homology.spanningTree(backend, new FloatPoints(scaled, d));
        assertArrayEquals(expected.edges(), found.edges(), "2^" + exponent);
        for (int i = 0; i < found.lengths().length; i++) {
          assertEquals(Math.scalb(expected.lengths()[i], exponent), found.lengths()[i]);
        }
      }
    }
  }

  @Test
  void doublesMayBeFarFromTheOriginAndFarBeyondFloat32() {
    Random random = new Random(4);
    for (double scale : new double[] {1e-300, 1e-30, 1, 1e30, 1e300}) {
      for (double offset : new double[] {0, 1e6}) {
        int d = 3;
        double[] x = new double[150 * d];
        Arrays.setAll(x, i -> (random.nextDouble() + offset) * scale);
        double[] expected = PlainPrim.deaths(new DoublePoints(unscaled(x, scale), d));
        double[] found = Homology.spanningTree(backend, new DoublePoints(x, d)).deathTimes();
        for (int i = 0; i < found.length; i++) {
          // Coordinates are rounded once to float32 after centring: half a unit of at most 1/2 each.
          assertEquals(expected[i], found[i] / scale, 4 * 0x1p-24, "scale " + scale + " offset " + offset);
        }
      }
    }
  }

  private static double[] unscaled(double[] points, double scale) {
    return Arrays.stream(points).map(x -> x / scale).toArray();
  }

  @Test
  void tinyDistancesBesideALargeExtentDoNotVanish() {
    assertArrayEquals(new double[] {1e-25f, 1}, plane(1, 0, 0, 0, 1e-25f, 0).deathTimes(), 0);
  }

  /** The tree of points (x, y). */
  private SpanningTree plane(float... coordinates) {
    return Homology.spanningTree(backend, new FloatPoints(coordinates, 2));
  }

  private SpanningTree ofDoubles(int dimension, double... coordinates) {
    return Homology.spanningTree(backend, new DoublePoints(coordinates, dimension));
  }

  @Test
  void onePointHasNoDeathsAndDuplicatesDieAtZero() {
    assertEquals(0, plane(3, 4).lengths().length);
    assertEquals(0, ofDoubles(2, 3, 4).lengths().length);
    assertArrayEquals(new double[] {0, 0, 5},
        plane(0, 0, 3, 4, 0, 0, 3, 4).deathTimes());
    assertArrayEquals(new double[] {0, 0}, ofDoubles(1, 7, 7, 7).deathTimes());
  }

  @Test
  void theFirstPointThatIsNotFiniteIsNamed() {
    String message = assertThrows(IllegalArgumentException.class,
        () -> plane(0, 0, 1, 1, Float.NaN, 2, 3, Float.POSITIVE_INFINITY)).getMessage();
    assertTrue(message.startsWith("point 2 (counted from 0) has the coordinate NaN"), message);
    message = assertThrows(IllegalArgumentException.class,
        () -> ofDoubles(2, 0, 0, 1, Double.NEGATIVE_INFINITY)).getMessage();
    assertTrue(message.startsWith("point 1 (counted from 0) has the coordinate -Infinity"), message);
    assertThrows(IllegalArgumentException.class, () -> plane());
    assertThrows(IllegalArgumentException.class, () -> ofDoubles(2));
  }

  @Test
  void workedExamples() {
    //   2 . . 3      sides 3 and 1: deaths 1, 1, 3
    //   0 . . 1
    SpanningTree rectangle = plane(0, 0, 3, 0, 0, 1, 3, 1).sorted();
    assertArrayEquals(new int[] {0, 2, 1, 3, 0, 1}, rectangle.edges());
    assertArrayEquals(new double[] {1, 1, 3}, rectangle.lengths());
    assertEquals(5, rectangle.totalPersistence(1));
    assertEquals(11, rectangle.totalPersistence(2));
    // A unit square: all four sides tie, and the ids decide: 0-1, 0-2, 1-3.
    assertArrayEquals(new int[] {0, 1, 0, 2, 1, 3},
        plane(0, 0, 1, 0, 0, 1, 1, 1).sorted().edges());
  }

  @Test
  void distanceMatricesGiveTheTreeOfTheirPoints() {
    Random random = new Random(5);
    for (int n : new int[] {1, 2, 50}) {
      FloatPoints points = Clouds.draw(Clouds.Kind.UNIFORM, n, 3, random);
      float[] lower = new float[n * (n - 1) / 2];
      for (int i = 0, next = 0; i < n; i++) {
        for (int j = 0; j < i; j++) {
          lower[next++] = ExactDistance.length(ExactDistance.squared(points, i, j));
        }
      }
      assertArrayEquals(Kruskal.ofPoints(points).deathTimes(), Prim.ofDistances(lower, n).deathTimes());
    }
  }
}
