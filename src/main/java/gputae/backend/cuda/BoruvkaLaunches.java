package gputae.backend.cuda;

import java.util.function.ToLongBiFunction;

/**
 * The launches that compute a spanning tree (boruvka.cu, boruvka_grid.cu, boruvka_small.cu and nearest.cu in kernels/).
 * They depend only on the shape of the cloud and on the device, so that they can be captured. If the tree is already
 * complete, a launch returns at once.
 *
 * <ul>
 *   <li>Up to {@link #SMALL} points: one launch of one block.
 *   <li>Up to {@link #MOST_OF_A_BLOCK} points, as long as the components fit into a block's shared memory: the whole
 *       grid sweeps over all pairs, then one block does rounds. If more points must be searched again than the block
 *       can search fast, the grid searches them and the block does more rounds. This happens a few times; then the
 *       block does the rest alone. If the rest may be more than {@link #MOST_WORK}, the grid searches as often as
 *       rounds can be needed.
 *   <li>More points: each step of a round is a launch over the whole grid. There are launches for as many rounds as can
 *       be needed.
 * </ul>
 */
final class BoruvkaLaunches {

  /**
   * kSmallCloud and kSmallParts in kernels/boruvka_small.cu: the largest number of points, and the number of threads
   * per point.
   */
  private static final int SMALL = 128;

  private static final int SMALL_PARTS = 8;

  /**
   * Numbers of points: a block can search VERY_FEW_POINTS again in the time of one or two launches, and FEW_POINTS in
   * the time of several launches.
   */
  private static final int VERY_FEW_POINTS = 512;

  private static final int FEW_POINTS = 2048;

  /** Bytes of shared memory for each point's component. */
  private static final int COMPONENT_BYTES = 12;

  /** Bytes of static shared memory of the kernel, rounded up. */
  private static final int RESERVED = 256;

  /**
   * The largest number of pairs that a block goes through to search points again, and the largest number of such
   * points. Above these numbers it is faster to leave the kernel and let the grid search.
   */
  private static final int FEW_PAIRS = 1 << 17;

  private static final int FEW_SEARCHES = 64;

  /** kNearest in kernels/nearest.h. */
  private static final int NEAREST = 8;

  private static final int MOST_THREADS = 1024;

  /**
   * The largest number of points whose rounds run in one block. The block reads all lists by itself in each round, but
   * the grid needs four launches for it. The number follows from counts and has not been timed on a GPU
   * (bench/results/2026-11-29-rounds-of-several-blocks.md).
   */
  private static final int MOST_OF_A_BLOCK = 4000;

  /**
   * The most work of one block that searches points again: pairs of points, times coordinates. If lanes read from
   * points that are far apart in memory, a multiprocessor of the oldest GPUs (Turing, 1.4 GHz) gets two sectors of 32
   * bytes in a cycle. So it does at least 2.8e9 pair coordinates in a second, and this work takes 0.13 seconds at most.
   */
  private static final long MOST_WORK = AllPairs.MOST_WORK / 8;

  /** kGridThreads and kProgress in kernels/boruvka_grid.cu. */
  private static final int GRID_THREADS = 128;

  private static final int PROGRESS = 64;

  /** Number of blocks per multiprocessor for the steps of a round. If there are more points, threads loop. */
  private static final int GRID_BLOCKS = 8;

  private final int sharedMemory;
  private final int multiprocessors;
  private final ToLongBiFunction<String, Long> space;
  private final AllPairs pairs;
  private final AllPairs.Launcher launcher;

  /** @param pairs makes the launches that go through all pairs of points; {@code launcher} makes the others */
  BoruvkaLaunches(Driver.Limits limits, ToLongBiFunction<String, Long> space, AllPairs pairs,
      AllPairs.Launcher launcher) {
    this.sharedMemory = limits.sharedMemory();
    this.multiprocessors = limits.multiprocessors();
    this.space = space;
    this.pairs = pairs;
    this.launcher = launcher;
  }

  /**
   * Enqueues the launches for the tree of x (n, d), n at least 2. They write the tree to edges, int32 (n - 1, 2), and
   * lengths (n - 1). The addresses are device addresses.
   */
  void enqueue(long x, int n, int d, long edges, long lengths) {
    if (n <= SMALL) {
      int threads = Launches.threadsFor((long) n * SMALL_PARTS, MOST_THREADS);
      launcher.launch("boruvka_small", 1, 1, threads, 0,
          new Arguments().pointer(x).int32(n).int32(d).pointer(edges).pointer(lengths));
      return;
    }
    long shared = (long) n * COMPONENT_BYTES + RESERVED;
    if (n <= MOST_OF_A_BLOCK && shared <= sharedMemory) {
      roundsOfABlock(x, n, d, edges, lengths);
    } else {
      roundsOfTheGrid(x, n, d, edges, lengths);
    }
  }

  private void roundsOfABlock(long x, int n, int d, long edges, long lengths) {
    long lists = space("lists", n, NEAREST * Long.BYTES);
    long offers = space("offers", n, Long.BYTES);
    long label = space("label", n, Integer.BYTES);
    long wanting = space("wanting", n, Integer.BYTES);
    long progress = space("progress", PROGRESS, Integer.BYTES);
    long lostLength = space("lost length", n, Integer.BYTES);
    long lostIds = space("lost ids", n, Long.BYTES);
    long mostSearches = MOST_WORK / d / n;
    boolean alone = mostSearches >= n;
    int rounds = !alone ? mostRounds(n) : n <= VERY_FEW_POINTS ? 1 : n <= FEW_POINTS ? 3 : 6;
    int fewSearches = (int) Math.min(mostSearches, Math.min(FEW_SEARCHES, FEW_PAIRS / n));
    int threads = Launches.threadsFor(n, MOST_THREADS);
    for (int round = 0; round < rounds; round++) {
      boolean first = round == 0;
      pairs.nearest(x, n, d, first ? 0 : label, first ? 0 : wanting, first ? 0 : progress + Integer.BYTES, lists, 0, 0);
      int searches = alone && round == rounds - 1 ? n : fewSearches;
      launcher.launch("boruvka", 1, 1, threads, n * COMPONENT_BYTES,
          new Arguments().pointer(x).int32(n).int32(d).int32(first ? 1 : 0).int32(searches).pointer(lists)
              .pointer(offers).pointer(label).pointer(wanting).pointer(progress).pointer(lostLength).pointer(lostIds)
              .pointer(edges).pointer(lengths));
    }
  }

  private void roundsOfTheGrid(long x, int n, int d, long edges, long lengths) {
    long lists = space("lists", n, NEAREST * Long.BYTES);
    long offers = space("offers", n, Long.BYTES);
    // Each round reads those of the round before.
    long[] label = {space("label", n, Integer.BYTES), space("other label", n, Integer.BYTES)};
    long[] best = {space("best", n, Long.BYTES), space("other best", n, Long.BYTES)};
    long next = space("next", n, Integer.BYTES);
    long wanting = space("wanting", n, Integer.BYTES);
    long progress = space("progress", PROGRESS, Integer.BYTES);
    long lostLength = space("lost length", n, Integer.BYTES);
    long lostLow = space("lost ids", n, Long.BYTES);
    long lostHigh = lostLow + (long) n * Integer.BYTES;
    int rounds = mostRounds(n);
    int mostSteps = (int) Math.ceil(Math.sqrt(n));
    pairs.nearest(x, n, d, 0, 0, 0, lists, 0, 0);
    // The last launch of boruvka_offers only completes the edges.
    for (int round = 1; round <= rounds + 1; round++) {
      int now = round % 2;
      int before = 1 - now;
      overGrid("boruvka_offers", n,
          new Arguments().int32(n).int32(round).pointer(lists).pointer(label[before]).pointer(next)
              .pointer(best[before]).pointer(label[now]).pointer(offers).pointer(best[now]).pointer(lostHigh)
              .pointer(progress));
      if (round > rounds) {
        break;
      }
      if (round > 1) {
        overGrid("boruvka_wanting", n, new Arguments().int32(n).int32(round).pointer(offers).pointer(label[now])
            .pointer(best[now]).pointer(wanting).pointer(progress));
        long searches = progress + (2L * round + 1) * Integer.BYTES;
        pairs.nearest(x, n, d, label[now], wanting, searches, lists, offers, best[now]);
      }
      overGrid("boruvka_hook", n,
          new Arguments().int32(n).int32(round).int32(mostSteps).pointer(label[now]).pointer(offers).pointer(best[now])
              .pointer(next).pointer(best[before]).pointer(lostLength).pointer(lostLow).pointer(lostHigh)
              .pointer(progress));
    }
    overGrid("boruvka_edges", n, new Arguments().int32(n).pointer(lostLength).pointer(lostLow).pointer(lostHigh)
        .pointer(progress).pointer(edges).pointer(lengths));
  }

  /** A round at least halves the number of components. So this number of rounds is always enough. */
  private static int mostRounds(int n) {
    return 31 - Integer.numberOfLeadingZeros(n);
  }

  private long space(String what, long count, int bytes) {
    return space.applyAsLong("spanningTree: " + what, count * bytes);
  }

  private void overGrid(String kernel, int n, Arguments arguments) {
    int blocks = Math.min(Launches.blocksOf(n, GRID_THREADS), multiprocessors * GRID_BLOCKS);
    launcher.launch(kernel, blocks, 1, GRID_THREADS, 0, arguments);
  }
}
