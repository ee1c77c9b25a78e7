package gputae.homology;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Backend;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.linear.DoublePoints;
import gputae.linear.FloatPoints;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Death times of float64 clouds, especially of those whose points float32 merges. */
class DoublePrecisionTest {

  /** In the plane, so many points are just too many for the reference alone. */
  private static final int LARGE = 7200;

  private static void assertClose(double[] expected, double[] found, double relative, String what) {
    assertEquals(expected.length, found.length, what);
    for (int i = 0; i < found.length; i++) {
      assertTrue(Math.abs(found[i] - expected[i]) <= relative * expected[i], what + ": death " + i + " is " + found[i]
          + " instead of " + expected[i]);
    }
  }

  @Test
  void scalesThatFloat32MergesComeOutRight() {
    DoublePoints cloud = new DoublePoints(new double[] {0, 0, 1e-9, 0, 3e-9, 0, 1, 1}, 2);
    assertClose(new double[] {1e-9, 2e-9, Math.hypot(1 - 3e-9, 1)}, DoublePrecision.reference(cloud).deathTimes(),
        1e-15, "three close points and one");
    assertClose(new double[] {1e-60, 1, 1e60}, line(0, 1e-60, 1, 1e60).deathTimes(), 1e-15,
        "120 orders of magnitude");
    for (double scale : new double[] {1e-300, 1e-60, 1, 1e60, 1e300}) {
      assertClose(new double[] {scale, 2 * scale, 4 * scale}, line(0, scale, 3 * scale, -4 * scale).deathTimes(), 1e-15,
          "scale " + scale);
    }
    assertArrayEquals(new double[] {Double.MIN_VALUE}, line(0, Double.MIN_VALUE).deathTimes());
    assertThrows(IllegalArgumentException.class, () -> line(0, 1e-300, 1e300));
    assertThrows(IllegalArgumentException.class, () -> line(0, 1e-10, 1e300));
    assertThrows(IllegalArgumentException.class, () -> line(0, Double.NaN));
  }

  private static SpanningTree line(double... coordinates) {
    return DoublePrecision.reference(new DoublePoints(coordinates, 1));
  }

  @Test
  void theReferenceIsPrimsOnRandomClouds() {
    Random random = new Random(1);
    for (int d : new int[] {1, 2, 3, 33, 100}) {
      double[] x = new double[200 * d];
      Arrays.setAll(x, i -> random.nextGaussian() * Math.pow(10, -random.nextInt(12)));
      DoublePoints cloud = new DoublePoints(x, d);
      assertClose(PlainPrim.deaths(cloud), DoublePrecision.reference(cloud).deathTimes(), (d / 2.0 + 2) * 0x1p-53,
          "d " + d);
    }
  }

  private static double[][] largeClouds() {
    Random random = new Random(2);
    int n = LARGE;
    double[] uniform = new double[2 * n];
    Arrays.setAll(uniform, i -> random.nextDouble());
    double[] far = Arrays.stream(uniform).map(x -> 1e9 + x).toArray();
    // Points whose coordinates float32 rounds to some hundred values.
    double[] outlier = uniform.clone();
    outlier[0] = 1e5;
    // Float32 merges one part of this cloud into a point; within this part, it merges half the points into one again.
    double[] nested = new double[2 * n];
    Arrays.setAll(nested, i -> i < 4 ? 1e6 * i : i < n ? 1e-4 * random.nextDouble() : 1e-4
        + 1e-12 * random.nextDouble());
    double[] pairs = new double[2 * n];
    for (int i = 0; i < pairs.length; i++) {
      pairs[i] = i % 4 < 2 ? random.nextGaussian() : pairs[i - 2] + 1e-10 * random.nextGaussian();
    }
    double[] duplicates = new double[2 * n];
    Arrays.setAll(duplicates, i -> i % 2 * 0.1 + i / 2 % 1000 * (1 / 3.0));
    double[] grid = new double[2 * n];
    Arrays.setAll(grid, i -> 0.1 * (i % 2 == 0 ? i / 2 % 85 : i / 2 / 85));
    double[] heavy = new double[2 * n];
    Arrays.setAll(heavy, i -> Math.tan(Math.PI * (random.nextDouble() - 0.5)));
    return new double[][] {uniform, far, outlier, nested, pairs, duplicates, grid, heavy};
  }

  @Test
  void largeCloudsAreSearchedInFloat32AndRightInFloat64() {
    String[] names = {"uniform", "far from the origin", "with an outlier", "nested", "close pairs", "duplicates",
      "grid", "heavy tails"};
    double[][] clouds = largeClouds();
    assertFalse(DoublePrecision.isQuick(LARGE, 2));
    try (Backend backend = new CpuBackend(InstructionSet.best(), 2)) {
      for (int c = 0; c < clouds.length; c++) {
        DoublePoints cloud = new DoublePoints(clouds[c], 2);
        SpanningTree tree = DoublePrecision.refined(backend, cloud).orElseThrow();
        assertClose(PlainPrim.deaths(cloud), tree.deathTimes(), DoublePrecision.TOLERANCE, names[c]);
        int[] parent = new int[LARGE];
        Arrays.setAll(parent, i -> i);
        for (int e = 0; e < tree.lengths().length; e++) {
          int a = Kruskal.root(parent, tree.edges()[2 * e]);
          int b = Kruskal.root(parent, tree.edges()[2 * e + 1]);
          assertTrue(a != b && tree.edges()[2 * e] < tree.edges()[2 * e + 1], names[c] + ": no tree");
          parent[a] = b;
        }
      }
    }
  }

  @Test
  void largeCloudsOfOtherDimensions() {
    Random random = new Random(3);
    try (Backend backend = new CpuBackend(InstructionSet.best(), 2)) {
      for (int d : new int[] {1, 3, 40}) {
        int n = (int) Math.sqrt(1.1e8 / d);
        double[] x = new double[n * d];
        Arrays.setAll(x, i -> i / d % 3 == 0 ? random.nextGaussian() : 5 + 1e-7 * random.nextGaussian());
        DoublePoints cloud = new DoublePoints(x, d);
        assertClose(PlainPrim.deaths(cloud), DoublePrecision.refined(backend, cloud).orElseThrow().deathTimes(),
            DoublePrecision.TOLERANCE, "d " + d);
      }
    }
  }

  @Test
  void whatTakesTooLongIsGivenUp() {
    Random random = new Random(5);
    double[] x = new double[2 * LARGE];
    Arrays.setAll(x, i -> i % 2 * random.nextDouble());
    DoublePoints line = new DoublePoints(x, 2);
    try (Backend backend = new CpuBackend(InstructionSet.best(), 2)) {
      assertTrue(DoublePrecision.refined(backend, line, 1e5).isEmpty());
      assertClose(PlainPrim.deaths(line), DoublePrecision.refined(backend, line).orElseThrow().deathTimes(),
          DoublePrecision.TOLERANCE, "a line");
    }
  }

  @Test
  void float32CloudsOfScalesTooFarApartAreNoticed() {
    FloatPoints wide = new FloatPoints(new float[] {0, 1e-30f, 1e30f}, 1);
    try (Backend backend = new CpuBackend(InstructionSet.best(), 1)) {
      assertTrue(Homology.hasWideScales(wide, Homology.spanningTree(backend, wide)));
      assertArrayEquals(new double[] {1e-30f, 1e30f}, DoublePrecision.reference(wide.inDouble()).deathTimes());
      FloatPoints plain = new FloatPoints(new float[] {0, 0, 1e-10f, 1}, 1);
      assertFalse(Homology.hasWideScales(plain, Homology.spanningTree(backend, plain)));
    }
  }

  @Test
  void distancesWithoutSomeEdgesGiveAForest() {
    double inf = Double.POSITIVE_INFINITY;
    // Points 0, 1, 2 and 3, 4, as rows of the lower triangle.
    double[] lower = {2, 5, 3, inf, inf, inf, inf, inf, inf, 1.5};
    SpanningTree forest = Prim.ofDistances(lower, 5);
    assertArrayEquals(new double[] {1.5, 2, 3}, forest.deathTimes());
    assertEquals(0, Prim.ofDistances(new float[] {Float.POSITIVE_INFINITY}, 2).lengths().length);
    SpanningTree sparse = Kruskal.ofEdges(6, new int[] {0, 1, 0, 2, 1, 2, 3, 4, 0, 1}, new double[] {2, 5, 3, 1.5, 2});
    assertArrayEquals(forest.deathTimes(), sparse.deathTimes());
    assertArrayEquals(forest.sorted().edges(), sparse.sorted().edges());
  }

  @Test
  void edgesOfDistancesAreThoseOfTheRule() {
    Random random = new Random(4);
    for (int n : new int[] {2, 3, 40}) {
      double[] lower = new double[n * (n - 1) / 2];
      int[] ends = new int[2 * lower.length];
      for (int i = 0, next = 0; i < n; i++) {
        for (int j = 0; j < i; j++) {
          // There are few different lengths, so that ids decide.
          lower[next] = random.nextInt(5) * 1e-60;
          ends[2 * next] = j;
          ends[2 * next++ + 1] = i;
        }
      }
      assertArrayEquals(Kruskal.ofEdges(n, ends, lower).edges(), Prim.ofDistances(lower, n).sorted().edges());
    }
  }
}
