package gputae.evaluate;

import static gputae.evaluate.MeasuresOfPeers.assertNear;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.data.Images;
import gputae.data.Labels;
import gputae.data.Split;
import gputae.linear.FloatPoints;
import gputae.linear.PointRows;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class NeighbourhoodMeasuresTest {

  // The bounds are for a thousand times the rounding of exp, 2e-13, under a logarithm, and for the rounding that is
  // left if a divergence is nearly 0.
  private static final double RELATIVE = 1e-9;
  private static final double ABSOLUTE = 1e-13;

  private static FloatPoints line(float... coordinates) {
    return new FloatPoints(coordinates, 1);
  }

  private static int[] ints(byte[] labels) {
    return IntStream.range(0, labels.length).map(i -> labels[i] & 0xff).toArray();
  }

  private static FloatPoints bytesAsPoints(Images images) {
    float[] coordinates = new float[images.pixels().length];
    for (int i = 0; i < coordinates.length; i++) {
      coordinates[i] = images.pixels()[i] & 0xff;
    }
    return new FloatPoints(coordinates, images.size());
  }

  private static Images images(float[][] rows) {
    int p = rows[0].length;
    byte[] pixels = new byte[rows.length * p];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (int) rows[i / p][i % p];
    }
    return new Images(pixels, rows.length, p, 1);
  }

  @Test
  void agreeWithScikitLearnAndTheFormulaOfMoorAndOthers() throws IOException {
    MeasuresOfPeers peers = MeasuresOfPeers.read();
    assertEquals(5, peers.neighbourhoods().size());
    for (MeasuresOfPeers.Neighbourhood peer : peers.neighbourhoods()) {
      InputSpace inputs = peer.name().startsWith("images") ? InputSpace.of(images(peer.x()))
          : InputSpace.of(PointRows.points(peer.x()));
      NeighbourhoodMeasures found = NeighbourhoodMeasures.ofClasses(inputs, PointRows.points(peer.z()),
          ints(peer.labels()));
      assertArrayEquals(peer.ks(), NeighbourhoodMeasures.sizes(peer.x().length), peer.name());
      assertNear(Arrays.stream(peer.trustworthiness()).average().orElseThrow(), found.trustworthiness(), ABSOLUTE,
          RELATIVE, peer.name() + " trustworthiness");
      assertNear(Arrays.stream(peer.continuity()).average().orElseThrow(), found.continuity(), ABSOLUTE, RELATIVE,
          peer.name() + " continuity");
      assertNear(peer.trustworthiness()[0], found.trustworthiness10(), ABSOLUTE, RELATIVE,
          peer.name() + " trustworthiness at 10");
      assertNear(peer.continuity()[0], found.continuity10(), ABSOLUTE, RELATIVE, peer.name() + " continuity at 10");
      assertNear(Arrays.stream(peer.rank_error()).average().orElseThrow(), found.rankError(), ABSOLUTE, RELATIVE,
          peer.name() + " rank error");
      assertNear(Arrays.stream(peer.rank_error_inputs()).average().orElseThrow(), found.rankErrorOfInputs(), ABSOLUTE,
          RELATIVE, peer.name() + " rank error of the inputs");
      assertNear(peer.rmse(), found.distanceRmse(), ABSOLUTE, RELATIVE, peer.name() + " RMSE of distances");
      assertEquals(peer.accuracy(), found.labelAccuracy(), peer.name());
      for (int s = 0; s < 4; s++) {
        assertNear(peer.divergence()[s], found.densityDivergence().get(s), ABSOLUTE, RELATIVE,
            peer.name() + " divergence " + s);
      }
    }
  }

  /**
   * The sizes are around a tile (32) and a block of images (256) of the distances; neighbourhoods have every length.
   */
  @Test
  void agreeWithTheFormulasOnRandomClouds() {
    agreeWithTheFormulas(2, 3, 4, 5, 20, 21, 22, 31, 32, 33, 64, 97);
  }

  @Tag("thorough")
  @Test
  void agreeWithTheFormulasOnLargerClouds() {
    agreeWithTheFormulas(129, 257);
  }

  private static void agreeWithTheFormulas(int... sizes) {
    Random random = new Random(7);
    for (int n : sizes) {
      for (Kind kind : Kind.values()) {
        int p = 1 + random.nextInt(9);
        byte[] labels = new byte[n];
        random.nextBytes(labels);
        for (int i = 0; i < n; i++) {
          // Three classes, one of them above 127.
          labels[i] = (byte) (labels[i] % 2 * 100);
        }
        Images images = new Images(kind.pixels(random, n, p), n, 1, p);
        FloatPoints z = kind.cloud(random, n, 1 + random.nextInt(4));
        FloatPoints x = bytesAsPoints(images);
        String what = n + " points, " + kind;
        check(InputSpace.of(images), x, 1.0 / 255, z, labels, what + ", images");
        if (n < 100) {
          FloatPoints vectors = kind.cloud(random, n, p);
          check(InputSpace.of(vectors), vectors, 1, z, labels, what + ", vectors");
        }
      }
    }
  }

  private enum Kind {
    SCATTERED, TIED, DUPLICATES, COLLINEAR, EQUAL;

    byte[] pixels(Random random, int n, int p) {
      byte[] pixels = new byte[n * p];
      for (int i = 0; i < n; i++) {
        int step = random.nextInt(256 / p);
        for (int k = 0; k < p; k++) {
          pixels[i * p + k] = switch (this) {
            case SCATTERED -> (byte) (random.nextInt(3) == 0 ? 0 : random.nextInt(256));
            case TIED -> (byte) (random.nextInt(2) * 255);
            case DUPLICATES -> i % 3 == 0 || i < 2 ? (byte) random.nextInt(256) : pixels[i / 2 * p + k];
            case COLLINEAR -> (byte) (step * (k + 1));
            case EQUAL -> 77;
          };
        }
      }
      return pixels;
    }

    FloatPoints cloud(Random random, int n, int d) {
      float[] z = new float[n * d];
      for (int i = 0; i < n; i++) {
        float step = (float) random.nextGaussian();
        for (int k = 0; k < d; k++) {
          z[i * d + k] = switch (this) {
            case SCATTERED -> (float) random.nextGaussian();
            case TIED -> random.nextInt(3);
            case DUPLICATES -> i % 3 == 0 || i < 2 ? (float) random.nextGaussian() : z[i / 2 * d + k];
            case COLLINEAR -> step * (k + 1);
            case EQUAL -> 0.7f;
          };
        }
      }
      return new FloatPoints(z, d);
    }
  }

  private static void check(InputSpace inputs, FloatPoints x, double unit, FloatPoints z, byte[] labels,
      String what) {
    NeighbourhoodMeasures found = NeighbourhoodMeasures.ofClasses(inputs, z, ints(labels));
    int[] sizes = NeighbourhoodMeasures.sizes(x.count());
    double[] trustworthiness = SlowMeasures.trustworthiness(x, z, sizes);
    double[] continuity = SlowMeasures.trustworthiness(z, x, sizes);
    assertNear(Arrays.stream(trustworthiness).average().orElse(Double.NaN), found.trustworthiness(), ABSOLUTE, RELATIVE,
        what + ": trustworthiness");
    assertNear(Arrays.stream(continuity).average().orElse(Double.NaN), found.continuity(), ABSOLUTE, RELATIVE,
        what + ": continuity");
    assertNear(sizes.length == 0 ? Double.NaN : trustworthiness[0], found.trustworthiness10(), ABSOLUTE, RELATIVE,
        what + ": trustworthiness at 10");
    assertNear(sizes.length == 0 ? Double.NaN : continuity[0], found.continuity10(), ABSOLUTE, RELATIVE,
        what + ": continuity at 10");
    assertNear(Arrays.stream(SlowMeasures.rankErrors(z, x, sizes)).average().orElse(Double.NaN), found.rankError(),
        ABSOLUTE, RELATIVE, what + ": rank error");
    assertNear(Arrays.stream(SlowMeasures.rankErrors(x, z, sizes)).average().orElse(Double.NaN),
        found.rankErrorOfInputs(), ABSOLUTE, RELATIVE, what + ": rank error of the inputs");
    assertNear(SlowMeasures.distanceRmse(x, unit, z), found.distanceRmse(), ABSOLUTE, RELATIVE,
        what + ": RMSE of distances");
    assertEquals(SlowMeasures.accuracy(z, labels), found.labelAccuracy(), what);
    for (int s = 0; s < 4; s++) {
      double divergence = SlowMeasures.divergence(x, z, NeighbourhoodMeasures.SIGMAS.get(s));
      assertNear(divergence, found.densityDivergence().get(s), ABSOLUTE, RELATIVE, what + ": divergence " + s);
    }
  }

  @Test
  void sizesOfNeighbourhoodsStayBelowHalf() {
    assertArrayEquals(new int[0], NeighbourhoodMeasures.sizes(2));
    assertArrayEquals(new int[] {1}, NeighbourhoodMeasures.sizes(3));
    assertArrayEquals(new int[] {9}, NeighbourhoodMeasures.sizes(20));
    assertArrayEquals(new int[] {10}, NeighbourhoodMeasures.sizes(21));
    assertArrayEquals(new int[] {10}, NeighbourhoodMeasures.sizes(40));
    assertArrayEquals(new int[] {10, 20}, NeighbourhoodMeasures.sizes(41));
    int[] all = NeighbourhoodMeasures.sizes(10_000);
    assertEquals(20, all.length);
    assertEquals(10, all[0]);
    assertEquals(200, all[19]);
  }

  @Test
  void anIsometryKeepsEverything() {
    Random random = new Random(1);
    float[] x = new float[120];
    float[] z = new float[120];
    for (int i = 0; i < 120; i++) {
      x[i] = random.nextInt(1000);
      z[i] = 2048 - 0.5f * x[i];
    }
    FloatPoints points = new FloatPoints(x, 2);
    NeighbourhoodMeasures found = NeighbourhoodMeasures.ofClasses(InputSpace.of(points), new FloatPoints(z, 2), null);
    // Half of each distance is missing.
    double half = SlowMeasures.distanceRmse(points, 1, new FloatPoints(new float[120], 2)) / 2;
    assertNear(half, found.distanceRmse(), 0, RELATIVE, "RMSE of distances");
    assertEquals(similar(found.distanceRmse()), found);
  }

  /** What an embedding that keeps all ranks and densities has. */
  private static NeighbourhoodMeasures similar(double distanceRmse) {
    return new NeighbourhoodMeasures(1, 1, 1, 1, 0, 0, distanceRmse, Double.NaN, List.of(0.0, 0.0, 0.0, 0.0));
  }

  @Test
  void threePointsByHand() {
    // k = 1, factor 2 / (3 * 1 * (6 - 3 - 1)) = 1/3. Each point's nearest in z, 2 2 0, is the second in x, and each
    // point's nearest in x, 1 0 1, the second in z.
    NeighbourhoodMeasures found =
        NeighbourhoodMeasures.ofClasses(InputSpace.of(line(0, 1, 3)), line(0, 3, 1), new int[] {5, 6, 5});
    assertNear(0, found.trustworthiness(), 1e-15, 0, "trustworthiness");
    assertNear(0, found.continuity(), 1e-15, 0, "continuity");
    // Each neighbour of rank 1 has rank 2 elsewhere; c(1) = |3 + 1 - 2| = 2.
    assertEquals(0.5, found.rankError());
    assertEquals(0.5, found.rankErrorOfInputs());
    // Distances 1, 3, 2 become 3, 1, 2.
    assertNear(Math.sqrt(2 * (4 + 4 + 0) / 9.0), found.distanceRmse(), 0, 1e-15, "RMSE of distances");
    // The neighbours have one vote each, so the nearer one decides. Point 2 gives 5 to point 0, point 1 gets 5, and
    // point 0 gives 5 to point 2.
    assertNear(2 / 3.0, found.labelAccuracy(), 1e-15, 0, "accuracy");
  }

  /** Points without a class are no voters, and nobody asks whether their class is found. */
  @Test
  void pointsWithoutAClassAreLeftOut() {
    int none = Labels.NO_CLASS;
    FloatPoints z = line(0, 1, 2, 3, 10);
    InputSpace inputs = InputSpace.of(z);
    // Each of the points 0, 3 and 10 gets one vote of either other; the nearer one decides, and is right for 10 alone.
    assertEquals(1 / 3.0, NeighbourhoodMeasures.ofClasses(inputs, z, new int[] {7, none, none, 8, 8}).labelAccuracy());
    assertEquals(1, NeighbourhoodMeasures.ofClasses(inputs, z, new int[] {7, none, none, none, 7}).labelAccuracy());
    assertEquals(Double.NaN,
        NeighbourhoodMeasures.ofClasses(inputs, z, new int[] {7, none, none, none, none}).labelAccuracy());
    Images images = new Images(new byte[] {0, 1, 2, 3, 10}, 5, 1, 1);
    byte[] labels = {7, (byte) 255, (byte) 255, 8, 8};
    assertEquals(1 / 3.0,
        NeighbourhoodMeasures.of(InputSpace.of(images), z, new Split(images, labels)).labelAccuracy());
  }

  /** More than 200 points without a class lie between two of the same class. */
  @Test
  void votersBehindManyWithoutAClass() {
    float[] coordinates = new float[302];
    int[] labels = new int[302];
    Arrays.fill(labels, Labels.NO_CLASS);
    for (int i = 0; i < 302; i++) {
      coordinates[i] = i;
    }
    labels[0] = 3;
    labels[301] = 3;
    FloatPoints z = line(coordinates);
    assertEquals(1, NeighbourhoodMeasures.ofClasses(InputSpace.of(z), z, labels).labelAccuracy());
  }

  @Test
  void fourPointsByHand() {
    NeighbourhoodMeasures found =
        NeighbourhoodMeasures.ofClasses(InputSpace.of(line(0, 1, 3, 10)), line(0, 2, 1, 1.25f), null);
    // k = 1, factor 2 / (4 * 1 * (8 - 3 - 1)) = 1/8. Nearest in z: 2 3 3 2, their ranks in x: 2 3 3 1. Nearest in x: 1
    // 0 1 2, their ranks in z: 3 3 3 1; from point 2 the points 0 and 1 are equally far in z, and 0 comes first.
    assertNear(1 - 5 / 8.0, found.trustworthiness(), 1e-15, 0, "trustworthiness");
    assertNear(1 - 6 / 8.0, found.continuity(), 1e-15, 0, "continuity");
    // c(1) = |4 + 1 - 2| = 3.
    assertNear(5 / 12.0, found.rankError(), 0, 1e-15, "rank error");
    assertNear(6 / 12.0, found.rankErrorOfInputs(), 0, 1e-15, "rank error of the inputs");
    assertEquals(Double.NaN, found.labelAccuracy());
  }

  @Test
  void divergenceFromUniformDensityByHand() {
    FloatPoints equilateral = new FloatPoints(new float[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, 3);
    NeighbourhoodMeasures found = NeighbourhoodMeasures.ofClasses(InputSpace.of(equilateral), line(-1, 0, 1), null);
    for (int s = 0; s < 4; s++) {
      double near = Math.exp(-0.25 / NeighbourhoodMeasures.SIGMAS.get(s));
      double far = Math.exp(-1 / NeighbourhoodMeasures.SIGMAS.get(s));
      double end = 1 + near + far;
      double middle = 1 + 2 * near;
      double total = 2 * end + middle;
      assertNear((2 * Math.log(total / 3 / end) + Math.log(total / 3 / middle)) / 3, found.densityDivergence().get(s),
          ABSOLUTE, RELATIVE, "sigma " + s);
    }
    assertTrue(found.densityDivergence().get(3) > 1e-3);
  }

  @Test
  void anEmbeddingInOnePlaceHasUniformDensity() {
    NeighbourhoodMeasures found =
        NeighbourhoodMeasures.ofClasses(InputSpace.of(line(-1, 0, 1)),
            new FloatPoints(new float[] {4, 4, 4, 4, 4, 4}, 2), null);
    for (int s = 0; s < 4; s++) {
      double near = Math.exp(-0.25 / NeighbourhoodMeasures.SIGMAS.get(s));
      double far = Math.exp(-1 / NeighbourhoodMeasures.SIGMAS.get(s));
      double total = 3 + 4 * near + 2 * far;
      double end = (1 + near + far) / total;
      double middle = (1 + 2 * near) / total;
      assertNear(2 * end * Math.log(3 * end) + middle * Math.log(3 * middle), found.densityDivergence().get(s),
          ABSOLUTE, RELATIVE, "sigma " + s);
    }
  }

  @Test
  void distancesOfAnyMagnitude() {
    Random random = new Random(3);
    float[] x = new float[60];
    float[] huge = new float[60];
    float[] tiny = new float[60];
    for (int i = 0; i < 60; i++) {
      x[i] = 1 + random.nextInt(1 << 20);
      huge[i] = x[i] * 0x1p100f;
      tiny[i] = x[i] * 0x1p-149f;
    }
    InputSpace inputs = InputSpace.of(new FloatPoints(x, 2));
    double own = SlowMeasures.distanceRmse(new FloatPoints(new float[60], 2), 1, new FloatPoints(x, 2));
    NeighbourhoodMeasures ofHuge = NeighbourhoodMeasures.ofClasses(inputs, new FloatPoints(huge, 2), null);
    assertEquals(similar(ofHuge.distanceRmse()), ofHuge);
    assertNear(own * 0x1p100, ofHuge.distanceRmse(), 0, RELATIVE, "RMSE of huge distances");
    NeighbourhoodMeasures ofTiny = NeighbourhoodMeasures.ofClasses(inputs, new FloatPoints(tiny, 2), null);
    assertEquals(similar(ofTiny.distanceRmse()), ofTiny);
    assertNear(own, ofTiny.distanceRmse(), 0, RELATIVE, "RMSE of tiny distances");
  }

  @Test
  void roundingMakesNoDivergenceNegative() {
    Random random = new Random(9);
    for (int cloud = 0; cloud < 20; cloud++) {
      float[] x = new float[90];
      float[] exchanged = new float[90];
      for (int i = 0; i < 90; i++) {
        x[i] = (float) random.nextGaussian();
      }
      for (int i = 0; i < 90; i++) {
        // The same distances, but their squares are added in another order.
        exchanged[i] = x[i / 3 * 3 + 2 - i % 3];
      }
      for (double divergence : NeighbourhoodMeasures
          .ofClasses(InputSpace.of(new FloatPoints(x, 3)), new FloatPoints(exchanged, 3), null)
          .densityDivergence()) {
        assertTrue(divergence >= 0 && divergence < 1e-13, divergence + " in cloud " + cloud);
      }
    }
  }

  @Test
  void threadsChangeNothing() throws Exception {
    Random random = new Random(5);
    int n = 700;
    Images images = new Images(Kind.SCATTERED.pixels(random, n, 9), n, 3, 3);
    FloatPoints z = Kind.SCATTERED.cloud(random, n, 2);
    byte[] labels = new byte[n];
    random.nextBytes(labels);
    NeighbourhoodMeasures[] found = new NeighbourhoodMeasures[3];
    for (int threads = 1; threads <= 3; threads++) {
      ForkJoinPool pool = new ForkJoinPool(threads);
      try {
        found[threads - 1] =
            pool.submit(() -> NeighbourhoodMeasures.ofClasses(InputSpace.of(images), z, ints(labels))).get();
      } finally {
        pool.shutdown();
      }
    }
    assertEquals(found[0], found[1]);
    assertEquals(found[0], found[2]);
  }

  @Test
  void refusals() {
    assertEquals("neighbourhoods of 1 points; expected 2 to 32767, of more take a sample",
        refusal(() -> InputSpace.of(line(1))));
    assertEquals("neighbourhoods of 32768 points; expected 2 to 32767, of more take a sample",
        refusal(() -> InputSpace.of(new FloatPoints(new float[32_768], 1))));
    assertEquals("neighbourhoods of 32768 points; expected 2 to 32767, of more take a sample",
        refusal(() -> InputSpace.of(new Images(new byte[32_768], 32_768, 1, 1))));
    InputSpace inputs = InputSpace.of(line(0, 1, 3));
    assertEquals("3 inputs, but 2 embeddings",
        refusal(() -> NeighbourhoodMeasures.ofClasses(inputs, line(1, 2), null)));
    assertEquals("3 inputs, but 3 embeddings and 4 labels",
        refusal(() -> NeighbourhoodMeasures.ofClasses(inputs, line(1, 2, 3), new int[4])));
  }

  private static String refusal(Runnable run) {
    return assertThrows(IllegalArgumentException.class, run::run).getMessage();
  }
}
