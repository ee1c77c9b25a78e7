package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Activation;
import gputae.backend.BackendException;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.OutOfMemoryException;
import gputae.backend.Recording;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.homology.Homology;
import gputae.homology.SpanningTree;
import gputae.linear.FloatPoints;
import gputae.selftest.Clouds;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The behaviour of the CUDA backend beyond the contract: memory, recordings and their work space, branches. The calls
 * are counted at the driver.
 */
class CudaBackendTest {

  private HostRunner driver;
  private CudaBackend backend;

  @BeforeEach
  void open() {
    driver = HostRunners.driver(HostRunner.Order.FORWARD);
    backend = new CudaBackend(driver);
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private Matrix cloud(int n, int d) {
    Random random = new Random(n);
    float[] points = new float[n * d];
    for (int i = 0; i < points.length; i++) {
      points[i] = random.nextFloat();
    }
    return backend.allocate(n, d).upload(points);
  }

  private long count(String call) {
    return driver.counts().getOrDefault(call, 0L);
  }

  @Test
  void closingFreesEverythingItAllocated() {
    Matrix x = cloud(300, 3);
    Matrix edges = backend.allocate(ElementType.INT32, 299, 2);
    Matrix lengths = backend.allocate(1, 299);
    backend.spanningTree(x, edges, lengths);
    Matrix loss = backend.allocate(1, 1);
    backend.sigmoidCrossEntropy(x, x, null, loss);
    Recording closed = backend.record(() -> backend.sigmoidCrossEntropy(x, x, null, loss));
    Recording open = backend.record(() -> backend.spanningTree(x, edges, lengths));
    closed.close();
    closed.close();
    assertThrows(IllegalStateException.class, closed::replay);
    lengths.close();
    assertTrue(count("allocate") > count("free"));
    backend.close();
    assertEquals(count("allocate"), count("free"));
    assertEquals(0, backend.allocatedBytes());
    // Later calls find everything freed, and do no harm.
    open.close();
    edges.close();
    assertEquals(count("allocate"), count("free"));
    assertThrows(IllegalStateException.class, open::replay);
    assertThrows(IllegalStateException.class, backend::synchronise);
    assertThrows(IllegalStateException.class, () -> backend.allocate(1, 1));
  }

  @Test
  void aClosedRecordingGivesItsWorkSpaceBack() {
    Matrix x = cloud(300, 3);
    Matrix loss = backend.allocate(1, 1);
    long before = backend.allocatedBytes();
    try (Recording recording = backend.record(() -> backend.sigmoidCrossEntropy(x, x, null, loss))) {
      assertEquals(before + 300L * Double.BYTES, backend.allocatedBytes());
      recording.replay();
    }
    assertEquals(before, backend.allocatedBytes());
  }

  @Test
  void aRecordingKeepsItsWorkSpaceWhenDirectCallsNeedMore() {
    Matrix small = cloud(40, 7);
    Matrix large = cloud(900, 7);
    Matrix loss = backend.allocate(1, 1);
    backend.sigmoidCrossEntropy(small, small, null, loss);
    float expected = loss.toFloats()[0];
    try (Recording recording = backend.record(() -> backend.sigmoidCrossEntropy(small, small, null, loss))) {
      // Here the work space of direct calls grows, which frees the smaller one.
      backend.sigmoidCrossEntropy(large, large, null, loss);
      float largeLoss = loss.toFloats()[0];
      assertTrue(largeLoss != expected);
      recording.replay();
      assertEquals(expected, loss.toFloats()[0]);
    }
  }

  @Test
  void aReplayIsOneCallToTheDriver() {
    Matrix x = cloud(300, 3);
    Matrix edges = backend.allocate(ElementType.INT32, 299, 2);
    Matrix lengths = backend.allocate(1, 299);
    Matrix loss = backend.allocate(1, 1);
    Matrix gradient = backend.allocate(300, 3);
    Matrix weight = backend.allocate(1, 1).upload(new float[] {1});
    try (Recording recording = backend.record(() -> {
      backend.spanningTree(x, edges, lengths);
      backend.deathTimes(x, edges, lengths, 1, Float.POSITIVE_INFINITY, weight, gradient, loss);
    })) {
      recording.replay();
      Map<String, Long> before = new TreeMap<>(driver.counts());
      for (int i = 0; i < 10; i++) {
        recording.replay();
      }
      Map<String, Long> after = driver.counts();
      after.forEach((call, count) -> {
        long more = count - before.getOrDefault(call, 0L);
        if (!call.startsWith("replayed")) {
          assertEquals(call.equals("replay") ? 10 : 0, more, call);
        }
      });
    }
  }

  @Test
  void whatTheHostTakesPartInCannotBeRecorded() {
    Matrix x = cloud(4, 2);
    long before = backend.allocatedBytes();
    assertThrows(IllegalStateException.class, () -> backend.record(x::toFloats));
    assertThrows(IllegalStateException.class, () -> backend.record(() -> x.upload(new float[8])));
    assertThrows(IllegalStateException.class, () -> backend.record(backend::synchronise));
    assertThrows(IllegalStateException.class, () -> backend.record(() -> backend.record(() -> {})));
    assertThrows(IllegalStateException.class,
        () -> backend.record(() -> backend.beside(() -> backend.beside(() -> {}, () -> {}), () -> {})));
    assertThrows(IllegalStateException.class, () -> backend.record(() -> backend.allocate(1, 1)));
    assertThrows(IllegalStateException.class, () -> backend.record(x::close));
    // A recording that failed leaves nothing behind.
    assertEquals(before, backend.allocatedBytes());
    assertEquals(8, x.toFloats().length);
    backend.record(() -> backend.clear(x)).close();
  }

  @Test
  void outOfMemorySaysHowMuchWasAskedAndHowMuchIsFree() {
    Matrix held = backend.allocate(1000, 784);
    long free = driver.freeMemory();
    OutOfMemoryException exception = assertThrows(OutOfMemoryException.class, () -> backend.allocate(1_000_000, 784));
    assertEquals(1_000_000L * 784 * 4, exception.asked());
    assertEquals(free, exception.free());
    String message = exception.getMessage();
    assertTrue(message.contains("3,136,000,000 bytes asked for a matrix of 1000000 x 784"), message);
    assertTrue(message.contains("3,136,000 held"), message);
    assertTrue(message.contains(String.format(Locale.ROOT, "%,d free", free)), message);
    // Nothing was lost, and a matrix that fits is still allocated.
    assertEquals(784_000, held.toFloats().length);
    backend.allocate(10, 10).close();
    held.close();
    OutOfMemoryException space = assertThrows(OutOfMemoryException.class, () -> {
      try (
          HostRunner small = new HostRunner(HostRunner.developmentLibraries(), HostRunner.Order.FORWARD, 1, 1,
              HostRunners.SMALL, 100_000);
          CudaBackend other = new CudaBackend(small)) {
        Matrix x = other.allocate(1500, 2);
        other.spanningTree(x, other.allocate(ElementType.INT32, 1499, 2), other.allocate(1, 1499));
      }
    });
    assertTrue(space.getMessage().contains("work space of spanningTree"), space.getMessage());
  }

  @Test
  void anErrorBesideABranchLeavesTheBackendUsable() {
    Matrix x = cloud(4, 2);
    Runnable failing = () -> {
      throw new IllegalArgumentException("no");
    };
    Runnable clearing = () -> backend.clear(x);
    assertThrows(IllegalArgumentException.class, () -> backend.beside(clearing, failing));
    assertThrows(IllegalArgumentException.class, () -> backend.beside(failing, clearing));
    assertThrows(IllegalArgumentException.class, () -> backend.record(() -> backend.beside(clearing, failing)));
    assertThrows(IllegalArgumentException.class, () -> backend.record(() -> backend.beside(failing, clearing)));
    try (Recording recording = backend.record(() -> backend.beside(clearing, () -> {}))) {
      x.upload(new float[] {1, 2, 3, 4, 5, 6, 7, 8});
      recording.replay();
      assertArrayEquals(new float[8], x.toFloats());
    }
  }

  /** A replay waits for the work that direct calls run aside. */
  @ParameterizedTest
  @EnumSource
  void aReplayWaitsForWhatIsAside(HostRunner.Order order) {
    try (HostRunner runner = HostRunners.driver(order);
        CudaBackend cuda = new CudaBackend(runner)) {
      Matrix losses = cuda.allocate(1, 2);
      Matrix log = cuda.allocate(4, 2);
      Matrix step = cuda.allocate(ElementType.INT64, 1, 1);
      Matrix seen = cuda.allocate(ElementType.INT64, 1, 1);
      try (Recording recording = cuda.record(() -> cuda.copy(step, seen))) {
        cuda.endStep(losses, log, step);
        recording.replay();
        assertEquals(1, seen.toLongs()[0]);
        assertThrows(IllegalStateException.class, () -> cuda.record(recording::replay));
        assertThrows(IllegalStateException.class, () -> cuda.beside(recording::replay, () -> {}));
      }
    }
  }

  /**
   * A recording's work space is as large as its tree needs and no larger, so the host runner notices every write beyond
   * it.
   */
  @ParameterizedTest
  @ValueSource(ints = {2, 33, 256, 257, 300, 1500, 1601})
  void recordedTreesStayWithinTheirWorkSpace(int n) {
    for (int d : new int[] {2, 5}) {
      Matrix x = cloud(n, d);
      Matrix edges = backend.allocate(ElementType.INT32, n - 1, 2);
      Matrix lengths = backend.allocate(1, n - 1);
      int[] direct = edgesOf(x, edges, lengths);
      backend.clear(edges);
      try (Recording recording = backend.record(() -> backend.spanningTree(x, edges, lengths))) {
        for (int i = 0; i < 2; i++) {
          recording.replay();
          backend.synchronise();
          assertArrayEquals(direct, edges.toInts());
        }
      }
    }
  }

  private int[] edgesOf(Matrix x, Matrix edges, Matrix lengths) {
    backend.spanningTree(x, edges, lengths);
    return edges.toInts();
  }

  /** As with GPU_TAE_DEBUG: branches without calls can be joined, and a branch may read what it has written. */
  @Test
  void branchesWhoseCallsAreWaitedFor() {
    try (CudaBackend checked =
        new CudaBackend(HostRunners.driver(HostRunner.Order.RANDOM), Products.AUTO, true, AllPairs.MOST_WORK)) {
      Matrix a = checked.allocate(1, 2).upload(new float[] {1, 2});
      Matrix b = checked.allocate(1, 2);
      checked.beside(() -> {}, () -> checked.copy(a, b));
      assertArrayEquals(new float[] {1, 2}, b.toFloats());
      checked.beside(() -> {
        checked.add(a, b);
        assertArrayEquals(new float[] {2, 4}, b.toFloats());
      }, () -> {});
      try (Recording recording = checked.record(() -> checked.beside(() -> {}, () -> checked.add(a, b)))) {
        recording.replay();
        recording.replay();
        assertArrayEquals(new float[] {4, 8}, b.toFloats());
      }
      // A layer without inputs has no products, only the gradient of its bias.
      Matrix none = checked.allocate(2, 0);
      Matrix db = checked.allocate(1, 1);
      Matrix dy = checked.allocate(2, 1).upload(new float[] {3, 4});
      checked.denseBackward(none, checked.allocate(1, 0), dy, Activation.IDENTITY, dy, checked.allocate(1, 0), db,
          null);
      assertArrayEquals(new float[] {7}, db.toFloats());
    }
  }

  /** The self-test of this way of products runs in HostRunnerContractTest.Own; here its kernels are named. */
  @Test
  void layersOfManyRowsWithoutCublas() {
    try (CudaBackend own = new CudaBackend(HostRunners.driver(HostRunner.Order.FORWARD), Products.OWN)) {
      Matrix x = own.allocate(1025, 17);
      Matrix w = own.allocate(18, 17);
      Matrix y = own.allocate(1025, 18);
      own.dense(x, w, own.allocate(1, 18), Activation.ELU, y);
      own.denseBackward(x, w, y, Activation.ELU, own.allocate(1025, 18), own.allocate(18, 17), own.allocate(1, 18),
          own.allocate(1025, 17));
      assertEquals(Set.of("dense_tiles_forward", "activation_derivative", "dense_tiles_backward", "dense_gradients"),
          own.launches().keySet());
      // Narrow layers do not fill tiles.
      own.dense(x, own.allocate(16, 17), own.allocate(1, 16), Activation.ELU, own.allocate(1025, 16));
      assertEquals(1, own.launches().get("dense_forward"));
    }
  }

  /** Tiles promise what cuBLAS does not: a row's bits depend on the row alone, wherever it lies and among how many. */
  @Test
  void equalRowsOfTilesAreEqual() {
    Random random = new Random(2);
    float[] row = new float[100];
    float[] w = new float[40 * 100];
    for (int i = 0; i < w.length; i++) {
      w[i] = (float) random.nextGaussian();
      row[i % 100] = (float) random.nextGaussian();
    }
    try (CudaBackend own = new CudaBackend(HostRunners.driver(HostRunner.Order.RANDOM), Products.OWN)) {
      Matrix weights = own.allocate(40, 100).upload(w);
      float[] first = null;
      for (int rows : new int[] {1025, 1200}) {
        float[] x = new float[rows * 100];
        for (int r = 0; r < rows; r++) {
          System.arraycopy(row, 0, x, r * 100, 100);
        }
        Matrix y = own.allocate(rows, 40);
        own.dense(own.allocate(rows, 100).upload(x), weights, own.allocate(1, 40), Activation.ELU, y);
        float[] found = y.toFloats();
        first = first == null ? Arrays.copyOf(found, 40) : first;
        for (int r = 0; r < rows; r++) {
          assertArrayEquals(first, Arrays.copyOfRange(found, 40 * r, 40 * r + 40), "row " + r + " of " + rows);
        }
      }
    }
  }

  /** Layers wider than the grids of the kernels for few rows; without cuBLAS their tiles serve any number of rows. */
  @Test
  void layersOfAnyWidthWithoutCublas() {
    int width = 262_141;
    try (CudaBackend own = new CudaBackend(HostRunners.driver(HostRunner.Order.FORWARD), Products.OWN)) {
      float[] w = new float[width];
      for (int i = 0; i < width; i++) {
        w[i] = 1 + i % 1000;
      }
      Matrix y = own.allocate(2, width);
      own.dense(own.allocate(2, 1).upload(new float[] {1, 2}), own.allocate(width, 1).upload(w),
          own.allocate(1, width), Activation.IDENTITY, y);
      Matrix dx = own.allocate(2, width);
      own.denseBackward(y, own.allocate(1, width).upload(w), own.allocate(2, 1), Activation.IDENTITY,
          own.allocate(2, 1).upload(new float[] {1, -1}), own.allocate(1, width), own.allocate(1, 1), dx);
      float[] forward = y.toFloats();
      float[] backward = dx.toFloats();
      for (int i = 0; i < width; i += 37) {
        assertEquals(w[i], forward[i]);
        assertEquals(2 * w[i], forward[width + i]);
        assertEquals(w[i], backward[i]);
        assertEquals(-w[i], backward[width + i]);
      }
      Matrix wide = own.allocate(1, 2_097_121);
      BackendException refused = assertThrows(BackendException.class, () -> own.denseBackward(wide, wide,
          own.allocate(1, 1), Activation.IDENTITY, own.allocate(1, 1), wide, own.allocate(1, 1), null));
      assertEquals("a layer has 2097121 inputs; without cuBLAS it may have at most 2097120: take --products cublas, or"
          + " auto, and a cuBLAS that works", refused.getMessage());
    }
  }

  @Test
  void aRecordingOfAMatrixThatIsGoneIsRefused() {
    Matrix x = cloud(4, 2);
    Matrix gone = cloud(4, 2);
    try (Recording recording = backend.record(() -> backend.add(gone.firstRows(2), x.firstRows(2)))) {
      recording.replay();
      gone.close();
      assertThrows(IllegalStateException.class, recording::replay);
    }
  }

  /** Two ids no longer fit one 32-bit word; Kruskal and Prim in Java would take minutes. */
  @Tag("thorough")
  @Test
  void treesOfMoreThan65536PointsAreTheCpus() {
    int n = 66_000;
    FloatPoints points = Clouds.draw(Clouds.Kind.LATTICE, n, 2, new Random(1));
    SpanningTree expected;
    try (CpuBackend cpu = new CpuBackend(InstructionSet.best(), 2)) {
      expected = Homology.spanningTree(cpu, points).sorted();
    }
    SpanningTree found = Homology.spanningTree(backend, points).sorted();
    assertArrayEquals(expected.edges(), found.edges());
    assertArrayEquals(expected.lengths(), found.lengths());
  }

  @Test
  void theWayOfProductsIsNamed() {
    try (CudaBackend own = new CudaBackend(HostRunners.driver(HostRunner.Order.FORWARD), Products.of("OWN"))) {
      // The description names the products, since the bits of results depend on them.
      assertEquals(backend.description() + ", products own", own.description());
    }
    IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> Products.of("mine"));
    assertEquals("'mine' is not auto or cublas or own", refused.getMessage());
  }

  /**
   * The branch and the calls after the fork use the same matrix. The recording must not always give the result that the
   * order of the calls would give.
   */
  @ParameterizedTest
  @EnumSource
  void aBranchRunsBesideWhatFollows(HostRunner.Order order) {
    try (HostRunner runner = HostRunners.driver(order);
        CudaBackend cuda = new CudaBackend(runner)) {
      Matrix a = cuda.allocate(1, 1);
      Matrix one = cuda.allocate(1, 1).upload(new float[] {1});
      Matrix b = cuda.allocate(1, 1);
      int[] seen = new int[2];
      try (Recording racing = cuda.record(() -> {
        cuda.clear(a);
        cuda.beside(() -> cuda.copy(a, b), () -> cuda.add(one, a));
      })) {
        if (runner.watched()) {
          assertThrows(BackendException.class, racing::replay);
          return;
        }
        for (int i = 0; i < 64; i++) {
          racing.replay();
          seen[(int) b.toFloats()[0]]++;
        }
      }
      switch (order) {
        case FORWARD -> assertArrayEquals(new int[] {64, 0}, seen);
        case BACKWARD -> assertArrayEquals(new int[] {0, 64}, seen);
        case RANDOM -> assertTrue(seen[0] > 0 && seen[1] > 0, "both orders come up");
      }
    }
  }
}
