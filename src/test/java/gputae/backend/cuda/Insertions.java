package gputae.backend.cuda;

import gputae.linear.FloatPoints;
import gputae.selftest.Clouds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * How often a sweep over all pairs inserts edges into the lists of the nearest points (kernels/nearest.h). An iteration
 * is 32 pairs, one for each lane of a warp. A look of a warp is at four of them.
 *
 * @param points     points whose lists the sweep finds
 * @param iterations iterations of all warps
 * @param looks      looks that find an edge below the limit, four iterations each
 * @param inserting  iterations in which edges enter a list
 * @param edges      edges that enter a list
 */
record Insertions(int points, long iterations, long looks, long inserting, long edges) {

  /**
   * Of 512 keys in random order, 8 + 8 ln(512 / 8) = 41 are among the 8 least of those before them. With the limit that
   * the first 128 keys set, 28 of them enter a list.
   */
  private static final double MOST_EDGES_OF_512 = 30;

  private static final double MOST_LOOKS_IN_HALVES = 0.8;

  private static final Path HEADER = Path.of("kernels/nearest.h");

  private static final int WARP = 32;

  private static final int ITERATIONS_OF_A_LOOK = 4;

  /** Sweeps over a cloud, whose dimension decides which kernel it is. */
  static Insertions count(HostRunner driver, FloatPoints cloud) {
    return count(driver, cloud, 0, 0, 0);
  }

  /**
   * Sweeps over a cloud whose halves, by the sign of the first coordinate, are components: the points near a point are
   * mostly not foreign.
   */
  static Insertions countInHalves(HostRunner driver, FloatPoints cloud) {
    int n = cloud.count();
    int[] component = IntStream.range(0, n).map(i -> cloud.coordinate(i, 0) < 0 ? 0 : 1).toArray();
    long[] addresses = {NearestLists.upload(driver, component),
      NearestLists.upload(driver, IntStream.range(0, n).toArray()), NearestLists.upload(driver, n)};
    Insertions found = count(driver, cloud, addresses[0], addresses[1], addresses[2]);
    Arrays.stream(addresses).forEach(driver::free);
    return found;
  }

  private static Insertions count(HostRunner driver, FloatPoints cloud, long components, long points, long count) {
    int n = cloud.count();
    long x = driver.allocate((long) Float.BYTES * cloud.coordinates().length);
    driver.upload(cloud.coordinates(), 0, x, (long) Float.BYTES * cloud.coordinates().length);
    long lists = driver.allocate(8L * Long.BYTES * n);
    new AllPairs(driver.limits(), Long.MAX_VALUE / 1000, driver::launch).nearest(x, n, cloud.dimension(), components,
        points, count, lists, 0, 0);
    String[] operations = driver.warpOperations();
    driver.free(x);
    driver.free(lists);
    return new Insertions(n, (long) n * ((n + WARP - 1) / WARP),
        times(operations, "better = __ballot_sync(") / ITERATIONS_OF_A_LOOK,
        times(operations, "limit = min(limit, __shfl_sync("), times(operations, "next = __shfl_sync("));
  }

  /** Throws {@link AssertionError} if a sweep does more than it has to do for right lists. */
  static void check(HostRunner driver) {
    for (int d : new int[] {2, 10, 40}) {
      Insertions found = count(driver, Clouds.draw(Clouds.Kind.UNIFORM, 512, d, new Random(514)));
      if (!(found.edgesOfAPoint() < MOST_EDGES_OF_512)) {
        throw new AssertionError(found);
      }
    }
    // If the look took points of the own component for foreign ones, nearly every look would find an edge.
    Insertions found = countInHalves(driver, Clouds.draw(Clouds.Kind.UNIFORM, 2048, 2, new Random(5)));
    if (!(found.looksShare() < MOST_LOOKS_IN_HALVES)) {
      throw new AssertionError(found);
    }
  }

  /** The share of iterations in which edges enter a list. */
  double share() {
    return (double) inserting / iterations;
  }

  /** The share of looks that find an edge below the limit. */
  double looksShare() {
    return (double) looks * ITERATIONS_OF_A_LOOK / iterations;
  }

  double edgesOfAPoint() {
    return (double) edges / points;
  }

  /** Prints the counts for uniform clouds of the host runner's build in target. Arguments: numbers of points. */
  public static void main(String[] arguments) {
    for (int d : new int[] {2, 10}) {
      for (String points : arguments) {
        int n = Integer.parseInt(points);
        try (HostRunner driver = HostRunners.driver(HostRunner.Order.FORWARD)) {
          Insertions found = count(driver, Clouds.draw(Clouds.Kind.UNIFORM, n, d, new Random(n + d)));
          System.out.printf(Locale.ROOT, "| %,d | %d | %.1f %% | %.1f %% | %.1f |%n", n, d, 100 * found.share(),
              100 * found.looksShare(), found.edgesOfAPoint());
        }
      }
    }
  }

  /** How often warps carried out the operation of the one line of the header that contains {@code text}. */
  private static long times(String[] operations, String text) {
    List<String> lines;
    try {
      lines = Files.readAllLines(HEADER);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    int line = -1;
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).contains(text)) {
        if (line >= 0) {
          throw new AssertionError(HEADER + " has more than one line with " + text);
        }
        line = i + 1;
      }
    }
    for (int i = 0; i < operations.length; i += 2) {
      if (operations[i].endsWith("(" + HEADER.getFileName() + ":" + line + ")")) {
        return Long.parseLong(operations[i + 1]);
      }
    }
    throw new AssertionError("no warp came to '" + text + "' of " + HEADER);
  }
}
