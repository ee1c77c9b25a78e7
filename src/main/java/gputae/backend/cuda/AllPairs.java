package gputae.backend.cuda;

/**
 * The launches that go through all pairs of points (kernels/nearest.cu, distances.cu). The work of one launch is
 * bounded, since a GPU that also serves a display ends a kernel after some seconds, and other programs wait for it
 * meanwhile. If the work is more, several launches do it, each for a range of points. The ranges depend only on the
 * shape of the cloud and on the device, and they change no bit.
 */
final class AllPairs {

  /**
   * The most work of a launch for each multiprocessor: pairs of points, times coordinates. It is meant to take 0.3
   * seconds at most.
   *
   * <p>A multiprocessor of the oldest GPUs (Turing, 1.4 GHz) does at most 128 instructions of a thread in a cycle. A
   * sweep takes 11 instructions for a pair of 2 coordinates and 32 for a pair of 10 (bench/sweep_instructions.py). So a
   * multiprocessor does up to 3e10 pair coordinates in a second, and a third of them if it waits for memory two cycles
   * of three, or if many pairs enter lists. 0.3 seconds of that are 3e9. A pair coordinate takes 3 operations, so 33
   * such multiprocessors do 1 TFLOP/s.
   */
  static final long MOST_WORK = 3_000_000_000L;

  /** kSweepWarps in kernels/nearest.cu. */
  private static final int SWEEP_WARPS = 8;

  /** Number of blocks of the sweep per multiprocessor: kSweepBlocks in kernels/nearest.cu. */
  private static final int SWEEP_BLOCKS = 4;

  /**
   * The number of coordinates for which a tile of nearest_foreign_N has room, and the number of its points. A tile
   * takes at most 16 KiB, so that a multiprocessor holds several blocks.
   */
  private static final int[] WIDTHS = {2, 4, 6, 8, 10, 12, 16, 32};

  private static final int[] TILE_POINTS = {1024, 1024, 512, 512, 256, 256, 256, 128};

  /** Launches a kernel, as {@link Launches#launch} does. */
  @FunctionalInterface
  interface Launcher {
    void launch(String kernel, int gridX, int gridY, int threads, int sharedMemory, Arguments arguments);
  }

  private final int multiprocessors;
  private final long mostWork;
  private final Launcher launcher;

  /** @param mostWork the most work of a launch for each multiprocessor, as {@link #MOST_WORK} */
  AllPairs(Driver.Limits limits, long mostWork, Launcher launcher) {
    this.multiprocessors = limits.multiprocessors();
    this.mostWork = mostWork;
    this.launcher = launcher;
  }

  /**
   * Enqueues the search for the lists of the nearest points in the cloud x (n, d): of all points, or of the first
   * {@code *count} points that {@code points} names. kernels/nearest.cu says what the device addresses hold. The number
   * of points is not known here, so the launches have room for all. {@code offers} and {@code best} may be null
   * together.
   */
  void nearest(long x, int n, int d, long component, long points, long count, long lists, long offers, long best) {
    int kind = 0;
    while (kind < WIDTHS.length - 1 && WIDTHS[kind] < d) {
      kind++;
    }
    String kernel = d <= WIDTHS[kind] ? "nearest_foreign_" + WIDTHS[kind] : "nearest_foreign";
    int tile = TILE_POINTS[kind];
    int mostBlocks = multiprocessors * SWEEP_BLOCKS;
    int each = range(n, Math.max(d, WIDTHS[kind]), multiprocessors * SWEEP_WARPS);
    if (each > mostBlocks * SWEEP_WARPS) {
      // All blocks of the grid get the same number of points.
      each -= each % (mostBlocks * SWEEP_WARPS);
    }
    int blocks = Math.min(Launches.blocksOf(Math.min(n, each), SWEEP_WARPS), mostBlocks);
    for (int from = 0, to; from < n; from = to) {
      to = from + Math.min(each, n - from);
      launcher.launch(kernel, blocks, 1, SWEEP_WARPS * Launches.WARP, Float.BYTES * tile * (WIDTHS[kind] + 1),
          new Arguments().pointer(x).int32(n).int32(d).int32(tile).pointer(component).pointer(points).pointer(count)
              .int32(from).int32(to).pointer(lists).pointer(offers).pointer(best));
    }
  }

  /** Enqueues out (n, n) = the squared lengths between the points x (n, d), given by device addresses. */
  void squaredDistances(long x, int n, int d, long out) {
    int each = range(n, d, Launches.WARP);
    for (int from = 0, to; from < n; from = to) {
      to = from + Math.min(each, n - from);
      launcher.launch("squared_distances", Launches.blocksOf(n, Launches.WARP),
          Launches.blocksOf(to - from, Launches.WARP), Launches.THREADS, 0,
          new Arguments().pointer(x).int32(n).int32(d).int32(from).pointer(out));
    }
  }

  /** The number of points whose pairs with all n points one launch goes through: a multiple of {@code step}, not 0. */
  private int range(int n, int d, int step) {
    long points = mostWork * multiprocessors / Math.max(1, (long) n * d);
    return (int) Math.min(Integer.MAX_VALUE, Math.max(1, points / step) * step);
  }
}
