package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import gputae.backend.BackendException;
import gputae.backend.cuda.HostRunner.Order;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments.ArgumentSet;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The host runner on kernels of its own, src/test/cuda: what it offers, and that it reports or shows each mistake it is there to find. */
class HostRunnerTest {

  private static final Driver.Limits LIMITS = new Driver.Limits(4, 48 << 10);
  private static final long MEMORY = 64 << 20;
  private static final long SEED = 7;

  /** The libraries may be built with AddressSanitizer (native/testing/host/build.sh says how), which ends the process where these tests expect an exception. */
  private static final boolean SANITIZED = String.valueOf(System.getenv("GPUTAE_CXXFLAGS")).contains("address");

  /** What is built here gives up a wait for ever early: the longest block of these kernels waits 512,000 times. */
  private static final String FLAGS = Objects.requireNonNullElse(System.getenv("GPUTAE_CXXFLAGS"), "") + " -DGPUTAE_HOST_MOST_STEPS=2000000";

  @TempDir static Path libraries;

  private HostRunner driver;

  @BeforeAll
  static void buildLibraries() throws Exception {
    assertBuilds(Path.of("src/test/cuda"), libraries, FLAGS);
  }

  @AfterEach
  void close() {
    if (driver != null) {
      driver.close();
    }
  }

  private static void assertBuilds(Path kernels, Path output, String flags) throws Exception {
    String said = build(kernels, output, flags);
    assertTrue(said.startsWith("0: "), said);
  }

  /** The exit status and what the compiler says. */
  private static String build(Path kernels, Path output, String flags) throws Exception {
    return run(HostRunners.building(kernels, output, flags));
  }

  private static String run(ProcessBuilder builder) throws Exception {
    // Into a file: whoever reads from a process waits for as long as it hangs.
    Path said = Files.createTempFile(libraries, "said", ".txt");
    Process process = builder.redirectOutput(said.toFile()).start();
    boolean ended = process.waitFor(2, TimeUnit.MINUTES);
    if (!ended) {
      process.destroyForcibly().waitFor();
    }
    String text = Files.readString(said);
    assertTrue(ended, () -> "no end: " + text);
    return process.exitValue() + ": " + text;
  }

  private HostRunner open(Order order, int threads) {
    close();
    driver = new HostRunner(libraries, order, SEED, threads, LIMITS, MEMORY);
    return driver;
  }

  private long ints(int... values) {
    long address = driver.allocate(4L * values.length);
    driver.upload(values, 0, address, 4L * values.length);
    return address;
  }

  private long floats(float... values) {
    long address = driver.allocate(4L * values.length);
    driver.upload(values, 0, address, 4L * values.length);
    return address;
  }

  private int[] ints(long address, int count) {
    int[] values = new int[count];
    driver.download(address, values, 0, 4L * count);
    return values;
  }

  private float[] floats(long address, int count) {
    float[] values = new float[count];
    driver.download(address, values, 0, 4L * count);
    return values;
  }

  private static Arguments pointers(long... addresses) {
    Arguments arguments = new Arguments();
    Arrays.stream(addresses).forEach(arguments::pointer);
    return arguments;
  }

  private static String failure(Runnable call) {
    String message = assertThrows(BackendException.class, call::run).getMessage();
    assertFalse(message.contains("\n"), message);
    return message;
  }

  private static void assertSays(String message, String... parts) {
    for (String part : parts) {
      assertTrue(message.contains(part), () -> "'" + message + "' should say '" + part + "'");
    }
  }

  private static Stream<ArgumentSet> ordersAndThreads() {
    return Stream.of(Order.values())
        .flatMap(order -> Stream.of(1, 2, 3).map(threads -> org.junit.jupiter.params.provider.Arguments.argumentSet(order + " on " + threads, order, threads)));
  }

  // ---- What it offers

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
        new Arguments().pointer(out).int32(-3).int32(-1).int64(-1L << 40).int64(1L << 40).float32(0.5f).float64(-1e300).pointer(0));
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
            // A lane that does not exist reads as -1; across a segment's end a lane reads itself, across its beginning it may.
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

  /** Threads that have left no longer count. */
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
    // Each ticket but the last was handed on.
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

  /** Blocks and threads draw from the seed alone, so a failure found in random order can be repeated, on however many threads. */
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

  // ---- Mistakes that show in the results

  /** A thread that reads its left neighbour is right forward, its right neighbour backward. */
  @ParameterizedTest
  @CsvSource({"FORWARD, -1, true", "FORWARD, 1, false", "BACKWARD, 1, true", "BACKWARD, -1, false", "RANDOM, -1, false", "RANDOM, 1, false"})
  void aMissingBarrierShows(Order order, int distance, boolean hidden) {
    open(order, 1);
    long out = driver.allocate(4 * 256);
    driver.launch("missing_barrier", 1, 1, 256, 0, new Arguments().pointer(out).int32(distance));
    boolean right = IntStream.range(0, 256).allMatch(t -> floats(out, 256)[t] == 1);
    assertEquals(hidden, right);
  }

  @ParameterizedTest
  @CsvSource({"FORWARD, -1, false", "FORWARD, 1, true", "BACKWARD, 1, false", "BACKWARD, -1, true", "RANDOM, -1, false", "RANDOM, 1, false"})
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

  // ---- Mistakes that are reported

  private void assertFails(String kernel, int threads, String... parts) {
    long out = ints(new int[1024]);
    String message = failure(() -> driver.launch(kernel, 3, 1, threads, 0, pointers(out)));
    assertSays(message, "kernel '" + kernel + "', block (");
    assertSays(message, parts);
    // The next launch works.
    float[] ones = new float[256];
    Arrays.fill(ones, 1);
    long x = floats(ones);
    driver.launch("warp_sum", 1, 1, 256, 0, pointers(x, out));
    assertEquals(256, floats(out, 1)[0]);
  }

  @ParameterizedTest
  @MethodSource("ordersAndThreads")
  void wrongWaitsAreReported(Order order, int threads) {
    open(order, threads);
    assertFails("divergent_barrier", 64, " came to __syncthreads (faulty.cu:", " waits at __syncthreads (faulty.cu:", "same barrier");
    assertFails("divergent_kinds", 64, "__syncthreads_and (faulty.cu:", "__syncthreads_or (faulty.cu:");
    assertFails("own_lane_missing", 32, "thread ", "the mask 0x0000fffe of __shfl_sync (faulty.cu:", "lacks the thread's own lane ");
    assertFails("masks_differ", 32, "__ballot_sync (faulty.cu:", "0x0000ffff", "0xffffffff");
    assertFails("lines_differ", 32, " came to __syncwarp (faulty.cu:", " waits at __syncwarp (faulty.cu:", "same place");
    assertFails("lane_does_not_exist", 48, "__all_sync (faulty.cu:", "lane 16, which does not exist");
    assertFails("wrong_width", 32, "the width 12 of __shfl_down_sync (faulty.cu:");
    assertFails("deadlock", 32, "deadlock: thread 7 (1 of 32)", " at __syncthreads (faulty.cu:", " at __syncwarp (faulty.cu:", "for lanes 0x00000080");
  }

  /** Whichever comes first: the exit, or a lane that waits for it. */
  @ParameterizedTest
  @EnumSource(Order.class)
  void aLaneThatExitedIsReported(Order order) {
    open(order, 1);
    assertFails("lane_exits", 32, switch (order) {
      case FORWARD -> "thread 1: the mask 0xffffffff of __any_sync";
      case BACKWARD -> "thread 0 exited while thread 1 waits for it at __any_sync";
      case RANDOM -> "__any_sync (faulty.cu:";
    });
  }

  @Test
  void blockAndThreadsAreNamed() {
    open(Order.FORWARD, 1);
    assertFails("divergent_barrier", 64, "block (0, 0), thread 40 came to", "thread 0 waits");
    open(Order.BACKWARD, 1);
    assertFails("divergent_barrier", 64, "block (2, 0), thread 39 came to", "thread 40 waits");
  }

  /** Neither kind of waiting for ever hangs. */
  @ParameterizedTest
  @ValueSource(strings = {"barriers_for_ever", "spins_for_ever"})
  void waitingForEverEnds(String kernel) {
    open(Order.FORWARD, 1);
    assertFails(kernel, 1, "thread 0 waits for ever, it seems: 2000000 waits");
  }

  @Test
  void argumentsOfOtherTypesAreRefused() {
    open(Order.FORWARD, 1);
    long x = driver.allocate(4);
    assertEquals("kernel 'scale' takes ppfi, the launch passes ppif",
        failure(() -> driver.launch("scale", 1, 1, 32, 0, new Arguments().pointer(x).pointer(x).int32(1).float32(1))));
    assertEquals("kernel 'scale' takes ppfi, the launch passes pp", failure(() -> driver.launch("scale", 1, 1, 32, 0, pointers(x, x))));
    assertSays(failure(() -> driver.launch("nowhere", 1, 1, 32, 0, pointers(x))), "there is no kernel 'nowhere'", "scale");
  }

  @ParameterizedTest
  @CsvSource({"0, 1, 32, 0", "1, 0, 32, 0", "-1, 1, 32, 0", "1, 65536, 32, 0", "1, 1, 0, 0", "1, 1, 1025, 0", "1, 1, 32, 49153", "1, 1, 32, -1"})
  void launchesThatCudaRefusesAreRefused(int gridX, int gridY, int threads, int sharedMemory) {
    open(Order.FORWARD, 1);
    assertSays(failure(() -> driver.launch("nothing", gridX, gridY, threads, sharedMemory, new Arguments())), "kernel 'nothing': ");
    driver.launch("nothing", 1, 65535, 1, LIMITS.sharedMemory(), new Arguments());
    assertEquals(Map.of("launch", 1L), driver.counts());
  }

  /** One thread too many for its __launch_bounds__, which may be written as an expression of constants. */
  @ParameterizedTest
  @CsvSource({"bounded, 64", "warp_sum, 256", "block_sum, 1024"})
  void boundsOfALaunchAreKept(String kernel, int most) {
    open(Order.FORWARD, 1);
    long x = ints(new int[1024]);
    Arguments arguments = kernel.equals("bounded") ? pointers(x) : pointers(x, x);
    driver.launch(kernel, 1, 1, most, 4 * most, arguments);
    if (most < 1024) {
      assertEquals("kernel '" + kernel + "': " + (most + 1) + " threads, its __launch_bounds__ allow " + most,
          failure(() -> driver.launch(kernel, 1, 1, most + 1, 4 * most, arguments)));
    }
    assertEquals(1, driver.counts().get("launch"));
  }

  @ParameterizedTest
  @CsvSource({"100, behind", "355, behind", "-1, before", "-256, before"})
  void anAllocationThatWasOverrunIsReported(long position, String side) {
    assumeFalse(SANITIZED, "AddressSanitizer ends the process");
    open(Order.FORWARD, 1);
    long x = driver.allocate(100);
    long y = driver.allocate(100);
    driver.launch("write_at", 1, 1, 1, 0, new Arguments().pointer(x).int64(99));
    driver.synchronise();
    driver.launch("write_at", 1, 1, 1, 0, new Arguments().pointer(x).int64(position));
    String message = failure(driver::synchronise);
    assertEquals("synchronise: something was written " + side + " the allocation of 100 bytes at 0x" + Long.toHexString(x)
        + "; launched since the last synchronise: write_at", message);
    driver.synchronise();
    driver.launch("write_at", 1, 1, 1, 0, new Arguments().pointer(y).int64(position));
    assertSays(failure(() -> driver.free(y)), "free: something was written " + side, "0x" + Long.toHexString(y), "write_at");
    driver.free(x);
    assertEquals(MEMORY, driver.freeMemory());
  }

  @ParameterizedTest
  @CsvSource({"100, beyond", "355, beyond", "-1, before"})
  void sharedMemoryThatWasOverrunIsReported(long position, String side) {
    assumeFalse(SANITIZED, "AddressSanitizer ends the process");
    open(Order.FORWARD, 2);
    driver.launch("write_shared_at", 1, 1, 1, 100, new Arguments().int64(99));
    assertEquals("kernel 'write_shared_at', block (0, 0): wrote " + side + " its 100 bytes of dynamic shared memory",
        failure(() -> driver.launch("write_shared_at", 1, 1, 1, 100, new Arguments().int64(position))));
    driver.launch("write_shared_at", 1, 1, 1, 100, new Arguments().int64(99));
    // A block that fails in another way is told of that, and what it wrote is not put down to the next.
    assertSays(failure(() -> driver.launch("write_shared_at_and_fail", 1, 1, 1, 100, new Arguments().int64(position))), "lacks the thread's own lane");
    driver.launch("write_shared_at", 1, 1, 1, 100, new Arguments().int64(99));
  }

  // ---- Graphs

  @ParameterizedTest
  @EnumSource(Order.class)
  void graphsAreReplayed(Order order) {
    open(order, 2);
    long x = floats(1, 2, 3, 4);
    long y = driver.allocate(16);
    int[] runs = new int[1];
    long graph = driver.capture(() -> {
      runs[0]++;
      // Arguments are taken as they are now.
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
      // Smaller again, so that 50 steps stay finite.
      a = new float[] {1, 2, 3, 4};
      driver.upload(a, 0, x, 16);
    }
    assertEquals(1, runs[0]);
    assertEquals(Map.of("allocate", 2L, "upload", 51L, "download", 101L, "capture", 1L, "replay", 50L, "replayed launch", 50L, "replayed copy", 50L,
        "replayed clear", 50L, "replayed product", 50L), driver.counts());
    driver.discard(graph);
    assertEquals("replay: there is no graph 1", failure(() -> driver.replay(graph)));
    assertEquals("discard: there is no graph 1", failure(() -> driver.discard(graph)));
  }

  /** x is 1; the branch doubles it, the main chain then adds it to y, with or without waiting. */
  private float branched(boolean captured, boolean waits) {
    long x = floats(1);
    long y = floats(0);
    Runnable work = () -> {
      driver.fork(1, () -> driver.launch("scale", 1, 1, 1, 0, new Arguments().pointer(x).pointer(x).float32(2).int32(1)));
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

  /** Also what a branch should wait for before it: it may not run ahead of the main chain's earlier nodes. */
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
      // A second branch, of which nobody reads anything.
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

  /** A lane that forks again goes on after what it was given before, and after what the main lane was given meanwhile; lanes run beside each other. */
  @ParameterizedTest
  @EnumSource(Order.class)
  void aLaneKeepsItsOrder(Order order) {
    open(order, 1);
    long x = floats(1);
    long y = floats(0);
    long z = floats(0);
    Runnable work = () -> {
      driver.fork(1, () -> driver.launch("scale", 1, 1, 1, 0, new Arguments().pointer(x).pointer(y).float32(3).int32(1)));
      driver.fork(2, () -> driver.copy(x, z, 4));
      driver.launch("scale", 1, 1, 1, 0, new Arguments().pointer(x).pointer(x).float32(1).int32(1));
      driver.fork(1, () -> driver.launch("scale", 1, 1, 1, 0, new Arguments().pointer(y).pointer(y).float32(5).int32(1)));
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

  /** Backward a branch is done as late as it may be; whoever waits for the device waits for it. */
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
        "upload", () -> driver.upload(new float[1], 0, x, 4), "download", () -> driver.download(x, new float[1], 0, 4), "allocate", () -> driver.allocate(4),
        "free", () -> driver.free(x), "synchronise", driver::synchronise, "capture", () -> driver.capture(() -> {}), "replay", () -> driver.replay(1));
    refused.forEach((call, run) -> assertSays(failure(() -> driver.capture(run)), call + " during a capture"));
    assertEquals("join without a fork", failure(() -> driver.capture(() -> driver.join(1))));
    assertEquals("join without a fork", failure(() -> driver.join(1)));
    assertEquals("fork within a branch", failure(() -> driver.capture(() -> driver.fork(1, () -> driver.fork(1, () -> {})))));
    assertEquals("join within a branch", failure(() -> driver.capture(() -> driver.fork(1, () -> driver.join(1)))));
    assertEquals("capture: a branch was forked and never joined", failure(() -> driver.capture(() -> driver.fork(1, () -> {}))));
    assertEquals("fork: there is no lane 4; there are 1 to 3", failure(() -> driver.fork(4, () -> {})));
    driver.fork(1, () -> {});
    assertEquals("capture: join the branch first", failure(() -> driver.capture(() -> {})));
    driver.join(1);
    // All of these left nothing behind.
    long graph = driver.capture(() -> driver.clear(x, 4));
    assertEquals(1, floats(x, 1)[0]);
    driver.replay(graph);
    assertEquals(0, floats(x, 1)[0]);
  }

  // ---- Products

  /** 4 rows and 16 columns are done at a time. */
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
            double term = (double) a[transposeA ? l * lda + i : i * lda + l] * b[transposeB ? j * ldb + l : l * ldb + j];
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

  /** A row's result depends on neither its place nor the number of rows, nor a column's on the number of columns. */
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
    assertSays(failure(() -> driver.product(false, false, 2, 2, 2, x, 1, x, 2, 0, x, 2)), "product: (2, 2) by (2, 2) with leading dimensions 1, 2, 2");
    assertSays(failure(() -> driver.product(true, false, 2, 1, 1, x, 1, x, 1, 0, x, 1)), "A transposed");
    assertSays(failure(() -> driver.product(false, false, 2, 2, 2, 0, 2, x, 2, 0, x, 2)), "address 0");
  }

  // ---- Memory and the driver itself

  @Test
  void memoryIsAccountedFor() {
    open(Order.FORWARD, 1);
    assertEquals(MEMORY, driver.freeMemory());
    long x = driver.allocate(1);
    long y = driver.allocate(257);
    assertEquals(0, x % 256);
    assertEquals(0, y % 256);
    assertEquals(MEMORY - 256 - 512, driver.freeMemory());
    assertEquals(0, driver.allocate(MEMORY));
    long rest = driver.allocate(driver.freeMemory());
    assertNotEquals(0, rest);
    assertEquals(0, driver.freeMemory());
    assertEquals(0, driver.allocate(1));
    driver.free(x);
    driver.free(rest);
    assertEquals("free: nothing is allocated at 0x" + Long.toHexString(x), failure(() -> driver.free(x)));
    assertEquals(MEMORY - 512, driver.freeMemory());
    assertSays(failure(() -> driver.allocate(-1)), "allocate: -1 bytes");
  }

  @Test
  void copiesRefuseNullAndObjects() {
    open(Order.FORWARD, 1);
    long x = driver.allocate(8);
    assertSays(failure(() -> driver.upload(new String[1], 0, x, 4)), "upload: not an array of primitives");
    assertSays(failure(() -> driver.download(0, new float[1], 0, 4)), "download: 4 bytes at address 0");
    assertSays(failure(() -> driver.copy(x, 0, 4)), "copy: 4 bytes at address 0");
    assertSays(failure(() -> driver.clear(x, -1)), "clear: -1 bytes");
    // Nothing of nothing is fine.
    driver.copy(0, 0, 0);
    driver.clear(0, 0);
    driver.upload(new long[] {5, 6}, 8, x, 8);
    long[] read = new long[2];
    driver.download(x, read, 8, 8);
    assertArrayEquals(new long[] {0, 6}, read);
  }

  @Test
  void aClosedDriverRefusesCalls() {
    open(Order.FORWARD, 2);
    long x = driver.allocate(4);
    driver.close();
    driver.close();
    for (Runnable call : List.<Runnable>of(() -> driver.allocate(4), () -> driver.free(x), driver::synchronise, () -> driver.clear(x, 4),
        () -> driver.launch("nothing", 1, 1, 1, 0, new Arguments()), () -> driver.replay(1), () -> driver.join(1), driver::freeMemory)) {
      assertSays(failure(call), "the host runner is closed");
    }
  }

  @Test
  void wrongSettingsAreRefused() {
    assertSays(failure(() -> open(Order.FORWARD, 0)), "1 to 64 threads, not 0");
    assertSays(failure(() -> new HostRunner(libraries.resolve("nowhere"), Order.FORWARD, 0, 1, LIMITS, MEMORY)), "cannot load ", "nowhere");
    assertSays(failure(() -> new HostRunner(libraries, Order.FORWARD, 0, 1, LIMITS, -1)), "-1 bytes");
  }

  @Test
  void developmentLibrariesAreFoundOrAskedFor() {
    String before = System.getProperty("gputae.host.runner");
    try {
      System.setProperty("gputae.host.runner", libraries.toString());
      assertEquals(libraries, HostRunner.developmentLibraries());
      System.setProperty("gputae.host.runner", libraries.resolve("nowhere").toString());
      assertSays(failure(HostRunner::developmentLibraries), "works in a development build only", "mvn package", "nowhere");
    } finally {
      if (before == null) {
        System.clearProperty("gputae.host.runner");
      } else {
        System.setProperty("gputae.host.runner", before);
      }
    }
  }

  // ---- The build

  /** Several versions of the kernels live side by side, as mutation tests need; nothing is compiled twice. */
  @Test
  void librariesAreBuiltOnceAndLoadedSideBySide(@TempDir Path folder) throws Exception {
    Path kernels = Files.createDirectory(folder.resolve("kernels"));
    Path output = Files.createDirectory(folder.resolve("output"));
    // The engine and the bridge, which do not depend on the kernels, are there already.
    for (String same : List.of("flags", "engine.o", "libgputae_host_runner.so")) {
      Files.copy(libraries.resolve(same), output.resolve(same), StandardCopyOption.COPY_ATTRIBUTES);
    }
    write(kernels, "1");
    assertBuilds(kernels, output, FLAGS);
    Path library = output.resolve("libgputae_host_kernels.so");
    FileTime built = Files.getLastModifiedTime(library);
    assertBuilds(kernels, output, FLAGS);
    assertEquals(built, Files.getLastModifiedTime(library));
    try (HostRunner first = new HostRunner(output, Order.FORWARD, 0, 1, LIMITS, MEMORY)) {
      write(kernels, "2");
      assertBuilds(kernels, output, FLAGS);
      assertTrue(Files.getLastModifiedTime(library).compareTo(built) > 0);
      try (HostRunner second = new HostRunner(output, Order.FORWARD, 0, 1, LIMITS, MEMORY)) {
        for (HostRunner runner : List.of(first, second, first)) {
          long out = runner.allocate(4);
          runner.launch("version", 1, 1, 1, 0, pointers(out));
          int[] read = new int[1];
          runner.download(out, read, 0, 4);
          assertEquals(runner == first ? 1 : 2, read[0]);
        }
      }
    }
  }

  private static void write(Path kernels, String value) throws IOException {
    Files.writeString(kernels.resolve("version.cu"), "// __global__ in a comment counts for nothing\n"
        + "extern \"C\" __global__ void version(int* out) { *out = " + value + "; }\n");
  }

  /** A kernel that is not declared as build.sh expects would be missing from its table. */
  @Test
  void otherDeclarationsAreRefused(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("hidden.cu"), "__global__ void hidden(int* out) { *out = 1; }\n");
    assertSays(build(folder, folder.resolve("output"), null), "1: gpu-tae: ", "hidden.cu: a kernel is not declared as: extern \"C\" __global__ void NAME(");
  }

  /** Launches one kernel in a process of its own, which AddressSanitizer or UndefinedBehaviorSanitizer is to end. */
  static final class Fault {
    public static void main(String[] arguments) {
      try (HostRunner runner = new HostRunner(Path.of(arguments[0]), Order.FORWARD, 0, 1, LIMITS, MEMORY)) {
        Arguments passed = new Arguments();
        if (arguments[1].equals("write_at")) {
          passed.pointer(runner.allocate(100));
        }
        runner.launch(arguments[1], 1, 1, 1, 100, passed.int64(Long.parseLong(arguments[2])));
      }
      System.out.println("ended well");
    }
  }

  /** What the ordinary build notices late or never; the flags and the environment are the ones to use by hand. */
  @Test
  @Tag("thorough")
  void sanitizersSeeWrongPointers(@TempDir Path output) throws Exception {
    assertBuilds(Path.of("src/test/cuda"), output, HostRunners.SANITIZERS);
    for (String[] fault : new String[][] {
      {"write_at", "99", "0: ended well"}, {"write_at", "100", "AddressSanitizer", "write_at"}, {"write_at", "-1", "AddressSanitizer", "write_at"},
      {"write_shared_at", "99", "0: ended well"}, {"write_shared_at", "100", "AddressSanitizer", "write_shared_at"},
      {"write_static_at", "63", "0: ended well"}, {"write_static_at", "64", "runtime error: index 64 out of bounds"}
    }) {
      ProcessBuilder builder = HostRunners.java(List.of(), Fault.class, List.of(output.toString(), fault[0], fault[1]));
      assertSays(run(HostRunners.sanitized(builder)), Arrays.copyOfRange(fault, 2, fault.length));
    }
  }
}
