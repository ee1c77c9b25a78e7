package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import gputae.backend.cuda.HostRunner.Order;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Mistakes in kernels and launches that the host runner must report. */
class HostRunnerMistakesTest extends HostRunnerCase {

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
    assertFails("divergent_barrier", 64, " came to __syncthreads (faulty.cu:", " waits at __syncthreads (faulty.cu:",
        "same barrier");
    assertFails("divergent_kinds", 64, "__syncthreads_and (faulty.cu:", "__syncthreads_or (faulty.cu:");
    assertFails("own_lane_missing", 32, "thread ", "the mask 0x0000fffe of __shfl_sync (faulty.cu:",
        "lacks the thread's own lane ");
    assertFails("masks_differ", 32, "__ballot_sync (faulty.cu:", "0x0000ffff", "0xffffffff");
    assertFails("lines_differ", 32, " came to __syncwarp (faulty.cu:", " waits at __syncwarp (faulty.cu:",
        "same place");
    assertFails("lane_does_not_exist", 48, "__all_sync (faulty.cu:", "lane 16, which does not exist");
    assertFails("wrong_width", 32, "the width 12 of __shfl_down_sync (faulty.cu:");
    assertFails("deadlock", 32, "deadlock: thread 7 (1 of 32)", " at __syncthreads (faulty.cu:",
        " at __syncwarp (faulty.cu:", "for lanes 0x00000080");
  }

  /** The message depends on which comes first: the exit of a lane, or another lane that waits for it. */
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

  /** No kind of endless wait lets the host runner hang. */
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
    assertEquals("kernel 'scale' takes ppfi, the launch passes pp",
        failure(() -> driver.launch("scale", 1, 1, 32, 0, pointers(x, x))));
    assertSays(failure(() -> driver.launch("nowhere", 1, 1, 32, 0, pointers(x))), "there is no kernel 'nowhere'",
        "scale");
  }

  @ParameterizedTest
  @CsvSource({"0, 1, 32, 0", "1, 0, 32, 0", "-1, 1, 32, 0", "1, 65536, 32, 0", "1, 1, 0, 0", "1, 1, 1025, 0",
    "1, 1, 32, 49153", "1, 1, 32, -1"})
  void launchesThatCudaRefusesAreRefused(int gridX, int gridY, int threads, int sharedMemory) {
    open(Order.FORWARD, 1);
    assertSays(failure(() -> driver.launch("nothing", gridX, gridY, threads, sharedMemory, new Arguments())),
        "kernel 'nothing': ");
    driver.launch("nothing", 1, 65535, 1, LIMITS.sharedMemory(), new Arguments());
    assertEquals(Map.of("launch", 1L), driver.counts());
  }

  /** The launch has one thread too many for the kernel's __launch_bounds__, which may be an expression of constants. */
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
    assertEquals(
        "synchronise: something was written " + side + " the allocation of 100 bytes at 0x" + Long.toHexString(x)
            + "; launched since the last synchronise: write_at",
        message);
    driver.synchronise();
    driver.launch("write_at", 1, 1, 1, 0, new Arguments().pointer(y).int64(position));
    assertSays(failure(() -> driver.free(y)), "free: something was written " + side, "0x" + Long.toHexString(y),
        "write_at");
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
    // A block that also fails in another way is reported for that failure, and its write is not blamed on the next
    // block.
    assertSays(failure(() -> driver.launch("write_shared_at_and_fail", 1, 1, 1, 100, new Arguments().int64(position))),
        "lacks the thread's own lane");
    driver.launch("write_shared_at", 1, 1, 1, 100, new Arguments().int64(99));
  }
}
