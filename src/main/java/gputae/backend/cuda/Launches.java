package gputae.backend.cuda;

import java.util.Map;
import java.util.TreeMap;

/** Launches of kernels in the shapes that the problem and the device ask for; it counts them. */
final class Launches {

  /**
   * Threads of a block where nothing asks for another number: enough to hide latencies; a multiprocessor holds four to
   * eight such blocks.
   */
  static final int THREADS = 256;

  /** Blocks for each multiprocessor that loop over more values than threads: they fill it once. */
  private static final int BLOCKS_A_MULTIPROCESSOR = 8;

  private static final int MOST_THREADS = 1024;
  static final int WARP = 32;

  private final Driver.Limits limits;
  private final Schedule schedule;
  private final Map<String, Long> counts = new TreeMap<>();

  Launches(Driver.Limits limits, Schedule schedule) {
    this.limits = limits;
    this.schedule = schedule;
  }

  /** Launches so far, by kernel; a recorded one counts once, when it is recorded. */
  Map<String, Long> counts() {
    return new TreeMap<>(counts);
  }

  void launch(String kernel, int gridX, int gridY, int threads, int sharedMemory, Arguments arguments) {
    counts.merge(kernel, 1L, Long::sum);
    schedule.enqueue(new Call.Launch(kernel, gridX, gridY, threads, sharedMemory, arguments));
  }

  /**
   * A block for each of {@code rows}; its threads share a row of {@code columns}, a column each if they can, so that
   * all wait for memory together.
   */
  void overRows(String kernel, long rows, long columns, Arguments arguments) {
    if (rows > 0 && columns > 0) {
      launch(kernel, Math.toIntExact(rows), 1, threadsFor(columns, MOST_THREADS), 0, arguments);
    }
  }

  /** Threads that loop over {@code count} values, as many as fill the device once. */
  void over(String kernel, long count, Arguments arguments) {
    if (count > 0) {
      long most = (long) limits.multiprocessors() * BLOCKS_A_MULTIPROCESSOR;
      launch(kernel, (int) Math.min(most, (count + THREADS - 1) / THREADS), 1, threadsFor(count, THREADS), 0,
          arguments);
    }
  }

  /** One block whose threads loop over {@code count} values. */
  void oneBlock(String kernel, long count, Arguments arguments) {
    launch(kernel, 1, 1, threadsFor(count, MOST_THREADS), 0, arguments);
  }

  /** Whole warps for {@code count} values, at most {@code most}. */
  static int threadsFor(long count, int most) {
    return (int) Math.min(most, Math.max(1, (count + WARP - 1) / WARP) * WARP);
  }

  static int blocksOf(long count, int each) {
    return Math.toIntExact((count + each - 1) / each);
  }
}
