package gputae.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import gputae.selftest.Operation;
import gputae.selftest.Result;
import gputae.selftest.SelfTest;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The requirements for every backend. The self-test checks that the numbers are right; each of its operations is a test
 * here. The other tests check what a comparison with a reference cannot: memory, refused arguments, and numbers that
 * are not finite.
 */
public abstract class BackendContract {

  protected Backend backend;

  /** A new backend; the contract closes it. */
  protected abstract Backend open();

  /**
   * Skips a test that depends on the library of matrix products if this library runs in another way here than in a
   * separate process.
   */
  protected void assumeProductsOfThisSet() {}

  /** Names of operations of the self-test that take so long on this backend that only the thorough tests run them. */
  protected Set<String> onlyThorough() {
    return Set.of();
  }

  /**
   * Whether an operation of the self-test must be tested on this backend; false if another backend's test covers it.
   */
  protected boolean concerns(String operation) {
    return true;
  }

  @BeforeEach
  void openBackend() {
    backend = open();
  }

  @AfterEach
  void closeBackend() {
    // The backend is null if the machine lacks what the backend needs and the test was skipped.
    if (backend != null) {
      backend.close();
    }
  }

  private Matrix floats(int rows, int columns, float... values) {
    return backend.allocate(rows, columns).upload(values);
  }

  private static float[] gaussian(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  // ---- numbers

  /** All operations run on one backend, one after the other, as in the self-test. */
  @TestFactory
  Stream<DynamicTest> everyOperationFollowsItsReference() {
    return tests(operation -> !onlyThorough().contains(operation));
  }

  @Tag("thorough")
  @TestFactory
  Stream<DynamicTest> theLongestOperationsFollowTheirReferencesToo() {
    return tests(operation -> onlyThorough().contains(operation));
  }

  private Stream<DynamicTest> tests(Predicate<String> which) {
    return SelfTest.operations().stream()
        .filter(operation -> concerns(operation.name()) && which.test(operation.name())).map(this::test);
  }

  private DynamicTest test(Operation operation) {
    return dynamicTest(operation.name(), () -> passes(operation));
  }

  private void passes(Operation operation) {
    if (operation.name().equals(SelfTest.EQUAL_ROWS)) {
      assumeProductsOfThisSet();
    }
    Result result = operation.run(backend);
    assertTrue(result.passed(), () -> operation.name() + ": " + String.join("\n", result.failures()));
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
  void whatDoesNotFitIsRefusedBeforeAnythingRuns() {
    Matrix a = backend.allocate(2, 3);
    Matrix b = backend.allocate(3, 3);
    assertThrows(IllegalArgumentException.class, () -> a.view(1, 2, 3));
    assertThrows(IllegalArgumentException.class, () -> a.view(-1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> backend.copy(a, b));
    assertThrows(IllegalArgumentException.class, () -> a.upload(new float[5]));
    assertThrows(IllegalArgumentException.class, () -> a.upload(new int[6]));
    assertThrows(IllegalArgumentException.class,
        () -> backend.dense(a, b, backend.allocate(1, 2), Activation.ELU, backend.allocate(2, 3)));
    assertThrows(IllegalArgumentException.class,
        () -> backend.spanningTree(a, backend.allocate(ElementType.INT32, 2, 2), backend.allocate(1, 1)));
    assertThrows(IllegalArgumentException.class, () -> backend.sigmoidCrossEntropy(a, b, null, backend.allocate(1, 1)));
    assertThrows(IllegalArgumentException.class, () -> backend.squaredError(a, b, null, backend.allocate(1, 1)));
    Matrix number = backend.allocate(1, 1);
    assertThrows(IllegalArgumentException.class, () -> backend.maximumMeanDiscrepancy(a, b, 1, number, a, number));
    assertThrows(IllegalArgumentException.class,
        () -> backend.maximumMeanDiscrepancy(a, backend.allocate(2, 3), 0, number, backend.allocate(2, 3), number));
    assertThrows(IllegalArgumentException.class, () -> backend.gather(backend.allocate(ElementType.INT32, 2, 3),
        backend.allocate(ElementType.INT32, 1, 1), backend.allocate(ElementType.INT64, 1, 1), 1, 1,
        backend.allocate(1, 3)));
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

  // ---- NaN and infinity

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
        float infinite = activation == Activation.TANH ? 1 : Float.POSITIVE_INFINITY;
        assertEquals(row == 7 ? Float.NaN : row == 9 ? infinite : 0, found[i], activation.toString());
      }
    }
  }

  @Test
  void aNotANumberAmongOutputsReachesTheLoss() {
    for (int place : new int[] {0, 5, 16, 36}) {
      float[] logits = new float[37];
      logits[place] = Float.NaN;
      for (Output output : Output.values()) {
        Matrix loss = backend.allocate(1, 1);
        Matrix gradient = backend.allocate(1, 37);
        output.loss(backend, floats(1, 37, logits), backend.allocate(1, 37), gradient, loss);
        assertEquals(Float.NaN, loss.toFloats()[0]);
        assertEquals(Float.NaN, gradient.toFloats()[place]);
      }
    }
  }

  // ---- homology

  @Test
  void coordinatesThatAreNotFiniteEndInInfiniteLengthsNotInALoop() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      for (int place : new int[] {0, 20, 39}) {
        float[] points = gaussian(new Random(10), 40 * 3);
        points[place * 3 + 1] = bad;
        Matrix edges = backend.allocate(ElementType.INT32, 39, 2);
        Matrix lengths = backend.allocate(1, 39);
        backend.spanningTree(floats(40, 3, points), edges, lengths);
        int infinite = 0;
        for (float length : lengths.toFloats()) {
          infinite += Float.isInfinite(length) ? 1 : 0;
        }
        assertTrue(infinite >= 1, "one edge at least must reach the bad point");
        boolean[] reached = new boolean[40];
        for (int end : edges.toInts()) {
          reached[end] = true;
        }
        for (boolean r : reached) {
          assertTrue(r);
        }
      }
    }
  }
}
