package gputae.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.homology.Clouds;
import gputae.homology.ExactDistance;
import gputae.homology.Kruskal;
import gputae.homology.SpanningTree;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every backend must do, compared with double-precision references. Sizes are chosen per code path: 1, the edges of registers, warps and blocks, whole
 * blocks plus a tail, and the paper's own 64 and 784.
 *
 * <p>Tolerances follow from the arithmetic. A sum of n float32 products may be off by (n + c) units of 2^-24 of the sum of their absolute values, in any order.
 * Comparisons are written so that a NaN fails.
 */
public abstract class BackendContract {

  private static final double UNIT = 0x1p-24;

  /** Rows: one, a tail below and above a register of 8 and 16 and a warp, a batch and a bit. */
  private static final int[] ROWS = {1, 2, 15, 17, 31, 32, 33, 128, 129};

  protected Backend backend;

  /** A new backend; the contract closes it. */
  protected abstract Backend open();

  /** For tests of what depends on the matrix products' library: skips where it does not run as it would in a process of its own. */
  protected void assumeProductsOfThisSet() {}

  @BeforeEach
  void openBackend() {
    backend = open();
  }

  @AfterEach
  void closeBackend() {
    // Null where the machine lacks what the backend needs and the test was skipped.
    if (backend != null) {
      backend.close();
    }
  }

  private Matrix floats(int rows, int columns, float... values) {
    return backend.allocate(rows, columns).upload(values);
  }

  private static float[] gaussian(Random random, int count, double scale) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextGaussian() * scale);
    }
    return values;
  }

  private static void assertClose(double expected, double actual, double tolerance, String what) {
    assertTrue(Math.abs(expected - actual) <= tolerance, () -> what + ": " + actual + " instead of " + expected + ", tolerance " + tolerance);
  }

  private Matrix stepAt(long step) {
    return backend.allocate(ElementType.INT64, 1, 1).upload(new long[] {step});
  }

  // ---- memory

  @Test
  void newMatricesAreZeroAndEveryByteIsAccountedFor() {
    long before = backend.allocatedBytes();
    for (ElementType type : ElementType.values()) {
      for (int size : new int[] {0, 1, 1000, 300_000}) {
        Matrix matrix = backend.allocate(type, 1, size);
        assertEquals(before + (long) size * type.bytes(), backend.allocatedBytes());
        if (type == ElementType.FLOAT32) {
          assertArrayEquals(new float[size], matrix.toFloats());
        }
        matrix.close();
        matrix.close();
        assertEquals(before, backend.allocatedBytes());
      }
    }
  }

  @Test
  void copiesGoBothWaysAtAnyOffset() {
    float[] values = gaussian(new Random(1), 100, 1);
    Matrix matrix = backend.allocate(3, 7);
    backend.upload(values, 5, matrix);
    float[] back = new float[30];
    backend.download(matrix, back, 4);
    assertArrayEquals(Arrays.copyOfRange(values, 5, 26), Arrays.copyOfRange(back, 4, 25));
    assertEquals(0f, back[3]);
    assertEquals(0f, back[25]);
    Matrix other = backend.allocate(7, 3);
    backend.copy(matrix, other);
    assertArrayEquals(matrix.toFloats(), other.toFloats());
    backend.clear(matrix.view(2, 1, 3));
    float[] cleared = other.toFloats();
    Arrays.fill(cleared, 2, 5, 0);
    assertArrayEquals(cleared, matrix.toFloats());
    assertArrayEquals(new int[] {1, -2, Integer.MIN_VALUE}, backend.allocate(ElementType.INT32, 1, 3).upload(new int[] {1, -2, Integer.MIN_VALUE}).toInts());
  }

  @Test
  void whatDoesNotFitIsRefusedBeforeAnythingRuns() {
    Matrix a = backend.allocate(2, 3);
    Matrix b = backend.allocate(3, 3);
    assertThrows(IllegalArgumentException.class, () -> a.view(1, 2, 3));
    assertThrows(IllegalArgumentException.class, () -> a.view(-1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> backend.copy(a, b));
    assertThrows(IllegalArgumentException.class, () -> a.upload(new float[5]));
    assertThrows(IllegalArgumentException.class, () -> a.upload(new int[6]));
    assertThrows(IllegalArgumentException.class, () -> backend.dense(a, b, backend.allocate(1, 2), Activation.ELU, backend.allocate(2, 3)));
    assertThrows(IllegalArgumentException.class, () -> backend.spanningTree(a, backend.allocate(ElementType.INT32, 2, 2), backend.allocate(1, 1)));
    assertThrows(IllegalArgumentException.class, () -> backend.sigmoidCrossEntropy(a, b, null, backend.allocate(1, 1)));
    assertThrows(IllegalArgumentException.class, () -> backend.add(a, b));
    assertThrows(IllegalArgumentException.class, () -> backend.allocate(-1, 1));
    Matrix view = b.view(3, 1, 3);
    b.close();
    assertThrows(IllegalStateException.class, view::toFloats);
    assertThrows(IllegalStateException.class, b::toFloats);
  }

  @Test
  void matricesOfAnotherBackendAreRefused() {
    try (Backend other = open();
        Matrix theirs = other.allocate(1, 1)) {
      assertThrows(IllegalArgumentException.class, () -> backend.clear(theirs));
    }
  }

  @Test
  void aRecordingRunsNothingUntilItIsReplayed() {
    Matrix term = floats(1, 2, 1, 2);
    Matrix sum = floats(1, 2, 10, 20);
    try (Recording recording = backend.record(() -> backend.add(term, sum))) {
      assertArrayEquals(new float[] {10, 20}, sum.toFloats());
      recording.replay();
      recording.replay();
      assertArrayEquals(new float[] {12, 24}, sum.toFloats());
    }
  }

  // ---- gather

  @Test
  void gatherDividesEveryByteBy255Exactly() {
    byte[] all = new byte[256];
    for (int i = 0; i < 256; i++) {
      all[i] = (byte) i;
    }
    Matrix images = backend.allocate(ElementType.UINT8, 1, 256).upload(all);
    Matrix order = backend.allocate(ElementType.INT32, 1, 1);
    Matrix x = backend.allocate(1, 256);
    backend.gather(images, order, stepAt(0), 1, 1, x);
    float[] found = x.toFloats();
    for (int i = 0; i < 256; i++) {
      assertEquals(i / 255f, found[i], "byte " + i);
    }
  }

  @Test
  void gatherTakesTheStepsRowsOfTheOrder() {
    Random random = new Random(2);
    for (int p : new int[] {1, 15, 16, 17, 63, 784}) {
      int n = 50;
      byte[] pixels = new byte[n * p];
      random.nextBytes(pixels);
      int batch = 16;
      int stepsPerEpoch = 4;
      int[] order = random.ints(stepsPerEpoch * batch, 0, n).toArray();
      Matrix images = backend.allocate(ElementType.UINT8, n, p).upload(pixels);
      Matrix orders = backend.allocate(ElementType.INT32, 1, order.length).upload(order);
      for (long step : new long[] {0, 3, 4, 9, 4_000_000_002L}) {
        for (int rows : new int[] {1, 7, 16}) {
          Matrix x = backend.allocate(rows, p);
          backend.gather(images, orders, stepAt(step), batch, stepsPerEpoch, x);
          float[] found = x.toFloats();
          for (int i = 0; i < found.length; i++) {
            int image = order[(int) (step % stepsPerEpoch) * batch + i / p];
            assertEquals((pixels[image * p + i % p] & 0xFF) / 255f, found[i]);
          }
        }
      }
    }
  }

  // ---- dense layers

  private static double elu(double x) {
    return x > 0 ? x : Math.expm1(x);
  }

  @Test
  void denseIsTheProductPlusBiasThroughTheActivation() {
    Random random = new Random(3);
    for (int rows : ROWS) {
      for (int[] size : new int[][] {{1, 1}, {2, 64}, {64, 2}, {17, 33}, {64, 64}, {784, 64}, {64, 784}}) {
        int in = size[0];
        int out = size[1];
        float[] x = gaussian(random, rows * in, 1);
        float[] w = gaussian(random, out * in, 0.3);
        float[] b = gaussian(random, out, 1);
        for (Activation activation : Activation.values()) {
          Matrix y = backend.allocate(rows, out);
          backend.dense(floats(rows, in, x), floats(out, in, w), floats(1, out, b), activation, y);
          float[] found = y.toFloats();
          for (int r = 0; r < rows; r++) {
            for (int o = 0; o < out; o++) {
              double sum = b[o];
              double size1 = Math.abs(b[o]);
              for (int k = 0; k < in; k++) {
                sum += (double) x[r * in + k] * w[o * in + k];
                size1 += Math.abs((double) x[r * in + k] * w[o * in + k]);
              }
              double expected = activation == Activation.ELU ? elu(sum) : sum;
              assertClose(expected, found[r * out + o], (in + 4) * UNIT * (size1 + Math.abs(expected)), "dense " + rows + " x " + in + " -> " + out);
            }
          }
        }
      }
    }
  }

  @Test
  void denseBackwardIsTheDerivativeAndParametersAccumulate() {
    Random random = new Random(4);
    for (int rows : ROWS) {
      for (int[] size : new int[][] {{1, 1}, {2, 64}, {64, 2}, {17, 33}, {64, 64}, {784, 64}, {64, 784}}) {
        int in = size[0];
        int out = size[1];
        float[] x = gaussian(random, rows * in, 1);
        float[] w = gaussian(random, out * in, 0.3);
        float[] y = gaussian(random, rows * out, 1);
        float[] dy = gaussian(random, rows * out, 1);
        float[] dw = gaussian(random, out * in, 1);
        float[] db = gaussian(random, out, 1);
        for (int i = 0; i < y.length; i++) {
          // An output of ELU is above -1.
          y[i] = Math.max(y[i], -0.99f);
        }
        for (Activation activation : Activation.values()) {
          Matrix dyMatrix = floats(rows, out, dy);
          Matrix dwMatrix = floats(out, in, dw);
          Matrix dbMatrix = floats(1, out, db);
          Matrix dxMatrix = backend.allocate(rows, in);
          backend.denseBackward(floats(rows, in, x), floats(out, in, w), floats(rows, out, y), activation, dyMatrix, dwMatrix, dbMatrix, dxMatrix);
          double[] before = new double[rows * out];
          float[] foundBefore = dyMatrix.toFloats();
          for (int i = 0; i < before.length; i++) {
            before[i] = dy[i] * (activation == Activation.ELU && y[i] <= 0 ? y[i] + 1.0 : 1.0);
            assertClose(before[i], foundBefore[i], 2 * UNIT * Math.abs(dy[i]), "gradient before the activation");
          }
          float[] foundW = dwMatrix.toFloats();
          float[] foundB = dbMatrix.toFloats();
          float[] foundX = dxMatrix.toFloats();
          for (int o = 0; o < out; o++) {
            double sum = db[o];
            double sizes = Math.abs(db[o]);
            for (int r = 0; r < rows; r++) {
              sum += before[r * out + o];
              sizes += Math.abs(before[r * out + o]);
            }
            assertClose(sum, foundB[o], (rows + 4) * UNIT * sizes, "bias gradient");
            // All inputs of the first and last output and some of the others.
            for (int k = 0; k < in; k += o == 0 || o == out - 1 ? 1 : 13) {
              sum = dw[o * in + k];
              sizes = Math.abs(sum);
              for (int r = 0; r < rows; r++) {
                double term = before[r * out + o] * x[r * in + k];
                sum += term;
                sizes += Math.abs(term);
              }
              assertClose(sum, foundW[o * in + k], (rows + 4) * UNIT * sizes, "weight gradient " + rows + " " + in + " " + out);
            }
          }
          for (int r = 0; r < rows; r++) {
            for (int k = 0; k < in; k += r == 0 || r == rows - 1 ? 1 : 13) {
              double sum = 0;
              double sizes = 0;
              for (int o = 0; o < out; o++) {
                double term = before[r * out + o] * w[o * in + k];
                sum += term;
                sizes += Math.abs(term);
              }
              assertClose(sum, foundX[r * in + k], (out + 4) * UNIT * sizes, "input gradient");
            }
          }
          Matrix second = floats(out, in, dw);
          backend.denseBackward(floats(rows, in, x), floats(out, in, w), floats(rows, out, y), activation, floats(rows, out, dy), second, floats(1, out, db), null);
          assertArrayEquals(foundW, second.toFloats(), "without the input's gradient the weight's is the same");
        }
      }
    }
  }

  @Test
  void equalRowsGiveEqualBitsWhereverTheyStandInTheBatch() {
    assumeProductsOfThisSet();
    // Duplicate images must have duplicate embeddings, or a zero-length death would get the gradient of a unit vector.
    Random random = new Random(5);
    for (int rows : new int[] {2, 7, 15, 16, 17, 30, 31, 33, 45, 96, 128, 129, 300, 1000}) {
      for (int[] size : new int[][] {{784, 64}, {64, 64}, {64, 2}, {64, 10}}) {
        float[] row = gaussian(random, size[0], 1);
        float[] x = new float[rows * size[0]];
        for (int r = 0; r < rows; r++) {
          System.arraycopy(row, 0, x, r * size[0], size[0]);
        }
        Matrix y = backend.allocate(rows, size[1]);
        backend.dense(floats(rows, size[0], x), floats(size[1], size[0], gaussian(random, size[0] * size[1], 0.1)), floats(1, size[1], gaussian(random, size[1], 1)),
            Activation.ELU, y);
        float[] found = y.toFloats();
        for (int r = 1; r < rows; r++) {
          assertArrayEquals(Arrays.copyOf(found, size[1]), Arrays.copyOfRange(found, r * size[1], (r + 1) * size[1]), "row " + r + " of " + rows);
        }
      }
    }
  }

  @Test
  void aNotANumberStaysInItsRow() {
    float[] x = new float[40 * 20];
    x[7 * 20 + 3] = Float.NaN;
    x[9 * 20] = Float.POSITIVE_INFINITY;
    float[] w = new float[30 * 20];
    Arrays.fill(w, 1);
    for (Activation activation : Activation.values()) {
      Matrix y = backend.allocate(40, 30);
      backend.dense(floats(40, 20, x), floats(30, 20, w), backend.allocate(1, 30), activation, y);
      float[] found = y.toFloats();
      for (int i = 0; i < found.length; i++) {
        int row = i / 30;
        float expected = row == 7 ? Float.NaN : row == 9 && activation == Activation.IDENTITY ? Float.POSITIVE_INFINITY : row == 9 ? found[i] : 0;
        assertEquals(expected, found[i]);
      }
    }
  }

  @Test
  void eluFollowsExpm1FromTinyToHugeNumbers() {
    float[] values = new float[4000];
    for (int i = 0; i < 2000; i++) {
      values[i] = (float) -Math.pow(10, -30 + i * 0.0165);
      values[2000 + i] = -values[i];
    }
    // One input per output: the product is 1 times the value.
    Matrix y = backend.allocate(values.length, 1);
    backend.dense(floats(values.length, 1, values), floats(1, 1, 1), backend.allocate(1, 1), Activation.ELU, y);
    float[] found = y.toFloats();
    for (int i = 0; i < values.length; i++) {
      double expected = elu(values[i]);
      assertClose(expected, found[i], 3 * UNIT * Math.abs(expected), "elu(" + values[i] + ")");
    }
  }

  // ---- losses

  @Test
  void sigmoidIsAccurateAndSaturates() {
    float[] logits = new float[1001];
    for (int i = 0; i <= 1000; i++) {
      logits[i] = (i - 500) * 0.17f;
    }
    Matrix p = floats(1, logits.length, logits);
    backend.sigmoid(p, p);
    float[] found = p.toFloats();
    for (int i = 0; i < logits.length; i++) {
      double expected = 1 / (1 + Math.exp(-(double) logits[i]));
      assertClose(expected, found[i], 8 * UNIT * expected, "sigmoid(" + logits[i] + ")");
    }
    Matrix extremes = floats(1, 5, Float.NEGATIVE_INFINITY, -1e30f, 1e30f, Float.POSITIVE_INFINITY, Float.NaN);
    backend.sigmoid(extremes, extremes);
    float[] ends = extremes.toFloats();
    assertTrue(ends[0] >= 0 && ends[0] < 1e-37 && ends[1] >= 0 && ends[1] < 1e-37);
    assertEquals(1f, ends[2]);
    assertEquals(1f, ends[3]);
    assertEquals(Float.NaN, ends[4]);
  }

  @Test
  void crossEntropyAndItsGradient() {
    Random random = new Random(6);
    for (int rows : ROWS) {
      for (int p : new int[] {1, 15, 16, 17, 33, 784}) {
        float[] logits = gaussian(random, rows * p, 6);
        float[] target = new float[rows * p];
        for (int i = 0; i < target.length; i++) {
          target[i] = i % 3 == 0 ? random.nextFloat() : i % 2;
        }
        Matrix x = floats(rows, p, logits);
        Matrix t = floats(rows, p, target);
        Matrix gradient = backend.allocate(rows, p);
        Matrix loss = backend.allocate(1, 1);
        backend.sigmoidCrossEntropy(x, t, gradient, loss);
        double sum = 0;
        double sizes = 0;
        float[] found = gradient.toFloats();
        for (int i = 0; i < logits.length; i++) {
          double l = logits[i];
          double term = Math.max(l, 0) - l * target[i] + Math.log1p(Math.exp(-Math.abs(l)));
          sum += term;
          // The two large terms cancel where the prediction is right.
          sizes += term + Math.abs(l);
          assertClose((1 / (1 + Math.exp(-l)) - target[i]) / (rows * p), found[i], 8 * UNIT / (rows * p), "gradient at " + l);
        }
        // 16 partial sums a row, so 50 additions of float32 at 784 columns.
        assertClose(sum / (rows * p), loss.toFloats()[0], (p / 16 + 8) * UNIT * sizes / (rows * p), "loss " + rows + " x " + p);
        Matrix alone = backend.allocate(1, 1);
        backend.sigmoidCrossEntropy(x, t, null, alone);
        assertEquals(loss.toFloats()[0], alone.toFloats()[0]);
        backend.sigmoidCrossEntropy(x, t, x, loss);
        assertArrayEquals(found, x.toFloats(), "the gradient may take the place of the logits");
        assertEquals(alone.toFloats()[0], loss.toFloats()[0]);
      }
    }
  }

  @Test
  void aNotANumberAmongLogitsReachesTheLoss() {
    for (int place : new int[] {0, 5, 16, 36}) {
      float[] logits = new float[37];
      logits[place] = Float.NaN;
      Matrix loss = backend.allocate(1, 1);
      Matrix gradient = backend.allocate(1, 37);
      backend.sigmoidCrossEntropy(floats(1, 37, logits), backend.allocate(1, 37), gradient, loss);
      assertEquals(Float.NaN, loss.toFloats()[0]);
      assertEquals(Float.NaN, gradient.toFloats()[place]);
    }
  }

  @Test
  void ballPenaltyAndItsGradient() {
    Random random = new Random(7);
    for (BallPenalty penalty : BallPenalty.values()) {
      for (int rows : ROWS) {
        for (int d : new int[] {1, 2, 3, 10, 65}) {
          float[] z = gaussian(random, rows * d, 1.2 / Math.sqrt(d));
          Arrays.fill(z, 0, d, 0);
          Matrix gradient = backend.allocate(rows, d);
          Matrix loss = backend.allocate(1, 1);
          backend.ballPenalty(floats(rows, d, z), penalty, 0.25f, gradient, loss);
          float[] found = gradient.toFloats();
          double sum = 0;
          for (int r = 0; r < rows; r++) {
            double square = 0;
            for (int k = 0; k < d; k++) {
              square += (double) z[r * d + k] * z[r * d + k];
            }
            double norm = Math.sqrt(square);
            sum += Math.max((penalty == BallPenalty.NORM ? norm : square) - 1, 0);
            for (int k = 0; k < d; k++) {
              double slope = norm <= 1 ? 0 : penalty == BallPenalty.NORM ? z[r * d + k] / norm : 2 * z[r * d + k];
              assertClose(0.25 * slope, found[r * d + k], 4 * UNIT * Math.abs(slope), "ball gradient");
            }
          }
          assertClose(sum, loss.toFloats()[0], (rows + d) * UNIT * (sum + rows), "ball penalty");
        }
      }
    }
    Matrix loss = backend.allocate(1, 1);
    backend.ballPenalty(floats(2, 1, 0, Float.NaN), BallPenalty.NORM, 1, backend.allocate(2, 1), loss);
    assertEquals(Float.NaN, loss.toFloats()[0]);
  }

  // ---- homology

  @Test
  void squaredLengthsFollowTheExactRuleBitForBit() {
    Random random = new Random(8);
    for (int d : new int[] {1, 2, 3, 4, 10, 31, 32, 33, 64, 65, 100}) {
      for (int n : new int[] {1, 2, 15, 16, 17, 33, 100}) {
        float[] x = gaussian(random, n * d, 1);
        Matrix out = backend.allocate(n, n);
        backend.squaredDistances(floats(n, d, x), out);
        float[] found = out.toFloats();
        for (int i = 0; i < n * n; i++) {
          assertEquals(ExactDistance.squared(x, d, i / n, i % n), found[i]);
        }
      }
    }
  }

  private SpanningTree tree(float[] points, int d) {
    int n = points.length / d;
    Matrix edges = backend.allocate(ElementType.INT32, n - 1, 2);
    Matrix lengths = backend.allocate(1, n - 1);
    backend.spanningTree(floats(n, d, points), edges, lengths);
    float[] found = lengths.toFloats();
    double[] wide = new double[found.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = found[i];
    }
    return new SpanningTree(edges.toInts(), wide);
  }

  @Test
  void spanningTreeIsKruskalsOnEveryKindOfCloud() {
    for (Clouds.Kind kind : Clouds.Kind.values()) {
      for (int n : new int[] {1, 2, 3, 15, 16, 17, 18, 31, 33, 65, 128, 129, 257}) {
        for (int d : new int[] {1, 2, 3, 4, 10, 33, 64}) {
          float[] points = Clouds.draw(kind, n, d, new Random(31L * n + d));
          SpanningTree expected = Kruskal.ofPoints(points, d).sorted();
          SpanningTree found = tree(points, d).sorted();
          assertArrayEquals(expected.edges(), found.edges(), kind + " n " + n + " d " + d);
          assertArrayEquals(expected.lengths(), found.lengths(), kind + " n " + n + " d " + d);
        }
      }
    }
  }

  @Test
  void spanningTreeOfACloudThatIsSharedAmongThreads() {
    // Above 65,536 streamed numbers a round the CPU's threads share the points.
    for (int[] size : new int[][] {{2500, 30}, {20_000, 2}}) {
      float[] points = Clouds.draw(Clouds.Kind.LATTICE, size[0], size[1], new Random(9));
      SpanningTree expected = gputae.homology.Prim.ofPoints(points, size[1]);
      SpanningTree found = tree(points, size[1]);
      assertArrayEquals(expected.sorted().edges(), found.sorted().edges());
      assertArrayEquals(expected.sorted().lengths(), found.sorted().lengths());
    }
  }

  @Test
  void coordinatesThatAreNotFiniteEndInInfiniteLengthsNotInALoop() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      for (int place : new int[] {0, 20, 39}) {
        float[] points = gaussian(new Random(10), 40 * 3, 1);
        points[place * 3 + 1] = bad;
        SpanningTree tree = tree(points, 3);
        long infinite = Arrays.stream(tree.lengths()).filter(Double::isInfinite).count();
        assertTrue(infinite >= 1, "one edge at least must reach the bad point");
        boolean[] reached = new boolean[40];
        for (int end : tree.edges()) {
          reached[end] = true;
        }
        for (boolean r : reached) {
          assertTrue(r);
        }
      }
    }
  }

  @Test
  void deathTimesAndTheirGradient() {
    Random random = new Random(11);
    for (int n : new int[] {1, 2, 3, 33, 128}) {
      for (int d : new int[] {1, 2, 10}) {
        for (float degree : new float[] {1, 2, 1.5f}) {
          for (float maxEdge : new float[] {Float.POSITIVE_INFINITY, 0.5f}) {
            float[] z = gaussian(random, n * d, 1);
            if (n > 3) {
              // A duplicate: an edge of length 0, which pulls nowhere.
              System.arraycopy(z, 0, z, 2 * d, d);
            }
            SpanningTree tree = tree(z, d);
            float[] lengths = new float[n - 1];
            for (int i = 0; i < n - 1; i++) {
              lengths[i] = (float) tree.lengths()[i];
            }
            Matrix gradient = backend.allocate(n, d).upload(gaussian(random, n * d, 5));
            Matrix loss = backend.allocate(1, 1);
            backend.deathTimes(floats(n, d, z), backend.allocate(ElementType.INT32, n - 1, 2).upload(tree.edges()), floats(1, n - 1, lengths), degree, maxEdge, -0.5f,
                gradient, loss);
            double sum = 0;
            double[] expected = new double[n * d];
            double[] sizes = new double[n];
            for (int e = 0; e < n - 1; e++) {
              if (lengths[e] > maxEdge) {
                continue;
              }
              sum += Math.pow(lengths[e], degree);
              if (lengths[e] == 0) {
                continue;
              }
              int u = tree.edges()[2 * e];
              int v = tree.edges()[2 * e + 1];
              double slope = -0.5 * degree * Math.pow(lengths[e], degree - 1) / lengths[e];
              for (int k = 0; k < d; k++) {
                double pull = slope * ((double) z[u * d + k] - z[v * d + k]);
                expected[u * d + k] += pull;
                expected[v * d + k] -= pull;
              }
              sizes[u] += Math.abs(slope * lengths[e]);
              sizes[v] += Math.abs(slope * lengths[e]);
            }
            assertClose(sum, loss.toFloats()[0], (n + 4) * UNIT * sum, "sum of deaths");
            float[] found = gradient.toFloats();
            for (int i = 0; i < n * d; i++) {
              assertClose(expected[i], found[i], 16 * UNIT * sizes[i / d], "gradient of deaths, n " + n + " degree " + degree);
            }
          }
        }
      }
    }
  }

  // ---- variational

  @Test
  void reparameterisationKlAndTheirGradient() {
    Random random = new Random(12);
    for (int rows : ROWS) {
      for (int d : new int[] {1, 2, 5, 33}) {
        float[] statistics = gaussian(random, rows * 2 * d, 1);
        float[] noise = gaussian(random, rows * d, 1);
        float[] dz = gaussian(random, rows * d, 1e-3);
        Matrix s = floats(rows, 2 * d, statistics);
        Matrix e = floats(rows, d, noise);
        Matrix z = backend.allocate(rows, d);
        backend.reparameterise(s, e, z);
        Matrix mean = backend.allocate(rows, d);
        backend.reparameterise(s, null, mean);
        Matrix ds = backend.allocate(rows, 2 * d);
        Matrix loss = backend.allocate(1, 1);
        int pixels = 784;
        backend.reparameteriseBackward(s, e, floats(rows, d, dz), pixels, ds, loss);
        double sum = 0;
        double sizes = 0;
        double scale = 1.0 / ((double) rows * pixels);
        float[] foundZ = z.toFloats();
        float[] foundMean = mean.toFloats();
        float[] found = ds.toFloats();
        for (int i = 0; i < rows * d; i++) {
          double mu = statistics[i / d * 2 * d + i % d];
          double logvar = statistics[i / d * 2 * d + d + i % d];
          double deviation = Math.exp(logvar / 2);
          assertClose(mu + deviation * noise[i], foundZ[i], 8 * UNIT * (Math.abs(mu) + Math.abs(deviation * noise[i])), "z");
          assertEquals((float) mu, foundMean[i]);
          sum += -0.5 * (1 + logvar - mu * mu - Math.exp(logvar)) * scale;
          sizes += (1 + Math.abs(logvar) + mu * mu + Math.exp(logvar)) * scale;
          double dMu = dz[i] + mu * scale;
          double dLogvar = dz[i] * noise[i] * deviation / 2 + 0.5 * (Math.exp(logvar) - 1) * scale;
          assertClose(dMu, found[i / d * 2 * d + i % d], 8 * UNIT * (Math.abs(dz[i]) + Math.abs(mu * scale)), "gradient of mu");
          assertClose(dLogvar, found[i / d * 2 * d + d + i % d], 8 * UNIT * (Math.abs(dz[i] * noise[i] * deviation) + Math.exp(logvar) * scale + scale),
              "gradient of logvar");
        }
        assertClose(sum, loss.toFloats()[0], 8 * UNIT * sizes, "kl");
      }
    }
  }

  // ---- optimiser, counters, samples

  @Test
  void adamFollowsTheFormulaOverTenSteps() {
    Random random = new Random(13);
    for (int count : new int[] {1, 15, 16, 17, 1000, 40_000}) {
      float[] start = gaussian(random, count, 1);
      Matrix p = floats(1, count, start);
      Matrix g = backend.allocate(1, count);
      Matrix m = backend.allocate(1, count);
      Matrix v = backend.allocate(1, count);
      AdamRates rates = AdamRates.of(3e-3);
      double[] ep = new double[count];
      double[] em = new double[count];
      double[] ev = new double[count];
      for (int i = 0; i < count; i++) {
        ep[i] = start[i];
      }
      for (int t = 1; t <= 10; t++) {
        float[] gradient = gaussian(random, count, Math.pow(10, -t));
        // A parameter that never gets a gradient must not move.
        gradient[0] = 0;
        g.upload(gradient);
        backend.adam(p, g, m, v, stepAt(t - 1), rates);
        for (int i = 0; i < count; i++) {
          em[i] = rates.beta1() * em[i] + (1 - rates.beta1()) * gradient[i];
          ev[i] = rates.beta2() * ev[i] + (1 - rates.beta2()) * gradient[i] * (double) gradient[i];
          double mean = em[i] / (1 - Math.pow(rates.beta1(), t));
          double variance = ev[i] / (1 - Math.pow(rates.beta2(), t));
          ep[i] -= rates.rate() * mean / (Math.sqrt(variance) + rates.epsilon());
        }
        assertArrayEquals(new float[count], g.toFloats(), "the gradient is left 0");
      }
      float[] found = p.toFloats();
      assertEquals(start[0], found[0]);
      for (int i = 0; i < count; i++) {
        // Ten changes of at most rate * sqrt(10), each within some units, and ten roundings of the parameter.
        assertClose(ep[i], found[i], 10 * UNIT * (Math.abs(ep[i]) + 1e-2) * 4, "parameter " + i);
      }
    }
  }

  @Test
  void endStepLogsTheLossesInARing() {
    Matrix log = backend.allocate(4, 3);
    Matrix step = stepAt(0);
    for (int s = 0; s < 6; s++) {
      backend.endStep(floats(1, 3, s, 10 + s, 20 + s), log, step);
    }
    assertArrayEquals(new long[] {6}, step.toLongs());
    assertArrayEquals(new float[] {4, 14, 24, 5, 15, 25, 2, 12, 22, 3, 13, 23}, log.toFloats());
  }

  @Test
  void normalsAreThoseOfPhiloxWithinAFewUnits() {
    for (long step : new long[] {0, 5, 46_900}) {
      for (int count : new int[] {1, 3, 4, 5, 511, 512, 2051}) {
        Matrix out = backend.allocate(1, count);
        backend.normals(out, 0x123456789abcdefL, 2, stepAt(step));
        float[] found = out.toFloats();
        for (int i = 0; i < count; i++) {
          int[] words = Philox.words(0x123456789abcdefL, i / 4, (int) step, 2);
          int pair = i % 4 / 2 * 2;
          double radius = Math.sqrt(-2 * Math.log(1 - (double) Philox.uniform(words[pair])));
          double angle = 2 * Math.PI * Philox.uniform(words[pair + 1]);
          double expected = i % 2 == 0 ? radius * Math.cos(angle) : radius * Math.sin(angle);
          // The angle itself is rounded to float32, which moves the result by radius * angle * 2^-24.
          assertClose(expected, found[i], 8 * UNIT * (radius + 1e-3), "normal " + i);
        }
      }
    }
  }

  @Test
  void normalsHaveTheMomentsOfANormal() {
    int n = 200_000;
    Matrix out = backend.allocate(1, n);
    backend.normals(out, 7, 2, stepAt(1));
    double[] moments = new double[5];
    for (float x : out.toFloats()) {
      for (int k = 1; k <= 4; k++) {
        moments[k] += Math.pow(x, k) / n;
      }
    }
    // Five standard errors; the draw is fixed, so this passes or fails for good.
    assertClose(0, moments[1], 5 / Math.sqrt(n), "mean");
    assertClose(1, moments[2], 5 * Math.sqrt(2.0 / n), "variance");
    assertClose(0, moments[3], 5 * Math.sqrt(15.0 / n), "third moment");
    assertClose(3, moments[4], 5 * Math.sqrt(96.0 / n), "fourth moment");
  }

  @Test
  void ballSamplesFillTheBallEvenlyAndDoNotDependOnTheirNumber() {
    for (int d : new int[] {1, 2, 3, 10}) {
      int n = 50_000;
      Matrix out = backend.allocate(n, d);
      backend.uniformBall(out, 3, 3, stepAt(0));
      float[] z = out.toFloats();
      double mean = 0;
      double power = 0;
      for (int i = 0; i < n; i++) {
        double square = 0;
        for (int k = 0; k < d; k++) {
          square += (double) z[i * d + k] * z[i * d + k];
        }
        assertTrue(square <= 1 + 8 * UNIT);
        mean += z[i * d] / n;
        // |z|^d of a uniform point is uniform in [0, 1].
        power += Math.pow(square, d / 2.0) / n;
      }
      assertClose(0, mean, 5 / Math.sqrt((d + 2.0) * n), "centre");
      assertClose(0.5, power, 5 / Math.sqrt(12.0 * n), "radius");
      Matrix fewer = backend.allocate(10, d);
      backend.uniformBall(fewer, 3, 3, stepAt(0));
      assertArrayEquals(Arrays.copyOf(z, 10 * d), fewer.toFloats());
    }
  }

  @Test
  void theSameCallsGiveTheSameBits() {
    float[][] results = new float[2][];
    for (int repeat = 0; repeat < 2; repeat++) {
      Random random = new Random(14);
      Matrix x = floats(129, 784, gaussian(random, 129 * 784, 1));
      Matrix w = floats(64, 784, gaussian(random, 64 * 784, 0.1));
      Matrix y = backend.allocate(129, 64);
      Matrix dw = backend.allocate(64, 784);
      backend.dense(x, w, floats(1, 64, gaussian(random, 64, 1)), Activation.ELU, y);
      backend.denseBackward(x, w, y, Activation.ELU, floats(129, 64, gaussian(random, 129 * 64, 1)), dw, backend.allocate(1, 64), null);
      results[repeat] = dw.toFloats();
    }
    assertArrayEquals(results[0], results[1]);
  }
}
