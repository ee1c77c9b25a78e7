package gputae.selftest;

import gputae.backend.Matrix;
import gputae.backend.Philox;
import gputae.homology.ExactDistance;
import gputae.homology.Prim;
import gputae.homology.SpanningTree;
import gputae.linear.FloatPoints;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** The ring of the last iterates, its PH dimension, and the gradient with respect to the newest iterate. */
final class IterateOperations {

  private static final int SUBSETS = 9;

  private IterateOperations() {}

  static List<Operation> all() {
    return List.of(
        new Operation("ring of iterates", "20 to 120 iterates, 1 to 20,000 dims, steps to 2^33", Unit.EXACT,
            IterateOperations::ring),
        new Operation("PH dimension", "20 to 120 iterates; not full, ties, duplicates", Unit.ROUNDING,
            IterateOperations::dimension),
        new Operation("pull of an iterate", "20 to 120 iterates, 1 to 600,000 dimensions", Unit.ROUNDING,
            IterateOperations::pull));
  }

  private static void ring(Cases cases) {
    Random random = new Random(23);
    for (int size : new int[] {1, 31, 32, 33, 255, 256, 257, 8191, 8192, 8193, 20_000}) {
      for (int window : size > 300 ? new int[] {20} : new int[] {20, 120}) {
        for (long step : new long[] {0, window - 1, (1L << 33) + 7}) {
          cases.run("step " + step + " of a ring of " + window + ", " + size + " dimensions",
              c -> ring(c, random, size, window, step));
        }
      }
    }
  }

  private static void ring(Case c, Random random, int size, int window, long step) {
    float[] before = Reference.gaussian(random, window * size, 1);
    float[] point = Reference.gaussian(random, size, 1);
    float[] others = Reference.gaussian(random, window * window, 1);
    int newest = (int) (step % window);
    Matrix iterates = c.floats(window, size, before);
    Matrix distances = c.floats(window, window, others);
    c.backend().keepIterate(c.floats(1, size, point), c.stepAt(step), iterates, distances);
    System.arraycopy(point, 0, before, newest * size, size);
    c.same("iterate", before, iterates.toFloats());
    FloatPoints points = new FloatPoints(before, size);
    float[] expected = others.clone();
    for (int i = 0; i < window; i++) {
      expected[newest * window + i] = ExactDistance.length(ExactDistance.squared(points, newest, i));
      expected[i * window + newest] = expected[newest * window + i];
    }
    c.same("distance", expected, distances.toFloats());
  }

  /** How the points of a ring lie. */
  private enum Cloud {
    WALK, TIES, DUPLICATES, ONE_POINT
  }

  private static void dimension(Cases cases) {
    Random random = new Random(24);
    for (int window : new int[] {20, 30, 100, 120}) {
      for (Cloud cloud : Cloud.values()) {
        for (long step : new long[] {0, window - 2, window - 1, 3L * window + 11, (1L << 33) + 5}) {
          cases.run("step " + step + " of a ring of " + window + ", " + cloud,
              c -> dimension(c, random, window, step, cloud));
        }
      }
    }
  }

  private static FloatPoints cloud(Random random, int window, Cloud cloud) {
    int size = 3;
    float[] x = new float[window * size];
    for (int i = 0; i < x.length; i++) {
      x[i] = switch (cloud) {
        case WALK -> (i < size ? 0 : x[i - size]) + (float) random.nextGaussian();
        case TIES -> random.nextInt(6);
        case DUPLICATES -> i % (2 * size) < size ? (float) random.nextGaussian() : x[i - size];
        case ONE_POINT -> 0.75f;
      };
    }
    return new FloatPoints(x, size);
  }

  private static void dimension(Case c, Random random, int window, long step, Cloud kind) {
    FloatPoints points = cloud(random, window, kind);
    long seed = random.nextLong();
    int stream = 5;
    float[] distances = new float[window * window];
    for (int i = 0; i < window; i++) {
      for (int j = 0; j < window; j++) {
        distances[i * window + j] = ExactDistance.length(ExactDistance.squared(points, i, j));
      }
    }
    Matrix coefficients = c.floats(1, window, Reference.gaussian(random, window, 1));
    Matrix value = c.number(7);
    c.backend().phDimension(c.floats(window, window, distances), c.stepAt(step), seed, stream, coefficients, value);
    double[] x = new double[SUBSETS];
    double[] y = new double[SUBSETS];
    SpanningTree[] trees = new SpanningTree[SUBSETS];
    boolean defined = step + 1 >= window;
    for (int j = 0; j < SUBSETS; j++) {
      trees[j] = tree(distances, window, subset(seed, stream, step, window, j));
      double sum = trees[j].totalPersistence(1);
      defined &= sum > 0;
      x[j] = Math.log(window / 10 * (j + 1));
      y[j] = Math.log(sum);
    }
    double middleX = Arrays.stream(x).average().orElseThrow();
    double xx = Arrays.stream(x).map(one -> (one - middleX) * (one - middleX)).sum();
    double slope = IntStream.range(0, SUBSETS).mapToDouble(j -> (x[j] - middleX) * y[j]).sum() / xx;
    double expected = defined ? 1 / (1 - slope) : 0;
    c.close("dimension", 0, expected, value.toFloats()[0], 4, Math.abs(expected));
    double[] pulls = new double[window];
    double[] sizes = new double[window];
    int newest = (int) (step % window);
    for (int j = 0; defined && j < SUBSETS; j++) {
      double ofSum = expected * expected * (x[j] - middleX) / (xx * Math.exp(y[j]));
      for (int e = 0; e < trees[j].lengths().length; e++) {
        int u = trees[j].edges()[2 * e];
        int v = trees[j].edges()[2 * e + 1];
        double length = trees[j].lengths()[e];
        if ((u == newest || v == newest) && length > 0) {
          pulls[u == newest ? v : u] += ofSum / length;
          sizes[u == newest ? v : u] += Math.abs(ofSum / length);
        }
      }
    }
    float[] found = coefficients.toFloats();
    for (int i = 0; i < window; i++) {
      c.close("coefficient", i, pulls[i], found[i], 4, sizes[i]);
    }
  }

  /** The places of a subset, ascending. */
  private static int[] subset(long seed, int stream, long step, int window, int number) {
    long[] keys = new long[window];
    for (int i = 0; i < window; i++) {
      keys[i] =
          (Philox.words(seed, (long) number * window + i, (int) step, stream)[0] & 0xFFFFFFFFL) << 8 | i;
    }
    return IntStream.range(0, window).boxed().sorted(Comparator.comparingLong(i -> keys[i]))
        .limit(window / 10L * (number + 1)).mapToInt(i -> i).sorted().toArray();
  }

  /** The tree of some places, with their numbers in the ring. */
  private static SpanningTree tree(float[] distances, int window, int[] places) {
    float[] lower = new float[places.length * (places.length - 1) / 2];
    for (int i = 0, at = 0; i < places.length; i++) {
      for (int j = 0; j < i; j++) {
        lower[at++] = distances[places[i] * window + places[j]];
      }
    }
    SpanningTree tree = Prim.ofDistances(lower, places.length);
    return new SpanningTree(Arrays.stream(tree.edges()).map(i -> places[i]).toArray(), tree.lengths());
  }

  private static void pull(Cases cases) {
    Random random = new Random(25);
    for (int size : new int[] {1, 15, 17, 255, 257, 5000}) {
      for (int window : new int[] {20, 120}) {
        for (long step : new long[] {0, window - 1, (1L << 33) + 7}) {
          cases.run("step " + step + " of a ring of " + window + ", " + size + " dimensions",
              c -> pull(c, random, size, window, step));
        }
      }
    }
    cases.run("a ring of 20, " + Case.MORE_THAN_A_GRID + " dimensions",
        c -> pull(c, random, Case.MORE_THAN_A_GRID, 20, 3));
  }

  private static void pull(Case c, Random random, int size, int window, long step) {
    float[] points = Reference.gaussian(random, window * size, 1);
    float[] coefficients = Reference.gaussian(random, window, 1);
    int newest = (int) (step % window);
    for (int i = 1; i < window; i += 3) {
      coefficients[i] = 0;
      // What is not pulled at is not read, so it may be anything.
      if (i != newest) {
        Arrays.fill(points, i * size, (i + 1) * size, Float.NaN);
      }
    }
    float weight = -0.6f;
    Matrix gradient = c.floats(1, size, Reference.gaussian(random, size, 5));
    c.backend().pullNewest(c.floats(window, size, points), c.floats(1, window, coefficients), c.stepAt(step),
        c.number(weight), gradient);
    float[] found = gradient.toFloats();
    for (int k = 0; k < size; k++) {
      double sum = 0;
      double sizes = 0;
      for (int i = 0; i < window; i++) {
        if (coefficients[i] != 0) {
          double pull = (double) coefficients[i] * ((double) points[newest * size + k] - points[i * size + k]);
          sum += weight * pull;
          sizes += Math.abs(weight * pull);
        }
      }
      c.close("gradient", k, sum, found[k], Reference.ofSum(window), sizes);
    }
  }
}
