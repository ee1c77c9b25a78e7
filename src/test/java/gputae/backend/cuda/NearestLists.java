package gputae.backend.cuda;

import gputae.homology.ExactDistance;
import gputae.linear.FloatPoints;
import gputae.selftest.Clouds;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Lists of nearest foreign points as kernels/nearest.cu finds them, compared with a search through all points. A tree
 * is right even if they are not: points whose lists end too early are searched again.
 */
final class NearestLists {

  private static final int NEAREST = 8;

  /** kFewPointsABlock in kernels/nearest.cu, times the 12 blocks that a launch has on 3 multiprocessors. */
  private static final int MOST_FEW_POINTS = 48;

  private static final long NO_EDGE = -1;

  private NearestLists() {}

  /**
   * Finds the lists of clouds of every kind, in dimensions of every kernel, on the host runner: of all points, and of
   * some if points of other components alone are foreign. Few points are found in another way than many.
   *
   * @throws AssertionError if a list is not that of a search through all points
   */
  static void check(HostRunner driver) {
    Random random = new Random(20261129);
    Clouds.Kind[] kinds = Clouds.Kind.values();
    int turn = 0;
    for (int n : new int[] {5, 130, 300, 1100}) {
      for (int d : n < 1000 ? new int[] {1, 2, 3, 6, 7, 10, 12, 14, 20, 33, 65} : new int[] {2, 6, 16}) {
        FloatPoints cloud = Clouds.draw(kinds[turn++ % kinds.length], n, d, random);
        check(driver, cloud);
        cloud.coordinates()[0] = Float.NaN;
        cloud.coordinates()[cloud.coordinates().length / 2] = Float.POSITIVE_INFINITY;
        check(driver, cloud);
        int[] component = random.ints(n, 0, 3).toArray();
        int[] shuffled = random.ints().map(bits -> Math.floorMod(bits, n)).distinct().limit(n).toArray();
        check(driver, cloud, component, shuffled);
        check(driver, cloud, component, Arrays.copyOf(shuffled, n / 2));
        check(driver, cloud, component, Arrays.copyOf(shuffled, Math.min(n, MOST_FEW_POINTS)));
      }
    }
  }

  private static void check(HostRunner driver, FloatPoints cloud) {
    int[] all = IntStream.range(0, cloud.count()).toArray();
    check(driver, cloud, all, all, 0, 0, 0);
  }

  private static void check(HostRunner driver, FloatPoints cloud, int[] component, int[] asked) {
    long[] addresses = {upload(driver, component), upload(driver, asked), upload(driver, asked.length)};
    check(driver, cloud, component, asked, addresses[0], addresses[1], addresses[2]);
    Arrays.stream(addresses).forEach(driver::free);
  }

  private static void check(HostRunner driver, FloatPoints cloud, int[] component, int[] asked, long components,
      long points, long count) {
    int n = cloud.count();
    long bytes = (long) Float.BYTES * cloud.coordinates().length;
    long x = driver.allocate(bytes);
    driver.upload(cloud.coordinates(), 0, x, bytes);
    long[] found = new long[NEAREST * n];
    long lists = driver.allocate((long) Long.BYTES * found.length);
    driver.clear(lists, (long) Long.BYTES * found.length);
    new AllPairs(driver.limits(), AllPairs.MOST_WORK, driver::launch).nearest(x, n, cloud.dimension(), components,
        points, count, lists, 0, 0);
    driver.download(lists, found, 0, (long) Long.BYTES * found.length);
    driver.free(x);
    driver.free(lists);
    long[] expected = new long[NEAREST * n];
    for (int i : asked) {
      long[] keys = keys(cloud, component, i);
      for (int t = 0; t < NEAREST; t++) {
        expected[(t / 2 * n + i) * 2 + t % 2] = t < keys.length ? keys[t] : NO_EDGE;
      }
    }
    int wrong = Arrays.mismatch(expected, found);
    if (wrong >= 0) {
      throw new AssertionError(
          "list of point " + wrong / 2 % n + " of " + n + ", place " + (wrong / 2 / n * 2 + wrong % 2)
              + ": " + Long.toHexString(found[wrong]) + " instead of " + Long.toHexString(expected[wrong]));
    }
  }

  /** Bits of the squared length, then the number of the point, of all edges to foreign points, ascending. */
  private static long[] keys(FloatPoints cloud, int[] component, int i) {
    return IntStream.range(0, cloud.count()).filter(j -> component[j] != component[i]).mapToLong(j -> {
      float squared = ExactDistance.squared(cloud, i, j);
      float length = Float.isNaN(squared) ? Float.POSITIVE_INFINITY : squared;
      return (long) Float.floatToIntBits(length) << 32 | j;
    }).sorted().toArray();
  }

  static long upload(HostRunner driver, int... values) {
    long address = driver.allocate((long) Integer.BYTES * values.length);
    driver.upload(values, 0, address, (long) Integer.BYTES * values.length);
    return address;
  }
}
