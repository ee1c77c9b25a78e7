package gputae.backend.cuda;

import java.util.function.ToLongBiFunction;

/**
 * The launches that make a spanning tree (kernels/boruvka.cu, boruvka_small.cu, nearest.cu), decided from the number of
 * points and the device alone, so that they can be captured. A launch that finds the tree complete returns at once.
 *
 * <ul>
 *   <li>Up to {@link #SMALL} points: one launch of one block.
 *   <li>While the components fit a block's shared memory: a sweep over all pairs by the whole grid, and rounds in one
 *       block; where more points must be searched again than the block can do well, a search by the grid and more
 *       rounds, a few times, before the block does what is left.
 *   <li>Above: components in device memory; searches by the grid and rounds in one block, as often as rounds can be
 *       needed.
 * </ul>
 */
final class BoruvkaLaunches {

  /** kSmallCloud and kParts in kernels/boruvka_small.cu: points, and threads of each. */
  private static final int SMALL = 128;

  private static final int SMALL_PARTS = 8;

  /** Points of which a block can search all again in the time of a launch or two, and of some launches. */
  private static final int VERY_FEW_POINTS = 512;

  private static final int FEW_POINTS = 2048;

  /** Two ids fit 32 bits (ShortIds in kernels/boruvka.h). */
  private static final int MOST_SHORT_IDS = 65_536;

  /** Bytes of shared memory for each point's component. */
  private static final int COMPONENT_BYTES = 12;

  /** Static shared memory of the kernel, rounded up. */
  private static final int RESERVED = 256;

  /**
   * Pairs that a block goes through to search points again, and points at most: above, leaving the kernel for a search
   * by the grid is faster.
   */
  private static final int FEW_PAIRS = 1 << 17;

  private static final int FEW_SEARCHES = 64;

  /** kNearest in kernels/nearest.h. */
  private static final int NEAREST = 8;

  private static final int WARP = 32;

  /** kSweepWarps in kernels/nearest.cu. */
  private static final int SWEEP_WARPS = 8;

  /**
   * Coordinates that a tile of nearest_foreign_N has room for, and its points: 16 KiB at most, so that a multiprocessor
   * holds several blocks.
   */
  private static final int[] WIDTHS = {2, 4, 8, 12, 16, 32};

  private static final int[] TILE_POINTS = {1024, 1024, 512, 256, 256, 128};

  /** Blocks of the sweep for each multiprocessor: kSweepBlocks in kernels/nearest.cu. */
  private static final int SWEEP_BLOCKS = 4;

  /** CudaBackend's launch. */
  @FunctionalInterface
  interface Launcher {
    void launch(String kernel, int gridX, int gridY, int threads, int sharedMemory, Arguments arguments);
  }

  private final Driver.Limits limits;
  private final ToLongBiFunction<String, Long> space;
  private final Launcher launcher;

  BoruvkaLaunches(Driver.Limits limits, ToLongBiFunction<String, Long> space, Launcher launcher) {
    this.limits = limits;
    this.space = space;
    this.launcher = launcher;
  }

  /** The tree of x (n, d), n at least 2, into edges int32 (n - 1, 2) and lengths (n - 1); device addresses. */
  void enqueue(long x, int n, int d, long edges, long lengths) {
    if (n <= SMALL) {
      int threads = (n * SMALL_PARTS + WARP - 1) / WARP * WARP;
      launcher.launch("boruvka_small", 1, 1, threads, 0,
          new Arguments().pointer(x).int32(n).int32(d).pointer(edges).pointer(lengths));
      return;
    }
    long lists = space.applyAsLong("spanningTree: lists", (long) n * NEAREST * Long.BYTES);
    long offers = space.applyAsLong("spanningTree: offers", (long) n * Long.BYTES);
    long label = space.applyAsLong("spanningTree: label", (long) n * Integer.BYTES);
    long wanting = space.applyAsLong("spanningTree: wanting", (long) n * Integer.BYTES);
    long progress = space.applyAsLong("spanningTree: progress", 2L * Integer.BYTES);
    long lostLength = space.applyAsLong("spanningTree: lost length", (long) n * Integer.BYTES);
    long lostIds = space.applyAsLong("spanningTree: lost ids", (long) n * Long.BYTES);
    boolean shared = n <= MOST_SHORT_IDS && (long) n * COMPONENT_BYTES + RESERVED <= limits.sharedMemory();
    long ids = shared ? 0 : space.applyAsLong("spanningTree: ids", (long) n * Long.BYTES);
    long length = shared ? 0 : space.applyAsLong("spanningTree: length", (long) n * Integer.BYTES);
    long next = shared ? 0 : space.applyAsLong("spanningTree: next", (long) n * Integer.BYTES);

    // Every launch that follows a search does a round at least, and a round at least halves the components, so this
    // many are always enough.
    int most = 31 - Integer.numberOfLeadingZeros(n);
    int rounds = !shared ? most : n <= VERY_FEW_POINTS ? 1 : n <= FEW_POINTS ? 3 : 6;
    int fewSearches = shared ? Math.min(FEW_SEARCHES, FEW_PAIRS / n) : 0;
    int threads = Math.min(1024, (n + WARP - 1) / WARP * WARP);
    for (int round = 0; round < rounds; round++) {
      boolean first = round == 0;
      nearest(x, n, d, first ? 0 : label, first ? 0 : wanting, first ? 0 : progress + Integer.BYTES, lists);
      int mostSearches = shared && round == rounds - 1 ? Integer.MAX_VALUE : fewSearches;
      Arguments arguments = new Arguments().pointer(x).int32(n).int32(d).int32(first ? 1 : 0).int32(mostSearches)
          .pointer(lists).pointer(offers).pointer(label).pointer(wanting).pointer(progress).pointer(lostLength)
          .pointer(lostIds).pointer(edges).pointer(lengths);
      if (shared) {
        launcher.launch("boruvka", 1, 1, threads, n * COMPONENT_BYTES, arguments);
      } else {
        launcher.launch("boruvka_large", 1, 1, threads, 0, arguments.pointer(ids).pointer(length).pointer(next));
      }
    }
  }

  /** Lists of all points, or of those that {@code points} names. */
  private void nearest(long x, int n, int d, long component, long points, long count, long lists) {
    int kind = 0;
    while (kind < WIDTHS.length - 1 && WIDTHS[kind] < d) {
      kind++;
    }
    String kernel = d <= WIDTHS[kind] ? "nearest_foreign_" + WIDTHS[kind] : "nearest_foreign";
    int tile = TILE_POINTS[kind];
    int blocks = Math.min((n + SWEEP_WARPS - 1) / SWEEP_WARPS, limits.multiprocessors() * SWEEP_BLOCKS);
    launcher.launch(kernel, blocks, 1, SWEEP_WARPS * WARP, Float.BYTES * tile * (WIDTHS[kind] + 1),
        new Arguments().pointer(x).int32(n).int32(d).int32(tile).pointer(component).pointer(points).pointer(count)
            .pointer(lists));
  }
}
