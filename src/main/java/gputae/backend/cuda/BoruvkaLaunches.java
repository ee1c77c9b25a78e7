package gputae.backend.cuda;

import java.util.function.ToLongBiFunction;

/**
 * The launches that make a spanning tree (kernels/boruvka.cu, kernels/nearest.cu), decided from the number of points and the device alone, so that they can be
 * captured. A launch that finds the tree complete returns at once.
 *
 * <ul>
 *   <li>Up to {@link #ONE_LAUNCH} points: one launch of one block, which finds the nearest foreign points itself.
 *   <li>While the components fit a block's shared memory: a sweep over all pairs by the whole grid, and rounds in one block; where many points must be searched
 *       again, another sweep and more rounds, a few times, before the block does what is left.
 *   <li>Above: components in device memory; a sweep of the points to be searched and rounds in one block, as often as rounds can be needed.
 * </ul>
 */
final class BoruvkaLaunches {

  /** Points whose nearest ones a block finds in little more than the time of a launch. */
  private static final int ONE_LAUNCH = 256;

  /** Points of which a block can search all again in the time of some launches. */
  private static final int FEW_POINTS = 2048;

  /** Two ids fit 32 bits (ShortIds in kernels/boruvka.cu). */
  private static final int MOST_SHORT_IDS = 65_536;

  /** Bytes of shared memory for each point's component. */
  private static final int COMPONENT_BYTES = 16;

  /** Static shared memory of the kernel, rounded up. */
  private static final int RESERVED = 256;

  /** Points that a block searches again itself, two a warp: above, a sweep by the grid is faster. */
  private static final int FEW_SEARCHES = 64;

  /** kNearest in kernels/nearest.h. */
  private static final int NEAREST = 8;

  /** kSweepWarps and kAccumulators in kernels/nearest.cu. */
  private static final int SWEEP_WARPS = 8;

  private static final int ACCUMULATORS = 4;

  private static final int WARP = 32;

  /** kDistanceChunk in kernels/exact_distance.h. */
  private static final int CHUNK = 32;

  /** Floats of coordinates in a tile: 16 KiB, so that a multiprocessor holds several blocks. */
  private static final int TILE_FLOATS = 4096;

  private static final int MOST_TILE_POINTS = 1024;

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
    long lists = space.applyAsLong("spanningTree: lists", (long) n * NEAREST * Long.BYTES);
    long heads = space.applyAsLong("spanningTree: heads", (long) n * Integer.BYTES);
    long label = space.applyAsLong("spanningTree: label", (long) n * Integer.BYTES);
    long wanting = space.applyAsLong("spanningTree: wanting", (long) n * Integer.BYTES);
    long progress = space.applyAsLong("spanningTree: progress", 2L * Integer.BYTES);
    long lostLength = space.applyAsLong("spanningTree: lost length", (long) n * Integer.BYTES);
    long lostIds = space.applyAsLong("spanningTree: lost ids", (long) n * Long.BYTES);
    boolean shared = n <= MOST_SHORT_IDS && (long) n * COMPONENT_BYTES + RESERVED <= limits.sharedMemory();
    long ids = shared ? 0 : space.applyAsLong("spanningTree: ids", (long) n * Long.BYTES);
    long length = shared ? 0 : space.applyAsLong("spanningTree: length", (long) n * Integer.BYTES);
    long next = shared ? 0 : space.applyAsLong("spanningTree: next", (long) n * Integer.BYTES);

    // Every launch that follows a sweep does a round at least, and a round at least halves the components, so this many are always enough.
    int most = 31 - Integer.numberOfLeadingZeros(n);
    int rounds = n <= ONE_LAUNCH ? 1 : shared ? Math.min(n <= FEW_POINTS ? 3 : 6, most) : most;
    boolean swept = !shared || n > ONE_LAUNCH;
    // Small clouds have few pairs to share: a warp for every eight points. More warps than 32 a block cannot have.
    int threads = Math.min(1024, (n + NEAREST - 1) / NEAREST * WARP);
    for (int round = 0; round < rounds; round++) {
      if (swept) {
        sweep(x, n, d, round == 0 ? 0 : label, round == 0 ? 0 : wanting, round == 0 ? 0 : progress + Integer.BYTES, lists, heads);
      }
      int mostSearches = !shared ? 0 : round == rounds - 1 ? Integer.MAX_VALUE : FEW_SEARCHES;
      Arguments arguments = new Arguments().pointer(x).int32(n).int32(d).int32(round == 0 ? 1 : 0).int32(swept ? 1 : 0).int32(mostSearches).pointer(lists)
          .pointer(heads).pointer(label).pointer(wanting).pointer(progress).pointer(lostLength).pointer(lostIds).pointer(edges).pointer(lengths);
      if (shared) {
        launcher.launch("boruvka", 1, 1, threads, n * COMPONENT_BYTES, arguments);
      } else {
        launcher.launch("boruvka_large", 1, 1, threads, 0, arguments.pointer(ids).pointer(length).pointer(next));
      }
    }
  }

  private void sweep(long x, int n, int d, long component, long points, long count, long lists, long heads) {
    int width = Math.min(d, CHUNK);
    int tile = d > CHUNK ? ACCUMULATORS * WARP : Math.min(MOST_TILE_POINTS, TILE_FLOATS / width / WARP * WARP);
    int sharedMemory = Float.BYTES * (width * (tile + 1 + SWEEP_WARPS) + tile);
    int blocks = Math.min((n + SWEEP_WARPS - 1) / SWEEP_WARPS, limits.multiprocessors() * SWEEP_BLOCKS);
    Arguments arguments = new Arguments().pointer(x).int32(n);
    if (d != 2) {
      arguments.int32(d);
    }
    arguments.int32(tile).pointer(component).pointer(points).pointer(count).pointer(lists).pointer(heads);
    launcher.launch(d == 2 ? "nearest_foreign_plane" : "nearest_foreign", blocks, 1, SWEEP_WARPS * WARP, sharedMemory, arguments);
  }
}
