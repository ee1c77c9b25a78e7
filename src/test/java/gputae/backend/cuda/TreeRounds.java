package gputae.backend.cuda;

import gputae.linear.FloatPoints;
import gputae.selftest.Clouds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Prints how the launches for a spanning tree go, as the limits of an H200 lead to them, for uniform clouds. */
final class TreeRounds {

  private static final Driver.Limits H200 = new Driver.Limits(132, 227 << 10);

  /** An H200 on which no components fit into shared memory: all rounds run over the grid. */
  private static final Driver.Limits GRID = new Driver.Limits(132, 0);

  private static final int PROGRESS = 64;

  private TreeRounds() {}

  /** Arguments: the number of coordinates, then numbers of points. Uses the host runner's build in target. */
  public static void main(String[] arguments) {
    int d = Integer.parseInt(arguments[0]);
    for (String points : Arrays.asList(arguments).subList(1, arguments.length)) {
      int n = Integer.parseInt(points);
      try (HostRunner driver = new HostRunner(HostRunner.developmentLibraries(), HostRunner.Order.FORWARD, 1,
          Runtime.getRuntime().availableProcessors(), H200, 1L << 32)) {
        FloatPoints cloud = Clouds.draw(Clouds.Kind.UNIFORM, n, d, new Random(n + d));
        if (!print(driver, H200, cloud)) {
          print(driver, GRID, cloud);
        }
      }
    }
  }

  /** Returns whether the rounds ran over the grid. */
  private static boolean print(HostRunner driver, Driver.Limits limits, FloatPoints cloud) {
    int n = cloud.count();
    int d = cloud.dimension();
    long x = driver.allocate(4L * n * d);
    driver.upload(cloud.coordinates(), 0, x, 4L * n * d);
    long edges = driver.allocate(8L * (n - 1));
    long lengths = driver.allocate(4L * (n - 1));
    long progress = driver.allocate(4L * PROGRESS);
    driver.clear(progress, 4L * PROGRESS);
    int[] launches = new int[2];
    List<String> blocks = new ArrayList<>();
    AllPairs.Launcher launcher = (kernel, gridX, gridY, threads, shared, call) -> {
      driver.launch(kernel, gridX, gridY, threads, shared, call);
      launches[0]++;
      if (kernel.equals("boruvka") || kernel.equals("boruvka_large")) {
        int[] left = new int[2];
        driver.download(progress, left, 0, 8);
        blocks.add(left[0] + (left[1] > 0 ? " (searches " + left[1] + ")" : ""));
      }
    };
    new BoruvkaLaunches(limits, (what, bytes) -> what.endsWith("progress") ? progress : driver.allocate(bytes),
        new AllPairs(limits, AllPairs.MOST_WORK, launcher), launcher).enqueue(x, n, d, edges, lengths);
    StringBuilder rounds = new StringBuilder();
    if (blocks.isEmpty()) {
      int[] all = new int[PROGRESS];
      driver.download(progress, all, 0, 4L * PROGRESS);
      for (int round = 1; all[2 * round] > 0; round++) {
        rounds.append(round == 1 ? "" : ", ").append(all[2 * round + 1]).append(" -> ").append(all[2 * round]);
      }
    }
    System.out.printf(Locale.ROOT, "%d points, %d coordinates: %d launches; %s%n", n, d, launches[0],
        blocks.isEmpty()
            ? "in each round, points searched -> components left: " + rounds
            : "components left after each launch of one block: " + String.join(", ", blocks));
    return blocks.isEmpty();
  }
}
