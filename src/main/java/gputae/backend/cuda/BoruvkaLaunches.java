package gputae.backend.cuda;

import java.util.function.ToLongBiFunction;

/**
 * The launches that compute a spanning tree (kernels/boruvka.cu, boruvka_small.cu, nearest.cu). They depend only on the
 * shape of the cloud and on the device, so that they can be captured. If the tree is already complete, a launch returns
 * at once.
 *
 * <ul>
 *   <li>Up to {@link #SMALL} points: one launch of one block.
 *   <li>More points, as long as the components fit into a block's shared memory: the whole grid sweeps over all pairs,
 *       then one block does rounds. If more points must be searched again than the block can search fast, the grid
 *       searches them and the block does more rounds. This happens a few times; then the block does the rest alone.
 *   <li>Still more points: the components are in device memory. The grid searches and one block does rounds, in turn,
 *       as often as rounds can be needed.
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

  /** Up to this number of points, two ids fit into 32 bits (ShortIds in kernels/boruvka.h). */
  private static final int MOST_SHORT_IDS = 65_536;

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

  private static final int WARP = 32;

  private final int sharedMemory;
  private final ToLongBiFunction<String, Long> space;
  private final AllPairs pairs;
  private final AllPairs.Launcher launcher;

  /** @param pairs makes the launches that go through all pairs of points; {@code launcher} makes the others */
  BoruvkaLaunches(Driver.Limits limits, ToLongBiFunction<String, Long> space, AllPairs pairs,
      AllPairs.Launcher launcher) {
    this.sharedMemory = limits.sharedMemory();
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
    boolean shared = n <= MOST_SHORT_IDS && (long) n * COMPONENT_BYTES + RESERVED <= sharedMemory;
    long ids = shared ? 0 : space.applyAsLong("spanningTree: ids", (long) n * Long.BYTES);
    long length = shared ? 0 : space.applyAsLong("spanningTree: length", (long) n * Integer.BYTES);
    long next = shared ? 0 : space.applyAsLong("spanningTree: next", (long) n * Integer.BYTES);

    // Every launch after a search does at least one round, and a round at least halves the number of components. So
    // this number of rounds is always enough.
    int most = 31 - Integer.numberOfLeadingZeros(n);
    int rounds = !shared ? most : n <= VERY_FEW_POINTS ? 1 : n <= FEW_POINTS ? 3 : 6;
    int fewSearches = shared ? Math.min(FEW_SEARCHES, FEW_PAIRS / n) : 0;
    int threads = Math.min(1024, (n + WARP - 1) / WARP * WARP);
    for (int round = 0; round < rounds; round++) {
      boolean first = round == 0;
      pairs.nearest(x, n, d, first ? 0 : label, first ? 0 : wanting, first ? 0 : progress + Integer.BYTES, lists);
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
}
