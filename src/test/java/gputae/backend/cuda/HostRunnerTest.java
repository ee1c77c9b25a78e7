package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.cuda.HostRunner.Order;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The features that the host runner offers to kernels, and the mistakes in kernels that show in their results. */
class HostRunnerTest extends HostRunnerCase {

  @Test
  void saysWhatItIs() {
    assertEquals("host runner, forward order, 1 thread", open(Order.FORWARD, 1).description());
    assertEquals("host runner, random order, 2 threads, seed 7", open(Order.RANDOM, 2).description());
    assertEquals(LIMITS, driver.limits());
    assertEquals("ppfi", driver.kernels().get("scale"));
    assertEquals("piillfdp", driver.kernels().get("parameters"));
    assertEquals("", driver.kernels().get("nothing"));
    assertEquals("pp", driver.kernels().get("warp_sum"), "declared with bounds");
    assertThrows(UnsupportedOperationException.class, () -> driver.kernels().clear());
  }

  @ParameterizedTest
  @MethodSource("ordersAndThreads")
  void everyThreadRunsOnce(Order order, int threads) {
    open(order, threads);
    int n = 100_003;
    float[] in = new float[n];
    for (int i = 0; i < n; i++) {
      in[i] = i;
    }
    long x = floats(in);
    long y = driver.allocate(4L * n);
    driver.launch("scale", (n + 255) / 256, 1, 256, 0, new Arguments().pointer(x).pointer(y).float32(3).int32(n));
    float[] out = floats(y, n);
    for (int i = 0; i < n; i++) {
      assertEquals(3f * i, out[i]);
    }
    long p = driver.allocate(4 * 5 * 7 * 33);
    driver.launch("positions", 5, 7, 33, 0, pointers(p));
    int[] positions = ints(p, 5 * 7 * 33);
    for (int i = 0; i < positions.length; i++) {
      assertEquals(i / 33 / 5 * 1_000_000 + i / 33 % 5 * 10_000 + i % 33, positions[i]);
    }
    driver.launch("nothing", 1, 1, 1, 0, new Arguments());
    driver.synchronise();
  }

  @Test
  void everyTypeOfParameterArrives() {
    open(Order.FORWARD, 1);
    long out = driver.allocate(8 * 7);
    driver.launch("parameters", 1, 1, 1, 0,
        new Arguments().pointer(out).int32(-3).int32(-1).int64(-1L << 40).int64(1L << 40).float32(0.5f).float64(-1e300)
            .pointer(0));
    double[] values = new double[7];
    driver.download(out, values, 0, 8 * 7);
    assertArrayEquals(new double[] {-3, 4294967295.0, -0x1p40, 0x1p40, 0.5, -1e300, 1}, values);
  }

  @Test
  void functionsDoAsOnCuda() {
    open(Order.FORWARD, 1);
    long out = driver.allocate(4 * 20);
    driver.launch("functions", 1, 1, 1, 0, pointers(out));
    int[] expected = new int[20];
    Arrays.fill(expected, 1);
    assertArrayEquals(expected, ints(out, 20));
  }

  /** 1, 2 and 4 are no whole warp, 1024 is the largest block. */
  @ParameterizedTest
  @MethodSource("ordersAndThreads")
  void blocksReduceInSharedMemory(Order order, int threads) {
    open(order, threads);
    for (int size : new int[] {1, 2, 4, 32, 256, 1024}) {
      int blocks = 9;
      float[] in = new float[blocks * size];
      float[] sums = new float[blocks];
      for (int i = 0; i < in.length; i++) {
        in[i] = i % 11;
        sums[i / size] += in[i];
      }
      long x = floats(in);
      long y = driver.allocate(4 * blocks);
      driver.launch("block_sum", blocks, 1, size, 4 * size, pointers(x, y));
      assertArrayEquals(sums, floats(y, blocks));
      if (size == 256) {
        driver.launch("warp_sum", blocks, 1, size, 0, pointers(x, y));
        assertArrayEquals(sums, floats(y, blocks));
      }
    }
  }

  /** 48 threads: the second warp has 16 lanes. A width of 32 there would let lanes be read that do not exist. */
  @ParameterizedTest
  @EnumSource(Order.class)
  void shufflesReadAsPtxSays(Order order) {
    open(order, 1);
    for (int threads : new int[] {32, 48, 64}) {
      for (int width = threads == 48 ? 16 : 32; width > 0; width /= 2) {
        for (int argument : new int[] {0, 1, 3, 9, 16, 31}) {
          long out = driver.allocate(16 * threads);
          driver.launch("shuffles", 1, 1, threads, 0, new Arguments().pointer(out).int32(argument).int32(width));
          int[] read = ints(out, 4 * threads);
          int w = width;
          for (int t = 0; t < threads; t++) {
            int lane = t % 32;
            int first = t - lane;
            int segment = lane / w * w;
            assertEquals(first + segment + argument % w, read[t]);
            assertEquals(lane - argument >= segment ? t - argument : t, read[threads + t]);
            assertEquals(lane + argument < segment + w ? t + argument : t, read[2 * threads + t]);
            int across = lane ^ argument;
            // Beyond the end of its segment a lane reads itself; before the beginning it reads the other lane.
            int expected = across < segment + w ? first + across : t;
            assertEquals(expected, read[3 * threads + t]);
          }
          driver.free(out);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Order.class)
  void shufflesMoveEightBytes(Order order) {
    open(order, 1);
    long out = driver.allocate(8 * 64);
    driver.launch("wide_shuffles", 1, 1, 32, 0, pointers(out));
    double[] read = new double[64];
    driver.download(out, read, 0, 8 * 64);
    for (int t = 0; t < 32; t++) {
      assertEquals(1.0 / (32 - t), read[t]);
      assertEquals((double) (1L << (31 - t)), read[32 + t]);
    }
  }

  @ParameterizedTest
  @EnumSource(Order.class)
  void warpsVote(Order order) {
    open(order, 1);
    for (int modulus : new int[] {1, 2, 5, 1000}) {
      long out = driver.allocate(4 * 3 * 96);
      driver.launch("warp_votes", 1, 1, 96, 0, new Arguments().pointer(out).int32(modulus));
      int[] read = ints(out, 3 * 96);
      for (int t = 0; t < 96; t++) {
        int half = t % 2 == 0 ? 0x55555555 : 0xAAAAAAAA;
        int votes = 0;
        for (int lane = 0; lane < 32; lane++) {
          votes |= (t / 32 * 32 + lane) % modulus == 0 ? 1 << lane : 0;
        }
        assertEquals(votes & half, read[t]);
        assertEquals((votes & half) != 0 ? 1 : 0, read[96 + t]);
        assertEquals((votes & half) == half ? 1 : 0, read[2 * 96 + t]);
      }
    }
  }

  /** Threads that have exited no longer count. */
  @ParameterizedTest
  @EnumSource(Order.class)
  void blocksVote(Order order) {
    open(order, 1);
    int threads = 100;
    for (int leaving : new int[] {0, 1, 40, 99, 100}) {
      for (int modulus : new int[] {1, 3, 1000}) {
        long out = ints(new int[3 * threads]);
        driver.launch("block_votes", 1, 1, threads, 0, new Arguments().pointer(out).int32(modulus).int32(leaving));
        int count = (int) IntStream.range(leaving, threads).filter(t -> t % modulus == 0).count();
        int[] read = ints(out, 3 * threads);
        for (int t = 0; t < threads; t++) {
          boolean stayed = t >= leaving;
          assertEquals(stayed ? count : 0, read[t]);
          assertEquals(stayed && count == threads - leaving ? 1 : 0, read[threads + t]);
          assertEquals(stayed && count > 0 ? 1 : 0, read[2 * threads + t]);
        }
      }
    }
  }

  /** 8 warps add up in 5 steps, then 8 lanes in 3; this in 40 blocks, which the threads share. */
  @ParameterizedTest
  @MethodSource("ordersAndThreads")
  void theOperationsOfWarpsAreCounted(Order order, int threads) {
    open(order, threads);
    long x = floats(new float[40 * 256]);
    long y = driver.allocate(4 * 40);
    driver.launch("warp_sum", 40, 1, 256, 0, pointers(x, y));
    Map<String, String> counts = new HashMap<>();
    String[] operations = driver.warpOperations();
    for (int i = 0; i < operations.length; i += 2) {
      counts.put(operations[i].replaceFirst(":\\d+", ""), operations[i + 1]);
    }
    assertEquals(Map.of("__shfl_down_sync (sound.cu)", "1600", "__shfl_xor_sync (sound.cu)", "120"), counts);
    driver.launch("nothing", 1, 1, 1, 0, new Arguments());
    assertEquals(0, driver.warpOperations().length);
  }

  @ParameterizedTest
  @MethodSource("ordersAndThreads")
  void atomicsMeetAcrossBlocks(Order order, int threads) {
    open(order, threads);
    int n = 64 * 256;
    long narrow = ints(new int[8]);
    long wide = driver.allocate(32);
    driver.upload(new long[] {-1, 0, 0, 0}, 0, wide, 32);
    long bits = ints(new int[n / 32 + 1]);
    driver.launch("atomics", 64, 1, 256, 0, pointers(narrow, wide, bits));
    int[] read = ints(narrow, 8);
    int[] tickets = ints(bits, n / 32 + 1);
    assertArrayEquals(new int[] {n / 4, n / 4, n / 4, n / 4, 1 - n, n - 1, 2 * n}, Arrays.copyOf(read, 7));
    // Each ticket except the last was passed on.
    assertEquals(n * (n + 1) / 2, read[7] + tickets[n / 32]);
    long[] words = new long[4];
    driver.download(wide, words, 0, 32);
    assertArrayEquals(new long[] {7, (n - 1L) << 40 | 7, (long) n << 32, 0}, words);
    for (int i = 0; i < n / 32; i++) {
      assertEquals(-1, tickets[i]);
    }
  }

  @Test
  void vectorsAreReadWhole() {
    open(Order.FORWARD, 1);
    float[] in = {1, 2, 3, 4, 5, 6, 7, 8};
    long x = floats(in);
    long y = driver.allocate(32);
    long b = driver.allocate(8);
    long r = driver.allocate(8);
    driver.upload(new byte[] {1, 2, 3, 4, 5, 6, 7, -1}, 0, b, 8);
    driver.launch("vectors", 1, 1, 2, 0, pointers(x, y, b, r));
    assertArrayEquals(new float[] {4, 3, 2, 1, 8, 7, 6, 5}, floats(y, 8));
    byte[] reversed = new byte[8];
    driver.download(r, reversed, 0, 8);
    assertArrayEquals(new byte[] {4, 3, 2, 1, -1, 7, 6, 5}, reversed);
  }

  @ParameterizedTest
  @EnumSource(Order.class)
  void manyBarriersAndLargeStacks(Order order) {
    open(order, 2);
    long out = driver.allocate(4 * 1024);
    driver.launch("many_barriers", 1, 1, 1024, 0, new Arguments().pointer(out).int32(500));
    assertTrue(IntStream.of(ints(out, 1024)).allMatch(rounds -> rounds == 500));
    driver.launch("large_stack", 1, 1, 1024, 0, pointers(out));
    assertTrue(IntStream.of(ints(out, 1024)).allMatch(sum -> sum == 8191 * 4096));
  }

  @Test
  void launchesMayComeFromAnyThread() throws InterruptedException {
    open(Order.FORWARD, 2);
    float[] sums = new float[4];
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      int mine = i;
      Thread thread = new Thread(() -> {
        float[] in = new float[256];
        Arrays.fill(in, mine);
        long x = floats(in);
        long y = driver.allocate(4);
        driver.launch("warp_sum", 1, 1, 256, 0, pointers(x, y));
        sums[mine] = floats(y, 1)[0];
      });
      thread.start();
      thread.join();
    }
    assertArrayEquals(new float[] {0, 256, 512, 768}, sums);
  }

  /**
   * The random order of blocks and threads depends only on the seed. So a failure in random order can be repeated, on
   * any number of threads.
   */
  @Test
  void randomOrderIsRepeatable() {
    int blocks = 64;
    float[][][] results = new float[3][2][];
    for (int run = 0; run < 3; run++) {
      open(Order.RANDOM, new int[] {1, 3, 1}[run]);
      long out = driver.allocate(4 * 256 * blocks);
      for (int launch = 0; launch < 2; launch++) {
        driver.launch("missing_barrier", blocks, 1, 256, 0, new Arguments().pointer(out).int32(-1));
        results[run][launch] = floats(out, 256 * blocks);
      }
    }
    for (int run = 1; run < 3; run++) {
      assertArrayEquals(results[0][0], results[run][0]);
      assertArrayEquals(results[0][1], results[run][1]);
    }
    assertFalse(Arrays.equals(results[0][0], results[0][1]), "the second launch should draw another order");
  }

  /** A thread that reads its left neighbour is right in forward order; with its right neighbour, in backward order. */
  @ParameterizedTest
  @CsvSource({"FORWARD, -1, true", "FORWARD, 1, false", "BACKWARD, 1, true", "BACKWARD, -1, false", "RANDOM, -1, false",
    "RANDOM, 1, false"})
  void aMissingBarrierShows(Order order, int distance, boolean hidden) {
    open(order, 1);
    long out = driver.allocate(4 * 256);
    driver.launch("missing_barrier", 1, 1, 256, 0, new Arguments().pointer(out).int32(distance));
    boolean right = IntStream.range(0, 256).allMatch(t -> floats(out, 256)[t] == 1);
    assertEquals(hidden, right);
  }

  @ParameterizedTest
  @CsvSource({"FORWARD, -1, false", "FORWARD, 1, true", "BACKWARD, 1, false", "BACKWARD, -1, true", "RANDOM, -1, false",
    "RANDOM, 1, false"})
  void aMissingSecondBarrierShows(Order order, int distance, boolean hidden) {
    open(order, 1);
    long out = driver.allocate(4 * 256);
    driver.launch("missing_second_barrier", 1, 1, 256, 0, new Arguments().pointer(out).int32(distance));
    int[] sums = ints(out, 256);
    // At the ends of the block the neighbour is far away.
    assertEquals(hidden, IntStream.range(1, 255).allMatch(t -> sums[t] == 3));
  }

  @Test
  void blocksRunInTheOrderAskedFor() {
    Map<Order, Integer> last = new java.util.EnumMap<>(Order.class);
    for (Order order : Order.values()) {
      open(order, 1);
      long out = driver.allocate(4);
      driver.launch("race_of_blocks", 1000, 1, 32, 0, pointers(out));
      last.put(order, ints(out, 1)[0]);
    }
    assertEquals(999, last.get(Order.FORWARD));
    assertEquals(0, last.get(Order.BACKWARD));
    assertTrue(last.get(Order.RANDOM) > 0 && last.get(Order.RANDOM) < 999);
  }

  @ParameterizedTest
  @EnumSource(Order.class)
  void whatNobodyWroteIsNan(Order order) {
    open(order, 1);
    long out = driver.allocate(4 * 3 * 64);
    driver.launch("unwritten", 5, 1, 64, 4 * 64, pointers(out));
    for (float value : floats(out, 3 * 64)) {
      assertTrue(Float.isNaN(value));
    }
    long fresh = driver.allocate(4 * 5);
    assertArrayEquals(new int[] {-1, -1, -1, -1, -1}, ints(fresh, 5));
  }
}
