package gputae.backend.cuda;

import java.util.Map;
import java.util.TreeMap;

/** Launches kernels in the shapes that the problem and the device need, and counts the launches. */
final class Launches {

  /**
   * The number of threads in a block if nothing needs another number. It is enough to hide latencies; a multiprocessor
   * holds four to eight such blocks.
   */
  static final int THREADS = 256;

  /**
   * The number of blocks per multiprocessor for threads that loop because there are more values than threads. These
   * blocks fill the multiprocessor once.
   */
  private static final int BLOCKS_A_MULTIPROCESSOR = 8;

  static final int MOST_THREADS = 1024;
  static final int WARP = 32;

  private final Driver.Limits limits;
  private final Schedule schedule;
  private final Map<String, Long> counts = new TreeMap<>();

  Launches(Driver.Limits limits, Schedule schedule) {
    this.limits = limits;
    this.schedule = schedule;
  }

  /** The number of launches of each kernel so far. A recorded launch counts once, when it is recorded. */
  Map<String, Long> counts() {
    return new TreeMap<>(counts);
  }

  void launch(String kernel, int gridX, int gridY, int threads, int sharedMemory, Arguments arguments) {
    counts.merge(kernel, 1L, Long::sum);
    schedule.enqueue(new Call.Launch(kernel, gridX, gridY, threads, sharedMemory, arguments));
  }

  /**
   * Launches one block for each of {@code rows}. The threads of a block share a row of {@code columns}, if possible
   * with one column per thread, so that all wait for memory at the same time.
   */
  void overRows(String kernel, long rows, long columns, Arguments arguments) {
    if (rows > 0 && columns > 0) {
      launch(kernel, Math.toIntExact(rows), 1, threadsFor(columns, MOST_THREADS), 0, arguments);
    }
  }

  /** Launches threads that loop over {@code count} values: at most as many threads as fill the device once. */
  void over(String kernel, long count, Arguments arguments) {
    if (count > 0) {
      long most = (long) limits.multiprocessors() * BLOCKS_A_MULTIPROCESSOR;
      launch(kernel, (int) Math.min(most, (count + THREADS - 1) / THREADS), 1, threadsFor(count, THREADS), 0,
          arguments);
    }
  }

  /** Launches a warp for each of {@code count} values, and at least one block. */
  void warpForEach(String kernel, long count, Arguments arguments) {
    launch(kernel, Math.max(1, blocksOf(count, THREADS / WARP)), 1, THREADS, 0, arguments);
  }

  /** Launches one block whose threads loop over {@code count} values. */
  void oneBlock(String kernel, long count, Arguments arguments) {
    launch(kernel, 1, 1, threadsFor(count, MOST_THREADS), 0, arguments);
  }

  /** The number of threads for {@code count} values: whole warps, at most {@code most} threads. */
  static int threadsFor(long count, int most) {
    return (int) Math.min(most, Math.max(1, (count + WARP - 1) / WARP) * WARP);
  }

  static int blocksOf(long count, int each) {
    return Math.toIntExact((count + each - 1) / each);
  }
}
