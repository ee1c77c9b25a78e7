package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.cuda.HostRunner.Order;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Branches, captures, graphs and products of the host runner. */
class HostRunnerGraphsTest extends HostRunnerCase {

  @ParameterizedTest
  @EnumSource(Order.class)
  void graphsAreReplayed(Order order) {
    open(order, 2);
    long x = floats(1, 2, 3, 4);
    long y = driver.allocate(16);
    int[] runs = new int[1];
    long graph = driver.capture(() -> {
      runs[0]++;
      // A launch keeps the values that its arguments have now.
      Arguments arguments = new Arguments().pointer(x).pointer(y).float32(2).int32(4);
      driver.launch("scale", 1, 1, 32, 0, arguments);
      arguments.int32(5);
      driver.copy(y, x, 8);
      driver.clear(x + 12, 4);
      driver.product(false, false, 2, 2, 2, x, 2, x, 2, 1, y, 2);
    });
    assertArrayEquals(new float[] {1, 2, 3, 4}, floats(x, 4), "captured, not run");
    float[] a = {1, 2, 3, 4};
    float[] b = new float[4];
    for (int step = 0; step < 50; step++) {
      driver.replay(graph);
      for (int i = 0; i < 4; i++) {
        b[i] = 2 * a[i];
      }
      a = new float[] {b[0], b[1], a[2], 0};
      b = new float[] {b[0] + (a[0] * a[0] + a[1] * a[2]), b[1] + a[0] * a[1], b[2] + a[2] * a[0], b[3] + a[2] * a[1]};
      assertArrayEquals(a, floats(x, 4));
      assertArrayEquals(b, floats(y, 4));
      // The values become small again, so that 50 steps stay finite.
      a = new float[] {1, 2, 3, 4};
      driver.upload(a, 0, x, 16);
    }
    assertEquals(1, runs[0]);
    assertEquals(Map.of("allocate", 2L, "upload", 51L, "download", 101L, "capture", 1L, "replay", 50L,
        "replayed launch", 50L, "replayed copy", 50L,
        "replayed clear", 50L, "replayed product", 50L), driver.counts());
    driver.discard(graph);
    assertEquals("replay: there is no graph 1", failure(() -> driver.replay(graph)));
    assertEquals("discard: there is no graph 1", failure(() -> driver.discard(graph)));
  }

  /** x is 1. The branch doubles x; the main chain then adds x to y, with or without waiting. */
  private float branched(boolean captured, boolean waits) {
    long x = floats(1);
    long y = floats(0);
    Runnable work = () -> {
      driver.fork(1,
          () -> driver.launch("scale", 1, 1, 1, 0, new Arguments().pointer(x).pointer(x).float32(2).int32(1)));
      if (waits) {
        driver.join(1);
      }
      driver.copy(x, y, 4);
      if (!waits) {
        driver.join(1);
      }
    };
    if (captured) {
      driver.replay(driver.capture(work));
    } else {
      work.run();
    }
    return floats(y, 1)[0];
  }

  @ParameterizedTest
  @CsvSource({"FORWARD, false", "FORWARD, true", "BACKWARD, false", "BACKWARD, true", "RANDOM, false", "RANDOM, true"})
  void aMissingDependencyShows(Order order, boolean captured) {
    open(order, 1);
    for (int i = 0; i < 20; i++) {
      assertEquals(2, branched(captured, true));
    }
    long early = IntStream.range(0, 20).filter(i -> branched(captured, false) == 1).count();
    switch (order) {
      case FORWARD -> assertEquals(0, early);
      case BACKWARD -> assertEquals(20, early);
      case RANDOM -> assertTrue(captured ? early > 0 && early < 20 : early == 0);
    }
  }

  /** A branch may not run ahead of the earlier nodes of the main chain. */
  @ParameterizedTest
  @EnumSource(Order.class)
  void branchesStartAfterTheFork(Order order) {
    open(order, 1);
    long x = floats(1);
    long y = floats(0);
    long z = floats(0);
    long graph = driver.capture(() -> {
      driver.launch("scale", 1, 1, 1, 0, new Arguments().pointer(x).pointer(y).float32(3).int32(1));
      driver.fork(1, () -> {
        driver.copy(y, z, 4);
        driver.launch("scale", 1, 1, 1, 0, new Arguments().pointer(z).pointer(z).float32(5).int32(1));
      });
      driver.copy(y, x, 4);
      driver.join(1);
      driver.launch("scale", 1, 1, 1, 0, new Arguments().pointer(z).pointer(y).float32(2).int32(1));
      // Nothing reads what this second branch writes.
      driver.fork(1, () -> driver.clear(z, 4));
      driver.join(1);
    });
    for (int i = 0; i < 10; i++) {
      driver.upload(new float[] {1}, 0, x, 4);
      driver.replay(graph);
      assertEquals(3, floats(x, 1)[0]);
      assertEquals(30, floats(y, 1)[0]);
      assertEquals(0, floats(z, 1)[0]);
    }
  }

  /**
   * A stream that forks again continues after its own earlier work, and after the work that the main stream got in
   * between. Streams run beside each other.
   */
  @ParameterizedTest
  @EnumSource(Order.class)
  void aLaneKeepsItsOrder(Order order) {
    open(order, 1);
    long x = floats(1);
    long y = floats(0);
    long z = floats(0);
    Runnable work = () -> {
      driver.fork(1,
          () -> driver.launch("scale", 1, 1, 1, 0, new Arguments().pointer(x).pointer(y).float32(3).int32(1)));
      driver.fork(2, () -> driver.copy(x, z, 4));
      driver.launch("scale", 1, 1, 1, 0, new Arguments().pointer(x).pointer(x).float32(1).int32(1));
      driver.fork(1,
          () -> driver.launch("scale", 1, 1, 1, 0, new Arguments().pointer(y).pointer(y).float32(5).int32(1)));
      driver.join(2);
      driver.launch("scale", 1, 1, 1, 0, new Arguments().pointer(z).pointer(z).float32(7).int32(1));
      driver.join(1);
    };
    long graph = driver.capture(work);
    for (int i = 0; i < 10; i++) {
      driver.replay(graph);
      assertEquals(15, floats(y, 1)[0]);
      assertEquals(7, floats(z, 1)[0]);
    }
    work.run();
    assertEquals(15, floats(y, 1)[0]);
    assertEquals(7, floats(z, 1)[0]);
  }

  @Test
  void aFetchHoldsWhatWasThereWhenItWasEnqueued() {
    open(Order.FORWARD, 1);
    long x = floats(new float[] {1, 2});
    Driver.Transfer first = driver.fetch(x, 8);
    driver.upload(new float[] {3}, 0, x, 4);
    Driver.Transfer second = driver.fetch(x, 4);
    assertEquals(2, first.await().getFloat(4));
    assertEquals(1, first.await().getFloat(0));
    assertEquals(3, second.await().getFloat(0));
    assertTrue(driver.seconds(() -> driver.clear(x, 8)) > 0);
    assertEquals(0, floats(x, 1)[0]);
  }

  /** In backward order a branch runs as late as possible. A call that waits for the device waits for the branch too. */
  @ParameterizedTest
  @EnumSource(Order.class)
  void whoWaitsFindsTheBranchDone(Order order) {
    open(order, 1);
    for (Runnable wait : List.<Runnable>of(() -> {}, driver::synchronise, () -> driver.free(driver.allocate(4)))) {
      long x = floats(1);
      driver.fork(1, () -> driver.clear(x, 4));
      wait.run();
      assertEquals(0, floats(x, 1)[0]);
      driver.join(1);
    }
    long x = floats(1);
    driver.fork(1, () -> {
      driver.clear(x, 4);
      driver.upload(new float[] {2}, 0, x, 4);
      driver.copy(x, x, 4);
    });
    driver.join(1);
    assertEquals(2, floats(x, 1)[0]);
  }

  @Test
  void capturesTakeWhatCudaTakes() {
    open(Order.BACKWARD, 1);
    long x = floats(1);
    Map<String, Runnable> refused = Map.of(
        "upload", () -> driver.upload(new float[1], 0, x, 4), "download", () -> driver.download(x, new float[1], 0, 4),
        "allocate", () -> driver.allocate(4),
        "free", () -> driver.free(x), "synchronise", driver::synchronise, "capture", () -> driver.capture(() -> {}),
        "replay", () -> driver.replay(1));
    refused.forEach((call, run) -> assertSays(failure(() -> driver.capture(run)), call + " during a capture"));
    assertEquals("join without a fork", failure(() -> driver.capture(() -> driver.join(1))));
    assertEquals("join without a fork", failure(() -> driver.join(1)));
    assertEquals("fork within a branch",
        failure(() -> driver.capture(() -> driver.fork(1, () -> driver.fork(1, () -> {})))));
    assertEquals("join within a branch", failure(() -> driver.capture(() -> driver.fork(1, () -> driver.join(1)))));
    assertEquals("capture: a branch was forked and never joined",
        failure(() -> driver.capture(() -> driver.fork(1, () -> {}))));
    assertEquals("fork: there is no stream 4; there are 1 to 3", failure(() -> driver.fork(4, () -> {})));
    driver.fork(1, () -> {});
    assertEquals("capture: join the branch first", failure(() -> driver.capture(() -> {})));
    driver.join(1);
    // All these failures left nothing behind.
    long graph = driver.capture(() -> driver.clear(x, 4));
    assertEquals(1, floats(x, 1)[0]);
    driver.replay(graph);
    assertEquals(0, floats(x, 1)[0]);
  }

  /** A product computes 4 rows and 16 columns at a time. */
  @ParameterizedTest
  @CsvSource({"1, 1, 1", "4, 16, 8", "5, 17, 33", "3, 15, 1", "7, 40, 100", "64, 784, 128", "2, 3, 0"})
  void productsAgreeWithDouble(int m, int n, int k) {
    open(Order.FORWARD, 1);
    Random random = new Random(m + 31 * n + 977 * k);
    for (int variant = 0; variant < 8; variant++) {
      boolean transposeA = (variant & 1) != 0;
      boolean transposeB = (variant & 2) != 0;
      float beta = (variant & 4) != 0 ? 0.5f : 0;
      int lda = (transposeA ? m : k) + 3;
      int ldb = (transposeB ? k : n) + 1;
      int ldc = n + 2;
      float[] a = normals(random, (transposeA ? k : m) * lda);
      float[] b = normals(random, (transposeB ? n : k) * ldb);
      float[] c = normals(random, m * ldc);
      if (beta == 0) {
        Arrays.fill(c, Float.NaN);
      }
      long x = floats(a);
      long y = floats(b);
      long z = floats(c);
      driver.product(transposeA, transposeB, m, n, k, x, lda, y, ldb, beta, z, ldc);
      float[] result = floats(z, m * ldc);
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < ldc; j++) {
          if (j >= n) {
            assertEquals(c[i * ldc + j], result[i * ldc + j], "between the rows");
            continue;
          }
          double sum = beta == 0 ? 0 : beta * c[i * ldc + j];
          double size = Math.abs(sum);
          for (int l = 0; l < k; l++) {
            double term =
                (double) a[transposeA ? l * lda + i : i * lda + l] * b[transposeB ? j * ldb + l : l * ldb + j];
            sum += term;
            size += Math.abs(term);
          }
          // One rounding for each product and each sum.
          double tolerance = (k + 2) * 0x1p-24 * size;
          assertTrue(Math.abs(result[i * ldc + j] - sum) <= tolerance, "(" + i + ", " + j + ") of variant " + variant);
        }
      }
    }
  }

  private static float[] normals(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /**
   * The result of a row depends neither on its place nor on the number of rows. The result of a column does not depend
   * on the number of columns.
   */
  @Test
  void equalRowsGiveEqualBits() {
    open(Order.FORWARD, 1);
    int k = 37;
    int n = 50;
    Random random = new Random(5);
    float[] row = normals(random, k);
    long y = floats(normals(random, k * n));
    float[] expected = null;
    for (int m : new int[] {1, 2, 4, 7, 8}) {
      float[] a = new float[m * k];
      IntUnaryOperator column = i -> i % k;
      for (int i = 0; i < a.length; i++) {
        a[i] = row[column.applyAsInt(i)];
      }
      long x = floats(a);
      long z = driver.allocate(4L * m * n);
      for (int columns : new int[] {n, 1, 20}) {
        driver.product(false, false, m, columns, k, x, k, y, n, 0, z, n);
        float[] result = floats(z, m * n);
        expected = expected == null ? Arrays.copyOf(result, n) : expected;
        for (int i = 0; i < m; i++) {
          assertArrayEquals(Arrays.copyOf(expected, columns), Arrays.copyOfRange(result, i * n, i * n + columns));
        }
      }
    }
  }

  @Test
  void productsWithWrongSizesAreRefused() {
    open(Order.FORWARD, 1);
    long x = floats(1, 2, 3, 4);
    assertSays(failure(() -> driver.product(false, false, 2, 2, 2, x, 1, x, 2, 0, x, 2)),
        "product: (2, 2) by (2, 2) with leading dimensions 1, 2, 2");
    assertSays(failure(() -> driver.product(true, false, 2, 1, 1, x, 1, x, 1, 0, x, 1)), "A transposed");
    assertSays(failure(() -> driver.product(false, false, 2, 2, 2, 0, 2, x, 2, 0, x, 2)), "address 0");
  }
}
