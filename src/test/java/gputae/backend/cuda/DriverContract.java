package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.BackendException;
import java.lang.reflect.Array;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The calls of a driver, one by one, on the kernels of this project; each driver has a subclass. */
abstract class DriverContract {

  private Driver driver;

  /** A new driver; the contract closes it. */
  abstract Driver newDriver();

  @BeforeEach
  final void open() {
    driver = newDriver();
  }

  Driver driver() {
    return driver;
  }

  /** Whether a capture runs its work twice, first as a rehearsal. */
  abstract boolean rehearses();

  @AfterEach
  final void close() {
    driver.close();
  }

  final long upload(float... values) {
    long address = driver.allocate(4L * values.length);
    driver.upload(values, 0, address, 4L * values.length);
    return address;
  }

  final float[] download(long address, int count) {
    float[] values = new float[count];
    driver.download(address, values, 0, 4L * count);
    return values;
  }

  final void add(long term, long sum, int count) {
    driver.launch("add", 1, 1, 32, 0, new Arguments().pointer(term).pointer(sum).int64(count));
  }

  static String failure(Runnable call) {
    return assertThrows(BackendException.class, call::run).getMessage();
  }

  /** Copies more than is staged at a time, in every type, from the middle of an array. */
  @Test
  void copiesOfEveryTypeComeBackAsTheyWere() {
    Random random = new Random(1);
    int count = (9 << 20) / 8 + 3;
    long[] longs = random.longs(count).toArray();
    double[] doubles = random.doubles(count).toArray();
    int[] ints = random.ints(count).toArray();
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = random.nextFloat();
    }
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    Object[] arrays = {longs, doubles, ints, floats, bytes};
    int[] sizes = {8, 8, 4, 4, 1};
    for (int a = 0; a < arrays.length; a++) {
      long length = (long) (count - 5) * sizes[a];
      long address = driver.allocate(length);
      driver.upload(arrays[a], 2L * sizes[a], address, length);
      Object back = Array.newInstance(arrays[a].getClass().getComponentType(), count);
      driver.download(address, back, sizes[a], length);
      for (int i = 0; i < count - 5; i++) {
        assertEquals(Array.get(arrays[a], i + 2), Array.get(back, i + 1));
      }
      driver.free(address);
    }
  }

  /** All transpositions, shapes that are no squares, rows longer than the matrix, with and without the old values. */
  @Test
  void productsAreThoseOfRowMajorMatrices() {
    Random random = new Random(2);
    int m = 5;
    int n = 7;
    int k = 3;
    for (int variant = 0; variant < 8; variant++) {
      boolean transposeA = (variant & 1) != 0;
      boolean transposeB = (variant & 2) != 0;
      float beta = (variant & 4) != 0 ? 1 : 0;
      int lda = (transposeA ? m : k) + 2;
      int ldb = (transposeB ? k : n) + 1;
      int ldc = n + 4;
      float[] a = values(random, (transposeA ? k : m) * lda);
      float[] b = values(random, (transposeB ? n : k) * ldb);
      float[] c = values(random, m * ldc);
      long to = upload(c);
      driver.product(transposeA, transposeB, m, n, k, upload(a), lda, upload(b), ldb, beta, to, ldc);
      float[] found = download(to, m * ldc);
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < ldc; j++) {
          // Small whole numbers: every sum is exact.
          float expected = c[i * ldc + j];
          if (j < n) {
            expected *= beta;
            for (int l = 0; l < k; l++) {
              expected +=
                  (transposeA ? a[l * lda + i] : a[i * lda + l]) * (transposeB ? b[j * ldb + l] : b[l * ldb + j]);
            }
          }
          assertEquals(expected, found[i * ldc + j], "variant " + variant + ", (" + i + ", " + j + ")");
        }
      }
    }
  }

  private static float[] values(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextInt(19) - 9;
    }
    return values;
  }

  @Test
  void aGraphDoesWhatWasCapturedWithItsLanes() {
    long one = upload(0);
    long x = upload(0);
    long y = upload(0);
    long z = upload(0);
    int[] runs = {0};
    long graph = driver.capture(() -> {
      runs[0]++;
      driver.copy(one, x, 4);
      driver.fork(1, () -> driver.copy(x, y, 4));
      driver.fork(2, () -> driver.copy(x, z, 4));
      driver.join(1);
      add(x, y, 1);
      driver.fork(2, () -> add(y, z, 1));
      driver.join(2);
      driver.product(false, false, 1, 1, 1, y, 1, y, 1, 1, x, 1);
      driver.clear(one, 4);
    });
    assertEquals(rehearses() ? 2 : 1, runs[0], "captured, by some drivers after a rehearsal");
    for (int i = 0; i < 20; i++) {
      driver.upload(new float[] {i}, 0, one, 4);
      assertArrayEquals(new float[] {i}, download(one, 1), "captured, not run");
      driver.replay(graph);
      assertArrayEquals(new float[] {2 * i}, download(y, 1));
      assertArrayEquals(new float[] {3 * i}, download(z, 1));
      assertArrayEquals(new float[] {i + 4 * i * i}, download(x, 1));
      assertArrayEquals(new float[] {0}, download(one, 1));
    }
    driver.discard(graph);
    assertTrue(failure(() -> driver.replay(graph)).endsWith("there is no graph " + graph));
    assertTrue(failure(() -> driver.discard(graph)).endsWith("there is no graph " + graph));
  }

  @Test
  void anErrorInsideACaptureLeavesTheDriverUsable() {
    long x = upload(3);
    // The error comes in the first run of the work and, in drivers that rehearse, in the second.
    for (int good = 0; good < 2; good++) {
      int[] left = {good};
      Runnable work = () -> {
        driver.fork(1, () -> driver.clear(x, 4));
        if (left[0]-- == 0) {
          throw new IllegalStateException("in the capture");
        }
        driver.join(1);
      };
      if (good == 0 || rehearses()) {
        assertThrows(IllegalStateException.class, () -> driver.capture(work));
      }
    }
    assertTrue(failure(() -> driver.capture(() -> driver.fork(1, () -> driver.clear(x, 4))))
        .matches(".*(UNJOINED|never joined).*"));
    assertThrows(IllegalStateException.class, () -> driver.fork(2, () -> {
      throw new IllegalStateException("in a branch");
    }));
    driver.join(2);
    assertEquals("fork within a branch", failure(() -> driver.fork(1, () -> driver.fork(2, () -> {}))));
    assertEquals("join without a fork", failure(() -> driver.join(2)));
    driver.join(1);
    assertEquals(3, download(x, 1)[0]);
    driver.replay(driver.capture(() -> driver.clear(x, 4)));
    assertEquals(0, download(x, 1)[0]);
  }

  @Test
  void lanesOutsideACaptureWaitAsTheyShould() {
    for (int i = 0; i < 20; i++) {
      long one = upload(1);
      long x = upload(0);
      long y = upload(0);
      add(one, x, 1);
      driver.fork(1, () -> add(x, y, 1));
      driver.fork(2, () -> add(one, x, 0));
      driver.join(2);
      driver.join(1);
      add(y, x, 1);
      assertEquals(2, download(x, 1)[0]);
    }
  }

  @Test
  void fetchesHoldWhatWasThereWhenTheyWereEnqueued() {
    long one = upload(1, 1, 1);
    long x = upload(0, 0, 0);
    Driver.Transfer before = driver.fetch(x, 12);
    add(one, x, 3);
    Driver.Transfer after = driver.fetch(x, 8);
    add(one, x, 3);
    assertEquals(0, before.await().getFloat(8));
    assertEquals(1, after.await().getFloat(4));
    assertEquals(8, after.await().remaining());
    // Each transfer is awaited while the next one is under way.
    Driver.Transfer last = driver.fetch(x, 12);
    for (int i = 0; i < 10; i++) {
      add(one, x, 3);
      Driver.Transfer next = driver.fetch(x, 12);
      assertEquals(2 + i, last.await().getFloat(0));
      last = next;
    }
  }

  @Test
  void memoryThatIsNotThereIsNoAddress() {
    long free = driver.freeMemory();
    assertEquals(0, driver.allocate(free + (1L << 40)));
    long address = driver.allocate(1 << 20);
    assertEquals(0, address % 256);
    assertTrue(driver.freeMemory() <= free - (1 << 20));
    driver.free(address);
  }

  @Test
  void anotherThreadMayUseIt() throws InterruptedException {
    long x = upload(1, 2);
    AtomicReference<float[]> seen = new AtomicReference<>();
    Thread thread = new Thread(() -> {
      add(x, x, 1);
      seen.set(download(x, 2));
    });
    thread.start();
    thread.join();
    assertArrayEquals(new float[] {2, 2}, seen.get());
    assertArrayEquals(new float[] {2, 2}, download(x, 2));
  }
}
