package gputae.backend.cuda;

import gputae.homology.Prim;
import gputae.homology.SpanningTree;
import gputae.linear.FloatPoints;
import gputae.selftest.Clouds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Trees whose rounds run over the whole grid (kernels/boruvka_grid.cu), compared with those of rounds in one block
 * (kernels/boruvka.cu) and with Prim's. The clouds are small, since the device of these trees has no shared memory for
 * components.
 */
final class GridTrees {

  /** With one multiprocessor, the grid of a step has 1,024 threads. */
  private static final Driver.Limits GRID = new Driver.Limits(1, 0);

  private static final int MORE_THAN_THREADS = 1100;

  private GridTrees() {}

  private record Tree(int[] edges, float[] lengths) {

    SpanningTree sorted() {
      double[] wide = new double[lengths.length];
      Arrays.setAll(wide, i -> lengths[i]);
      return new SpanningTree(edges, wide).sorted();
    }
  }

  private static Tree tree(HostRunner driver, Driver.Limits limits, FloatPoints points) {
    int n = points.count();
    int d = points.dimension();
    List<Long> memory = new ArrayList<>();
    AllPairs pairs = new AllPairs(limits, AllPairs.MOST_WORK, driver::launch);
    long x = driver.allocate(4L * n * d);
    driver.upload(points.coordinates(), 0, x, 4L * n * d);
    long edges = driver.allocate(8L * (n - 1));
    long lengths = driver.allocate(4L * (n - 1));
    memory.addAll(List.of(x, edges, lengths));
    new BoruvkaLaunches(limits, (what, bytes) -> {
      memory.add(driver.allocate(bytes));
      return memory.get(memory.size() - 1);
    }, pairs, driver::launch).enqueue(x, n, d, edges, lengths);
    Tree tree = new Tree(new int[2 * (n - 1)], new float[n - 1]);
    driver.download(edges, tree.edges, 0, 8L * (n - 1));
    driver.download(lengths, tree.lengths, 0, 4L * (n - 1));
    memory.forEach(driver::free);
    return tree;
  }

  /** Each edge lies in the same place, so sums over edges give the same bits. */
  private static void compare(HostRunner driver, String what, FloatPoints points) {
    Tree grid = tree(driver, GRID, points);
    Tree block = tree(driver, HostRunners.SMALL, points);
    boolean same = Arrays.equals(block.edges, grid.edges) && Arrays.equals(block.lengths, grid.lengths);
    if (!what.equals("not finite")) {
      SpanningTree expected = Prim.ofPoints(points).sorted();
      SpanningTree sorted = grid.sorted();
      same = same && Arrays.equals(expected.edges(), sorted.edges())
          && Arrays.equals(expected.lengths(), sorted.lengths());
    }
    if (!same) {
      throw new AssertionError("tree of " + what);
    }
  }

  /**
   * Compares clouds of every kind, and clouds that are hard for Boruvka's rounds.
   *
   * @throws AssertionError if a tree is wrong, or if an edge lies in another place
   */
  static void check(HostRunner driver) {
    Random random = new Random(20261129);
    for (Clouds.Kind kind : Clouds.Kind.values()) {
      for (int[] shape : new int[][] {{129, 1}, {300, 2}, {300, 5}}) {
        compare(driver, kind + " " + Arrays.toString(shape), Clouds.draw(kind, shape[0], shape[1], random));
      }
    }
    for (Clouds.Kind kind : List.of(Clouds.Kind.UNIFORM, Clouds.Kind.LATTICE, Clouds.Kind.STRIPED)) {
      compare(driver, "large " + kind, Clouds.draw(kind, MORE_THAN_THREADS, 3, random));
    }
    compare(driver, "lines", lines(300));
    compare(driver, "growing gaps", shuffled(growingGaps(MORE_THAN_THREADS), MORE_THAN_THREADS / 8, random));
    compare(driver, "star", star(150));
    compare(driver, "pairs of pairs", shuffled(pairsOfPairs(768), 767, random));
    compare(driver, "equally far", equallyFar(300, random));
    compare(driver, "not finite", notFinite(200, random));
  }

  /**
   * Three lines of points at equal distances. Each point joins the one before it, so a line is a chain of components in
   * the first round.
   */
  private static FloatPoints lines(int n) {
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = i + 5 * (3 * i / n);
    }
    return new FloatPoints(x, 1);
  }

  /** Four lines with gaps that grow towards the first points: each point joins the one behind it, chains too. */
  private static FloatPoints growingGaps(int n) {
    float[] x = new float[n];
    for (int i = 1; i < n; i++) {
      boolean first = 4 * i / n != 4 * (i - 1) / n;
      x[i] = x[i - 1] + (first ? 4 * n : 2 * n - i);
    }
    return new FloatPoints(x, 1);
  }

  /** The same points in another order. Point 0 is the one that has the number {@code first} before. */
  private static FloatPoints shuffled(FloatPoints points, int first, Random random) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, points.count()).boxed().toList());
    Collections.shuffle(order, random);
    Collections.swap(order, 0, order.indexOf(first));
    return points.rows(order.stream().mapToInt(i -> i).toArray());
  }

  /** Points on axes of their own, and point 0 where the axes meet. All points join it at once. */
  private static FloatPoints star(int n) {
    float[] x = new float[n * n];
    for (int i = 1; i < n; i++) {
      x[i * n + i] = 1 + i / 4f;
    }
    return new FloatPoints(x, n);
  }

  /**
   * Components double in each round: pairs, pairs of pairs and so on. The last round joins three components of 256
   * points; the one that is far from the others loses. No cloud of 768 points needs more rounds.
   */
  private static FloatPoints pairsOfPairs(int n) {
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      float gap = 1;
      for (int bits = i; bits != 0; bits /= 2) {
        x[i] += bits % 2 * gap;
        gap *= 3;
      }
    }
    return new FloatPoints(x, 1);
  }

  /**
   * Clusters of points at equal distances from single points with smaller ids: edges of the same length and the same
   * smaller id.
   */
  private static FloatPoints equallyFar(int n, Random random) {
    float[] x = new float[2 * n];
    for (int i = 0; i < n; i++) {
      int group = random.nextInt(20);
      x[2 * i] = 100 * group;
      x[2 * i + 1] = i < 40 ? 10 * (i % 2 * 2 - 1) : 0;
    }
    return new FloatPoints(x, 2);
  }

  private static FloatPoints notFinite(int n, Random random) {
    FloatPoints points = Clouds.draw(Clouds.Kind.UNIFORM, n, 3, random);
    for (int i = 0; i < 40; i++) {
      points.coordinates()[random.nextInt(3 * n)] = i % 2 == 0 ? Float.NaN : Float.POSITIVE_INFINITY;
    }
    return points;
  }
}
