package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.selftest.Clouds;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Launches over all pairs of points: how many there are, and that their number changes no bit. */
class AllPairsTest {

  /** A small GPU for a display: 14 multiprocessors of Turing. */
  private static final Driver.Limits SMALL_GPU = new Driver.Limits(14, 64 << 10);

  private static final Driver.Limits H200 = new Driver.Limits(132, 227 << 10);

  private record Launch(String kernel, int gridX, int gridY, long[] slots) {}

  private record Tree(int[] edges, float[] lengths) {}

  /** The launches for a tree of n points; nothing runs. */
  private static List<Launch> launches(Driver.Limits limits, int n, int d) {
    List<Launch> launches = new ArrayList<>();
    AllPairs.Launcher launcher = (kernel, gridX, gridY, threads, shared, arguments) -> launches
        .add(new Launch(kernel, gridX, gridY, arguments.slots()));
    new BoruvkaLaunches(limits, (what, bytes) -> 256, new AllPairs(limits, AllPairs.MOST_WORK, launcher), launcher)
        .enqueue(256, n, d, 256, 256);
    return launches;
  }

  private static List<Launch> sweeps(List<Launch> launches) {
    return launches.stream().filter(launch -> launch.kernel.startsWith("nearest_foreign")).toList();
  }

  /** The first place and the place after the last one of the points of a sweep. */
  private static long[] range(Launch sweep) {
    return new long[] {sweep.slots[7], sweep.slots[8]};
  }

  @ParameterizedTest
  @CsvSource({"129, 784", "4096, 64", "10000, 100", "20000, 10", "60000, 2", "65536, 8"})
  void cloudsOfTensOfThousandsOfPointsTakeOneLaunch(int n, int d) {
    List<Launch> launches = launches(SMALL_GPU, n, d);
    // A sweep for each launch of one block, or for each round of the grid.
    long rounds = launches.stream().filter(launch -> launch.kernel.matches("boruvka|boruvka_hook")).count();
    assertEquals(rounds, sweeps(launches).size());
    for (Launch sweep : sweeps(launches)) {
      assertArrayEquals(new long[] {0, n}, range(sweep));
    }
  }

  /**
   * One block searches few points, or so many that the work is a multiprocessor's of 0.13 seconds. If that is not all
   * points, there are launches for all rounds. Above 4,000 points no block works alone.
   */
  @ParameterizedTest
  @CsvSource({"129, 100000, 7", "500, 784, 1", "513, 2, 3", "2048, 89, 3", "2048, 90, 11", "4000, 23, 6",
    "4000, 24, 11", "4000, 100000, 11", "4001, 2, 0", "65537, 2, 0"})
  void theWorkOfOneBlockIsBounded(int n, int d, int blocks) {
    for (Driver.Limits limits : List.of(SMALL_GPU, H200)) {
      List<Launch> launches =
          launches(limits, n, d).stream().filter(launch -> launch.kernel.equals("boruvka")).toList();
      assertEquals(blocks, launches.size());
      for (Launch launch : launches) {
        long searches = launch.slots[4];
        assertTrue(searches * n * d <= 375_000_000L, searches + " points of " + n + " are searched");
        boolean last = launch == launches.get(blocks - 1);
        assertTrue(searches == n ? last : searches <= 64, searches + " searches");
      }
    }
  }

  /**
   * A round of two million points: 3e9 pair coordinates for each multiprocessor, whole rounds of the grid's 448 or 4224
   * points, or of one block for each multiprocessor where this is too much.
   */
  @ParameterizedTest
  @CsvSource({"14, 2, 10304, 195", "14, 3, 4928, 406", "14, 10, 1792, 1117", "14, 30, 448, 4465",
    "14, 100, 112, 17858", "132, 3, 46464, 44", "132, 100, 1056, 1894"})
  void twoMillionPointsTakeManyLaunches(int multiprocessors, int d, int each, int count) {
    int n = 2_000_000;
    List<Launch> launches = launches(multiprocessors == 14 ? SMALL_GPU : H200, n, d);
    // Twenty rounds are always enough for so many points.
    List<Launch> sweeps = sweeps(launches);
    assertEquals(20 * count, sweeps.size());
    // Offers and hooking, from the second round on the points that want another search, and the end.
    assertEquals(20 + 20 + 19 + 2, launches.size() - sweeps.size());
    List<Launch> round = sweeps.subList(0, count);
    long next = 0;
    for (Launch sweep : round) {
      long[] range = range(sweep);
      assertEquals(next, range[0]);
      assertEquals(Math.min(n, next + each), range[1]);
      assertTrue((range[1] - range[0]) * n * d <= 3_000_000_000L * multiprocessors);
      next = range[1];
    }
    assertEquals(n, next);
  }

  private static Tree tree(HostRunner driver, float[] points, int d, long mostWork, List<String> kernels) {
    int n = points.length / d;
    long x = driver.allocate(4L * n * d);
    driver.upload(points, 0, x, 4L * n * d);
    long edges = driver.allocate(8L * (n - 1));
    long lengths = driver.allocate(4L * (n - 1));
    AllPairs.Launcher launcher = (kernel, gridX, gridY, threads, shared, arguments) -> {
      kernels.add(kernel.replaceFirst("_\\d+$", ""));
      driver.launch(kernel, gridX, gridY, threads, shared, arguments);
    };
    new BoruvkaLaunches(driver.limits(), (what, bytes) -> driver.allocate(bytes),
        new AllPairs(driver.limits(), mostWork, launcher), launcher).enqueue(x, n, d, edges, lengths);
    Tree tree = new Tree(new int[2 * (n - 1)], new float[n - 1]);
    driver.download(edges, tree.edges, 0, 8L * (n - 1));
    driver.download(lengths, tree.lengths, 0, 4L * (n - 1));
    return tree;
  }

  /**
   * With rounds in one block and over the grid (above 2,026 points), with one tile of coordinates and with several,
   * with points whose lists are used up all at the same time, and with points that have no edge left but one.
   */
  @Test
  void moreLaunchesGiveTheSameTree() {
    compareTrees(HostRunner.Order.FORWARD);
  }

  @Tag("thorough")
  @ParameterizedTest
  @EnumSource(names = {"BACKWARD", "RANDOM"})
  void moreLaunchesInOtherOrdersGiveTheSameTree(HostRunner.Order order) {
    compareTrees(order);
  }

  private static void compareTrees(HostRunner.Order order) {
    for (Clouds.Kind kind : List.of(Clouds.Kind.UNIFORM, Clouds.Kind.STRIPED, Clouds.Kind.DUPLICATE)) {
      for (int[] shape : new int[][] {{300, 2}, {300, 40}, {2100, 3}}) {
        int n = shape[0];
        int d = shape[1];
        float[] points = Clouds.draw(kind, n, d, new Random(n + d)).coordinates();
        try (HostRunner driver = HostRunners.driver(order)) {
          List<String> one = new ArrayList<>();
          List<String> many = new ArrayList<>();
          Tree expected = tree(driver, points, d, Long.MAX_VALUE / 1000, one);
          // Work for about a seventh of the points, on 3 multiprocessors.
          Tree found = tree(driver, points, d, (long) n * n * d / 7 / 3, many);
          assertArrayEquals(expected.edges, found.edges, kind + " " + n + " x " + d);
          assertArrayEquals(expected.lengths, found.lengths, kind + " " + n + " x " + d);
          long rounds = one.stream().filter("nearest_foreign"::equals).count();
          long others = one.size() - rounds;
          assertEquals(n > 2026 ? 3 * rounds + 1 : rounds, others);
          long sweeps = many.size() - others;
          assertTrue(sweeps % rounds == 0 && sweeps / rounds > 6, many.toString());
        }
      }
    }
  }

  /**
   * The first 500 of 600 points in shuffled order get their lists, and the others keep zeros. The last launch with work
   * has so few points that it searches for each with a block; the launches after it have none.
   */
  @Test
  void moreLaunchesGiveTheSameListsOfThePointsAskedFor() {
    int n = 600;
    int d = 3;
    int count = 500;
    float[] points = Clouds.draw(Clouds.Kind.UNIFORM, n, d, new Random(2)).coordinates();
    int[] component = new int[n];
    int[] asked = new int[n];
    for (int i = 0; i < n; i++) {
      component[i] = i % 5;
      asked[i] = i * 7 % n;
    }
    try (HostRunner driver = HostRunners.driver(HostRunner.Order.FORWARD)) {
      long x = driver.allocate(4L * n * d);
      driver.upload(points, 0, x, 4L * n * d);
      long components = driver.allocate(4L * n);
      driver.upload(component, 0, components, 4L * n);
      long places = driver.allocate(4L * n);
      driver.upload(asked, 0, places, 4L * n);
      long number = driver.allocate(4);
      driver.upload(new int[] {count}, 0, number, 4);
      long[][] found = new long[2][n * 8];
      int[] launches = new int[2];
      for (int i = 0; i < 2; i++) {
        int at = i;
        long lists = driver.allocate(64L * n);
        driver.clear(lists, 64L * n);
        long work = i == 0 ? 1_000_000 : 40_000;
        new AllPairs(driver.limits(), work, (kernel, gridX, gridY, threads, shared, arguments) -> {
          launches[at]++;
          driver.launch(kernel, gridX, gridY, threads, shared, arguments);
        }).nearest(x, n, d, components, places, number, lists, 0, 0);
        driver.download(lists, found[i], 0, 64L * n);
      }
      // 48 points in each of many launches.
      assertArrayEquals(new int[] {1, 13}, launches);
      assertArrayEquals(found[0], found[1]);
      for (int i = 0; i < n; i++) {
        assertEquals(i >= count, found[1][2 * asked[i]] == 0, "point " + asked[i]);
      }
    }
  }

  @Test
  void moreLaunchesGiveTheSameDistances() {
    int n = 130;
    int d = 37;
    float[] points = Clouds.draw(Clouds.Kind.UNIFORM, n, d, new Random(1)).coordinates();
    try (HostRunner driver = HostRunners.driver(HostRunner.Order.RANDOM)) {
      long x = driver.allocate(4L * n * d);
      driver.upload(points, 0, x, 4L * n * d);
      float[][] found = new float[2][n * n];
      int[] launches = new int[2];
      for (int i = 0; i < 2; i++) {
        int at = i;
        long out = driver.allocate(4L * n * n);
        new AllPairs(driver.limits(), i == 0 ? 1_000_000 : 1, (kernel, gridX, gridY, threads, shared, arguments) -> {
          launches[at]++;
          driver.launch(kernel, gridX, gridY, threads, shared, arguments);
        }).squaredDistances(x, n, d, out);
        driver.download(out, found[i], 0, 4L * n * n);
      }
      // One launch, and one for each row of blocks.
      assertArrayEquals(new int[] {1, 5}, launches);
      assertArrayEquals(found[0], found[1]);
    }
  }
}
