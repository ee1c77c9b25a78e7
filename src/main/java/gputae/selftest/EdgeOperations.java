package gputae.selftest;

import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.homology.ExactDistance;
import gputae.homology.Prim;
import gputae.homology.SpanningTree;
import gputae.linear.FloatPoints;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Lengths and stress of given edges, the largest length, and clouds whose classes lie far apart. */
final class EdgeOperations {

  /** The unit of the targets, squared. */
  private static final float TARGET_SQUARE = 2.25f;

  private static final float SCALE = 1.3f;

  private EdgeOperations() {}

  static List<Operation> all() {
    return List.of(
        new Operation("edge lengths", "0 to 700 edges, 1 to 1100 dimensions", Unit.EXACT, EdgeOperations::lengths),
        new Operation("largest value", "0 to 600,000 values, also infinite and NaN", Unit.EXACT,
            EdgeOperations::largest),
        new Operation("longest edges", "0 to 700 edges with ties, 0 to 800 of them", Unit.EXACT,
            EdgeOperations::keepLongest),
        new Operation("edge stress", "0 to 2600 edges, 1 to 33 dimensions", Unit.ROUNDING, EdgeOperations::stress),
        new Operation("labelled cloud", "1 to 700 points, 1 to 33 dimensions, 1 to 10 classes", Unit.EXACT,
            EdgeOperations::labelledCloud));
  }

  /** Edges between n points, drawn at random; some occur twice, none is a loop. */
  private static int[] edges(Random random, int n, int count) {
    int[] edges = new int[2 * count];
    for (int e = 0; e < count; e++) {
      edges[2 * e] = random.nextInt(n);
      edges[2 * e + 1] = (edges[2 * e] + 1 + random.nextInt(n - 1)) % n;
    }
    return edges;
  }

  private static void lengths(Cases cases) {
    Random random = new Random(18);
    for (int d : new int[] {1, 2, 31, 32, 33, 64, 255, 256, 257, 784, 1023, 1024, 1025, 1100}) {
      for (int count : new int[] {0, 1, 7, 9, 700}) {
        cases.run(count + " edges, " + d + " dimensions", c -> lengths(c, random, count, d));
      }
    }
  }

  private static void lengths(Case c, Random random, int count, int d) {
    int n = 40;
    FloatPoints points = new FloatPoints(Reference.gaussian(random, n * d, 1), d);
    int[] edges = edges(random, n, count);
    Matrix lengths = c.zeros(1, count);
    c.backend().edgeLengths(c.floats(n, d, points.coordinates()), c.ints(count, 2, edges), lengths);
    float[] found = lengths.toFloats();
    for (int e = 0; e < count; e++) {
      c.same("length", e, ExactDistance.length(ExactDistance.squared(points, edges[2 * e], edges[2 * e + 1])),
          found[e]);
    }
  }

  private static void largest(Cases cases) {
    Random random = new Random(19);
    for (int count : new int[] {0, 1, 31, 33, 255, 257, 5000, Case.MORE_THAN_A_GRID}) {
      for (float extreme : new float[] {2, Float.POSITIVE_INFINITY, Float.NaN, 0}) {
        cases.run(count + " values, one of them " + extreme, c -> largest(c, random, count, extreme));
      }
    }
  }

  private static void largest(Case c, Random random, int count, float extreme) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = extreme == 0 ? 0 : random.nextFloat();
    }
    if (count > 0) {
      values[random.nextInt(count)] = extreme;
    }
    // The result is assigned, so its previous content must not matter.
    Matrix out = c.number(7);
    c.backend().largest(c.floats(1, count, values), out);
    c.same("largest", 0, count == 0 ? 0 : extreme, out.toFloats()[0]);
  }

  private static void keepLongest(Cases cases) {
    Random random = new Random(22);
    for (int count : new int[] {0, 1, 2, 31, 257, 700}) {
      for (int most : new int[] {0, 1, 2, 10, 300, 800}) {
        for (int different : new int[] {1, 4, 1_000_000}) {
          cases.run(most + " of " + count + " edges", c -> keepLongest(c, random, count, most, different));
        }
      }
    }
  }

  /** Lengths are drawn from so many different ones. */
  private static void keepLongest(Case c, Random random, int count, int most, int different) {
    // Different edges between few points, so that many with one length share a point.
    int n = 40;
    int[] pairs = IntStream.range(0, n * n).filter(pair -> pair / n < pair % n).toArray();
    int[] edges = new int[2 * count];
    float[] lengths = new float[count];
    for (int e = 0; e < count; e++) {
      int other = e + random.nextInt(pairs.length - e);
      int pair = pairs[other];
      pairs[other] = pairs[e];
      edges[2 * e] = pair / n;
      edges[2 * e + 1] = pair % n;
      lengths[e] = random.nextInt(different) / 8f;
    }
    if (count > 2) {
      lengths[1] = Float.POSITIVE_INFINITY;
    }
    Integer[] order = IntStream.range(0, count).boxed().toArray(Integer[]::new);
    Arrays.sort(order, (a, b) -> lengths[a] != lengths[b] ? Float.compare(lengths[b], lengths[a])
        : Long.compare((long) edges[2 * b] << 32 | edges[2 * b + 1], (long) edges[2 * a] << 32 | edges[2 * a + 1]));
    float[] expected = new float[count];
    for (int i = 0; i < Math.min(most, count); i++) {
      expected[order[i]] = lengths[order[i]];
    }
    Matrix out = c.floats(1, count, Reference.gaussian(random, count, 1));
    c.backend().keepLongest(c.ints(count, 2, edges), c.floats(1, count, lengths), most, out);
    c.same("length", expected, out.toFloats());
  }

  private static void stress(Cases cases) {
    Random random = new Random(20);
    for (int n : new int[] {2, 3, 8, 9, 128, 257}) {
      for (int d : new int[] {1, 2, 10, 33}) {
        for (int count : new int[] {0, 1, 2 * n - 2}) {
          cases.run(count + " edges, " + n + " x " + d, c -> stress(c, random, n, d, count, TARGET_SQUARE));
        }
      }
    }
    cases.run("2600 edges, 30 x 2", c -> stress(c, random, 30, 2, 2600, TARGET_SQUARE));
    cases.run("targets without a unit, 30 x 2", c -> stress(c, random, 30, 2, 58, 0));
    cases.run("one point", c -> stress(c, random, 1, 2, 0, TARGET_SQUARE));
  }

  private static void stress(Case c, Random random, int n, int d, int count, float targetSquare) {
    float[] z = Reference.gaussian(random, n * d, 1);
    if (n > 3) {
      // A duplicate point gives edges of length 0, which have no gradient.
      System.arraycopy(z, 0, z, 2 * d, d);
    }
    FloatPoints points = new FloatPoints(z, d);
    int[] edges = count == 0 ? new int[0] : edges(random, n, count);
    if (n > 3 && count > 1) {
      edges[2] = 0;
      edges[3] = 2;
    }
    float[] lengths = new float[count];
    float[] targets = new float[count];
    for (int e = 0; e < count; e++) {
      lengths[e] = ExactDistance.length(ExactDistance.squared(points, edges[2 * e], edges[2 * e + 1]));
      targets[e] = targetSquare == 0 ? 0 : 3 * random.nextFloat();
    }
    float weight = -0.6f;
    Matrix gradient = c.floats(n, d, Reference.gaussian(random, n * d, 5));
    Matrix scaleGradient = c.number(0.5f);
    Matrix loss = c.number(7);
    c.backend().edgeStress(c.floats(n, d, z), c.ints(count, 2, edges), c.floats(1, count, lengths),
        c.floats(1, count, targets), c.number(targetSquare), c.number(SCALE), c.number(weight), gradient,
        scaleGradient, loss);
    double sum = 0;
    double slopes = 0;
    double slopeSizes = 0;
    double[] expected = new double[n * d];
    double[] sizes = new double[n];
    int[] pulls = new int[n];
    for (int e = 0; e < count; e++) {
      double target = targetSquare == 0 ? 0 : targets[e] / Math.sqrt(targetSquare);
      double residue = lengths[e] / (double) SCALE - target;
      sum += residue * residue / n;
      double ofScale = -2 * (double) weight * residue * lengths[e] / ((double) SCALE * SCALE * n);
      slopes += ofScale;
      slopeSizes += Math.abs(ofScale);
      if (lengths[e] == 0) {
        continue;
      }
      int u = edges[2 * e];
      int v = edges[2 * e + 1];
      double slope = 2 * (double) weight * residue / (n * (double) SCALE * lengths[e]);
      for (int k = 0; k < d; k++) {
        double pull = slope * (points.coordinate(u, k) - points.coordinate(v, k));
        expected[u * d + k] += pull;
        expected[v * d + k] -= pull;
      }
      for (int end : new int[] {u, v}) {
        sizes[end] += Math.abs(slope * lengths[e]);
        pulls[end]++;
      }
    }
    c.close("stress", 0, sum, loss.toFloats()[0], 4, sum);
    c.close("gradient of the scale", 0, 0.5 + slopes, scaleGradient.toFloats()[0], 4, 0.5 + slopeSizes);
    float[] found = gradient.toFloats();
    for (int i = 0; i < n * d; i++) {
      c.close("gradient", i, expected[i], found[i], Reference.ofSum(pulls[i / d]), sizes[i / d]);
    }
  }

  private static void labelledCloud(Cases cases) {
    Random random = new Random(21);
    for (int n : new int[] {1, 2, 33, 255, 257, 700}) {
      for (int d : new int[] {1, 2, 31, 32, 33}) {
        for (int classes : new int[] {1, 3, 10}) {
          cases.run(n + " x " + d + ", " + classes + " classes", c -> labelledCloud(c, random, n, d, classes));
        }
      }
    }
  }

  private static void labelledCloud(Case c, Random random, int n, int d, int classes) {
    float spacing = 0x1p40f;
    FloatPoints points = new FloatPoints(Reference.gaussian(random, n * d, 1), d);
    // From a quarter to a half of the points have no class.
    int[] labels = random.ints(n, 0, classes + 1 + classes / 4).map(label -> Math.min(label, classes)).toArray();
    float[] members = new float[n * classes];
    for (int i = 0; i < n; i++) {
      if (labels[i] < classes) {
        members[i * classes + labels[i]] = 1;
      }
    }
    Matrix out = c.floats(n, d + 1, Reference.gaussian(random, n * (d + 1), 1));
    c.backend().labelledCloud(c.floats(n, d, points.coordinates()), c.floats(n, classes, members), spacing, out);
    float[] found = out.toFloats();
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < d; k++) {
        c.same("coordinate", i * (d + 1) + k, points.coordinates()[i * d + k], found[i * (d + 1) + k]);
      }
      int own = labels[i] < classes ? labels[i] : classes + i;
      c.same("coordinate of the class", i, spacing * own, found[i * (d + 1) + d]);
    }
    c.same("length within a class", lengthsByClass(points, labels, classes),
        shorter(found, d + 1, spacing, c, n));
  }

  /** Lengths of the edges of the trees of all classes, ascending. */
  private static double[] lengthsByClass(FloatPoints points, int[] labels, int classes) {
    double[] all = new double[0];
    for (int label = 0; label < classes; label++) {
      int of = label;
      int[] members = IntStream.range(0, labels.length).filter(i -> labels[i] == of).toArray();
      if (members.length > 1) {
        double[] lengths = Prim.ofPoints(points.rows(members)).lengths();
        int before = all.length;
        all = Arrays.copyOf(all, before + lengths.length);
        System.arraycopy(lengths, 0, all, before, lengths.length);
      }
    }
    Arrays.sort(all);
    return all;
  }

  /** The lengths below the spacing in the tree that the device finds, ascending. */
  private static double[] shorter(float[] cloud, int d, float spacing, Case c, int n) {
    Matrix edges = c.allocate(ElementType.INT32, n - 1, 2);
    Matrix lengths = c.zeros(1, n - 1);
    c.backend().spanningTree(c.floats(n, d, cloud), edges, lengths);
    float[] found = lengths.toFloats();
    double[] wide = new double[n - 1];
    Arrays.setAll(wide, i -> found[i]);
    SpanningTree tree = new SpanningTree(edges.toInts(), wide);
    return Arrays.stream(tree.deathTimes()).filter(length -> length < spacing).toArray();
  }
}
