package gputae.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.linear.FloatPoints;
import gputae.model.SafeTensors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;

/**
 * The measures of generated images against values computed by hand, by numpy and scipy, and by a slow reference in
 * double.
 */
class GenerationMeasuresTest {

  /** Images with these features, all certainly of class 0 of 2. */
  private static Judgement judged(FloatPoints features) {
    float[] probabilities = new float[2 * features.count()];
    for (int i = 0; i < features.count(); i++) {
      probabilities[2 * i] = 1;
    }
    return new Judgement(features, probabilities);
  }

  private static FloatPoints line(float... coordinates) {
    return new FloatPoints(coordinates, 1);
  }

  private static GenerationMeasures of(FloatPoints real, FloatPoints generated) {
    return GenerationMeasures.of(RealImages.of(real), judged(generated));
  }

  @Test
  void byHand() {
    // Real 0 1 2 3 4 5: radii to the 3rd neighbour 3 2 2 2 2 3, to the 5th 5 4 3 3 4 5.
    // Generated -1 3 6.5 20: radii to the 3rd neighbour 21 17 13.5 21.
    GenerationMeasures measures = of(line(0, 1, 2, 3, 4, 5), line(-1, 3, 6.5f, 20));
    // -1 is inside the ball of 0 (1 < 3); not inside that of 1 (2 = 2). 3 and 6.5 (of 5: 1.5 < 3) are inside some; 20
    // in none.
    assertEquals(0.75, measures.precision());
    assertEquals(1, measures.recall());
    // In wide balls: -1 is in those of 0 (1 < 5) and 1 (2 < 4), not of 2 (3 = 3); 3 in those of 0 (3 < 5) 1 2 3 4 5;
    // 6.5 in those of 4 (2.5 < 4) and 5.
    assertEquals(10 / 5.0 / 4, measures.density(), 1e-15);
    assertEquals(1, measures.coverage());
  }

  @Test
  void coverageAndRecallByHand() {
    // Two real groups; generated ones close together in the first: radii to the 3rd neighbour 0.3 0.2 0.2 0.3.
    GenerationMeasures measures = of(line(0, 1, 2, 3, 4, 5, 100, 101, 102, 103, 104, 105), line(2, 2.1f, 2.2f, 2.3f));
    assertEquals(1, measures.precision());
    assertEquals(1 / 12.0, measures.recall());
    assertEquals(6 / 12.0, measures.coverage());
    // Each is in the wide balls of 0 (5), 1 (4), 2 (3), 3 (3), 4 (4) and 5 (5).
    assertEquals(6 / 5.0, measures.density(), 1e-15);
  }

  @Test
  void equalCloudsOfDistinctPoints() {
    FloatPoints cloud = random(new Random(1), 400, 12, false);
    GenerationMeasures measures = of(cloud, cloud);
    assertEquals(0, measures.frechet(), 1e-11);
    assertEquals(1, measures.precision());
    assertEquals(1, measures.recall());
    assertEquals(1, measures.coverage());
    // Each open ball holds its middle and the 4 nearest, not the 5th.
    assertEquals(1, measures.density(), 1e-15);
  }

  @Test
  void cloudsFarApart() {
    FloatPoints real = random(new Random(2), 70, 3, false);
    float[] moved = real.coordinates().clone();
    for (int i = 0; i < moved.length; i += 3) {
      moved[i] += 1000;
    }
    GenerationMeasures measures = of(real, new FloatPoints(moved, 3));
    assertEquals(0, measures.precision());
    assertEquals(0, measures.recall());
    assertEquals(0, measures.density());
    assertEquals(0, measures.coverage());
    assertEquals(1e6, measures.frechet(), 1);
  }

  @Test
  void ballsOfRadiusZeroHoldNothing() {
    GenerationMeasures measures = of(new FloatPoints(new float[12], 2), new FloatPoints(new float[8], 2));
    assertEquals(0, measures.precision());
    assertEquals(0, measures.recall());
    assertEquals(0, measures.density());
    assertEquals(0, measures.coverage());
    assertEquals(0, measures.frechet());
  }

  @Test
  void classes() {
    float[] probabilities = {0.7f, 0.2f, 0.1f, 0.5f, 0.5f, 0, 0, 0.25f, 0.75f, 1, 0, 0};
    GenerationMeasures measures =
        GenerationMeasures.of(RealImages.of(line(0, 1, 2, 3, 4, 5)), new Judgement(line(0, 1, 2, 3), probabilities));
    // If two probabilities are equal, the image counts for the first class.
    assertEquals(List.of(0.75, 0.0, 0.25), measures.classShares());
    assertEquals(0, measures.smallestShare());
    assertEquals((0.7f + 0.5 + 0.75 + 1) / 4, measures.confidence(), 1e-15);
    assertEquals((0.75 * Math.log(4 / 3.0) + 0.25 * Math.log(4)) / Math.log(3), measures.classEntropy(), 1e-15);
  }

  @Test
  void entropyOfGivenShares() {
    assertEquals(0, GenerationMeasures.entropy(List.of(0.0, 1.0, 0.0)));
    assertEquals(Math.log(2) / Math.log(4), GenerationMeasures.entropy(List.of(0.5, 0.0, 0.5, 0.0)), 1e-15);
    for (int classes = 2; classes < 30; classes++) {
      double entropy = GenerationMeasures.entropy(Collections.nCopies(classes, 1.0 / classes));
      assertTrue(entropy <= 1 && entropy >= 1 - 1e-14, classes + ": " + entropy);
    }
  }

  /** Values exported by bench/peers/generation_measures.py, which says what each tensor is. */
  @Test
  void agreesWithNumpyAndScipy() throws IOException, URISyntaxException {
    SafeTensors golden =
        SafeTensors.read(Path.of(GenerationMeasuresTest.class.getResource("generation_measures.safetensors").toURI()));
    TreeSet<String> cases = new TreeSet<>();
    golden.tensors().keySet().forEach(key -> cases.add(key.substring(0, key.indexOf('.'))));
    assertEquals(9, cases.size());
    for (String name : cases) {
      Judgement generated =
          new Judgement(points(golden, name + ".generated"), golden.tensors().get(name + ".probabilities").floats());
      GenerationMeasures found = GenerationMeasures.of(RealImages.of(points(golden, name + ".real")), generated);
      double[] values = golden.tensors().get(name + ".values").doubles();
      // Sums in another order differ by some units of 2^-53 of the largest term. For clouds off the centre this term is
      // the square of the mean.
      assertEquals(values[0], found.frechet(), 1e-9 * (1 + values[0]), name + " frechet");
      assertEquals(values[1], found.precision(), 1e-15, name + " precision");
      assertEquals(values[2], found.recall(), 1e-15, name + " recall");
      assertEquals(values[3], found.density(), 1e-14, name + " density");
      assertEquals(values[4], found.coverage(), 1e-15, name + " coverage");
      assertEquals(values[5], found.classEntropy(), 1e-14, name + " entropy");
      assertEquals(values[6], found.smallestShare(), 1e-15, name + " smallest share");
      assertEquals(values[7], found.confidence(), 1e-14, name + " confidence");
      double[] shares = golden.tensors().get(name + ".shares").doubles();
      assertEquals(Arrays.stream(shares).boxed().toList(), found.classShares(), name + " shares");
    }
  }

  private static FloatPoints points(SafeTensors file, String name) {
    return new FloatPoints(file.tensors().get(name).floats(), file.tensors().get(name).shape().get(1));
  }

  /** Normal coordinates; rounded to quarters where equal points and equal distances are wanted. */
  private static FloatPoints random(Random random, int n, int d, boolean rounded) {
    float[] points = new float[n * d];
    for (int i = 0; i < points.length; i++) {
      points[i] = (float) random.nextGaussian();
      points[i] = rounded ? Math.round(2 * points[i]) / 4f : points[i];
    }
    return new FloatPoints(points, d);
  }

  /**
   * The sizes are the least ones and those around the edges of a block and a tile; dimensions are around the stride of
   * 4.
   */
  @Test
  void agreesWithASlowReference() {
    int[][] shapes = {{6, 4, 1}, {6, 4, 2}, {7, 300, 3}, {300, 5, 4}, {64, 256, 5}, {65, 257, 2}, {63, 255, 8},
      {513, 129, 1}, {128, 512, 64}};
    Random random = new Random(42);
    for (int[] shape : shapes) {
      for (boolean rounded : new boolean[] {false, true}) {
        FloatPoints real = random(random, shape[0], shape[2], rounded);
        FloatPoints generated = random(random, shape[1], shape[2], rounded);
        GenerationMeasures found = of(real, generated);
        String what = Arrays.toString(shape) + (rounded ? " rounded" : "");
        int inside = 0;
        long pairs = 0;
        for (int j = 0; j < generated.count(); j++) {
          boolean hit = false;
          for (int i = 0; i < real.count(); i++) {
            hit |= distance(real, i, generated, j) < radius(real, i, 3);
            pairs += distance(real, i, generated, j) < radius(real, i, 5) ? 1 : 0;
          }
          inside += hit ? 1 : 0;
        }
        int recalled = 0;
        int covered = 0;
        for (int i = 0; i < real.count(); i++) {
          boolean hit = false;
          double nearest = Double.POSITIVE_INFINITY;
          for (int j = 0; j < generated.count(); j++) {
            hit |= distance(real, i, generated, j) < radius(generated, j, 3);
            nearest = Math.min(nearest, distance(real, i, generated, j));
          }
          recalled += hit ? 1 : 0;
          covered += nearest < radius(real, i, 5) ? 1 : 0;
        }
        assertEquals((double) inside / generated.count(), found.precision(), what);
        assertEquals((double) recalled / real.count(), found.recall(), what);
        assertEquals(pairs / 5.0 / generated.count(), found.density(), what);
        assertEquals((double) covered / real.count(), found.coverage(), what);
      }
      radii.clear();
    }
  }

  private final Map<FloatPoints, double[][]> radii = new IdentityHashMap<>();

  private static double distance(FloatPoints a, int i, FloatPoints b, int j) {
    double sum = 0;
    for (int k = 0; k < a.dimension(); k++) {
      sum += Math.pow((double) a.coordinates()[i * a.dimension() + k] - b.coordinates()[j * b.dimension() + k], 2);
    }
    return sum;
  }

  /**
   * The squared distance to the k-th nearest other point. Since the point itself comes first, this is number k, from 0,
   * of all sorted distances.
   */
  private double radius(FloatPoints points, int i, int k) {
    double[][] sorted = radii.computeIfAbsent(points, p -> new double[p.count()][]);
    if (sorted[i] == null) {
      sorted[i] = new double[points.count()];
      Arrays.setAll(sorted[i], j -> distance(points, i, points, j));
      Arrays.sort(sorted[i]);
    }
    return sorted[i][k];
  }

  @Test
  void distancesAreThoseOfPointsBitForBit() {
    Random random = new Random(5);
    FloatPoints rows = random(random, 70, 7, false);
    FloatPoints columns = random(random, 300, 7, false);
    DistanceTiles tiles = new DistanceTiles(columns);
    int[] visited = new int[1];
    for (int block = 0; block < DistanceTiles.blocks(rows); block++) {
      tiles.visit(rows, block, (row, first, count, squares) -> {
        for (int j = 0; j < count; j++) {
          assertEquals(rows.squaredDistance(row, columns, first + j), squares[j]);
          assertEquals(columns.squaredDistance(first + j, rows, row), squares[j]);
          visited[0]++;
        }
      });
    }
    assertEquals(70 * 300, visited[0]);
  }

  @Test
  void theNumberOfThreadsDoesNotMatter() throws ExecutionException, InterruptedException {
    Random random = new Random(6);
    FloatPoints real = random(random, 1000, 9, true);
    FloatPoints generated = random(random, 900, 9, true);
    GenerationMeasures expected = of(real, generated);
    for (int threads : new int[] {1, 3, 8}) {
      ForkJoinPool pool = new ForkJoinPool(threads);
      try {
        assertEquals(expected, pool.submit(() -> of(real, generated)).get());
      } finally {
        pool.shutdown();
      }
    }
  }

  @Test
  void refusesWhatItCannotMeasure() {
    RealImages real = RealImages.of(line(0, 1, 2, 3, 4, 5));
    assertEquals("5 real images; the measures of generated images need at least 6",
        assertThrows(IllegalArgumentException.class, () -> RealImages.of(line(0, 1, 2, 3, 4))).getMessage());
    assertEquals("3 generated images; their measures need at least 4",
        assertThrows(IllegalArgumentException.class, () -> GenerationMeasures.of(real, judged(line(0, 1, 2))))
            .getMessage());
    assertEquals("the generated images have 2 features, the real ones 1",
        assertThrows(IllegalArgumentException.class,
            () -> GenerationMeasures.of(real, judged(new FloatPoints(new float[8], 2)))).getMessage());
    assertThrows(IllegalArgumentException.class, () -> new Judgement(line(0, 1), new float[] {1, 1}));
    assertThrows(IllegalArgumentException.class, () -> new Judgement(line(0, 1), new float[] {1, 0, 1}));
    assertThrows(IllegalArgumentException.class, () -> new Judgement(line(0), new float[] {Float.NaN, 0}));
  }
}
