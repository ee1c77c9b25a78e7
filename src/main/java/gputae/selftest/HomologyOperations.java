package gputae.selftest;

import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.homology.ExactDistance;
import gputae.homology.Kruskal;
import gputae.homology.Prim;
import gputae.homology.SpanningTree;
import gputae.linear.FloatPoints;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Distances and spanning trees under the exact rule, bit for bit, and the gradient of the death times. */
final class HomologyOperations {

  private HomologyOperations() {}

  static List<Operation> all() {
    return List.of(
        new Operation("squared distances", "1 to 257 points, 1 to 1100 dimensions", Unit.EXACT,
            HomologyOperations::squaredDistances),
        new Operation("spanning tree", "9 kinds of clouds; 1 to 1025 points, 1 to 64 dims", Unit.EXACT,
            HomologyOperations::spanningTree),
        new Operation(SelfTest.LARGE_TREES, "9 kinds of clouds; 127 to 5000 points, 1 to 65 dims", Unit.EXACT,
            HomologyOperations::largeSpanningTree),
        new Operation("death times", "1 to 700 points, 1 to 33 dims, degrees, max edges", Unit.ROUNDING,
            HomologyOperations::deathTimes));
  }

  private static void squaredDistances(Cases cases) {
    Random random = new Random(8);
    for (int d : new int[] {1, 2, 3, 4, 10, 31, 32, 33, 64, 65, 100}) {
      for (int n : new int[] {1, 2, 15, 16, 17, 33, 100}) {
        cases.run(n + " x " + d, c -> squaredDistances(c, random, n, d));
      }
    }
    for (int d : new int[] {2, 33}) {
      for (int n : new int[] {31, 32, 127, 128, 129, 255, 256, 257}) {
        cases.run(n + " x " + d, c -> squaredDistances(c, random, n, d));
      }
    }
    for (int d : new int[] {255, 256, 257, 300, 512, 1100}) {
      cases.run("35 x " + d, c -> squaredDistances(c, random, 35, d));
    }
  }

  private static void squaredDistances(Case c, Random random, int n, int d) {
    FloatPoints points = new FloatPoints(Reference.gaussian(random, n * d, 1), d);
    Matrix out = c.zeros(n, n);
    c.backend().squaredDistances(c.floats(n, d, points.coordinates()), out);
    float[] found = out.toFloats();
    for (int i = 0; i < n * n; i++) {
      c.same("squared length", i, ExactDistance.squared(points, i / n, i % n), found[i]);
    }
  }

  private static void spanningTree(Cases cases) {
    Clouds.Kind[] kinds = Clouds.Kind.values();
    // The sizes are near a register of 16, a warp, two warps and a batch, and one more than a block of 256.
    for (Clouds.Kind kind : kinds) {
      for (int n : new int[] {1, 2, 3, 15, 16, 17, 18, 31, 33, 65, 128, 129, 257}) {
        for (int d : new int[] {1, 2, 3, 4, 10, 33, 64}) {
          FloatPoints points = Clouds.draw(kind, n, d, new Random(31L * n + d));
          spanningTree(cases, kind.toString(), points, Kruskal.ofPoints(points));
        }
      }
    }
    // A GPU processes clouds of up to 128 points in one block and larger ones in many blocks. Every kind of cloud is
    // tested on both sides of this limit.
    for (Clouds.Kind kind : kinds) {
      againstPrim(cases, kind, 128, 2);
      againstPrim(cases, kind, 129, 2);
      againstPrim(cases, kind, 300, 10);
      againstPrim(cases, kind, 700, 3);
      againstPrim(cases, kind, 1025, 2);
    }
  }

  private static void largeSpanningTree(Cases cases) {
    // The code path of every dimension with every size; the kinds take turns.
    Clouds.Kind[] kinds = Clouds.Kind.values();
    int turn = 0;
    for (int n : new int[] {127, 128, 129, 300, 513, 1024, 1025}) {
      for (int d : new int[] {1, 2, 3, 4, 6, 7, 10, 12, 16, 32, 33, 65}) {
        againstPrim(cases, kinds[turn++ % kinds.length], n, d);
      }
    }
    // Above 65,536 numbers streamed per round, the CPU's threads share the points. Above 4,000 points, the rounds of
    // every GPU run over the grid.
    againstPrim(cases, Clouds.Kind.LATTICE, 2500, 30);
    againstPrim(cases, Clouds.Kind.UNIFORM, 4001, 3);
    againstPrim(cases, Clouds.Kind.STRIPED, 4100, 2);
    againstPrim(cases, Clouds.Kind.LATTICE, 5000, 2);
  }

  private static void againstPrim(Cases cases, Clouds.Kind kind, int n, int d) {
    FloatPoints points = Clouds.draw(kind, n, d, new Random(31L * n + d));
    spanningTree(cases, kind.toString(), points, Prim.ofPoints(points));
  }

  private static void spanningTree(Cases cases, String kind, FloatPoints points, SpanningTree reference) {
    int n = points.count();
    int d = points.dimension();
    cases.run(n + " x " + d + " " + kind, c -> {
      Matrix edges = c.allocate(ElementType.INT32, n - 1, 2);
      Matrix lengths = c.zeros(1, n - 1);
      c.backend().spanningTree(c.floats(n, d, points.coordinates()), edges, lengths);
      float[] found = lengths.toFloats();
      double[] wide = new double[found.length];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = found[i];
      }
      SpanningTree tree = new SpanningTree(edges.toInts(), wide).sorted();
      SpanningTree expected = reference.sorted();
      c.same("end of an edge, edges ascending,", expected.edges(), tree.edges());
      c.same("length", expected.lengths(), tree.lengths());
    });
  }

  private static void deathTimes(Cases cases) {
    Random random = new Random(11);
    for (int n : new int[] {1, 2, 3, 33, 128}) {
      for (int d : new int[] {1, 2, 10}) {
        deathTimes(cases, random, n, d);
      }
    }
    for (int n : new int[] {31, 32, 255, 256, 257, 700}) {
      for (int d : new int[] {1, 2, 10, 33}) {
        deathTimes(cases, random, n, d);
      }
    }
    // A star. It is no spanning tree of these points, but it has a property that few trees have: one point with
    // hundreds of edges.
    for (int n : new int[] {128, 257, 700}) {
      FloatPoints z = new FloatPoints(Reference.gaussian(random, n * 2, 1), 2);
      int[] edges = new int[2 * (n - 1)];
      float[] lengths = new float[n - 1];
      for (int e = 0; e < n - 1; e++) {
        edges[2 * e] = 0;
        edges[2 * e + 1] = n - 1 - e;
        lengths[e] = ExactDistance.length(ExactDistance.squared(z, 0, n - 1 - e));
      }
      deathTimes(cases, random, "star of " + n + " x 2", z, edges, lengths);
    }
  }

  private static void deathTimes(Cases cases, Random random, int n, int d) {
    float[] z = Reference.gaussian(random, n * d, 1);
    if (n > 3) {
      // A duplicate point gives an edge of length 0, whose gradient is 0.
      System.arraycopy(z, 0, z, 2 * d, d);
    }
    // This uses the tree of the reference, so that it does not fail together with the engine; the order of its edges is
    // as valid as the engine's.
    FloatPoints points = new FloatPoints(z, d);
    SpanningTree tree = Prim.ofPoints(points);
    float[] lengths = new float[n - 1];
    for (int i = 0; i < n - 1; i++) {
      lengths[i] = (float) tree.lengths()[i];
    }
    deathTimes(cases, random, n + " x " + d, points, tree.edges(), lengths);
  }

  private static void deathTimes(Cases cases, Random random, String label, FloatPoints points, int[] edges,
      float[] lengths) {
    // An edge whose length equals maxEdge still counts.
    float[] sorted = lengths.clone();
    Arrays.sort(sorted);
    float middle = sorted.length == 0 ? 1 : sorted[sorted.length / 2];
    for (float degree : new float[] {1, 2, 1.5f, 0.5f}) {
      for (float maxEdge : new float[] {Float.POSITIVE_INFINITY, 0.5f, middle}) {
        cases.run(label + ", degree " + degree + ", at most " + maxEdge,
            c -> deathTimes(c, random, points, edges, lengths, degree, maxEdge));
      }
    }
  }

  private static void deathTimes(Case c, Random random, FloatPoints points, int[] edges, float[] lengths, float degree,
      float maxEdge) {
    float[] z = points.coordinates();
    int n = points.count();
    int d = points.dimension();
    // The gradient is assigned, so its previous content must not matter.
    Matrix gradient = c.floats(n, d, Reference.gaussian(random, n * d, 5));
    Matrix loss = c.zeros(1, 1);
    c.backend().deathTimes(c.floats(n, d, z), c.ints(n - 1, 2, edges), c.floats(1, n - 1, lengths), degree, maxEdge,
        c.number(-0.5f), gradient, loss);
    double sum = 0;
    double[] expected = new double[n * d];
    double[] sizes = new double[n];
    int[] pulls = new int[n];
    for (int e = 0; e < n - 1; e++) {
      if (lengths[e] > maxEdge) {
        continue;
      }
      sum += Math.pow(lengths[e], degree);
      if (lengths[e] == 0) {
        continue;
      }
      int u = edges[2 * e];
      int v = edges[2 * e + 1];
      double slope = -0.5 * degree * Math.pow(lengths[e], degree - 1) / lengths[e];
      for (int k = 0; k < d; k++) {
        double pull = slope * ((double) z[u * d + k] - z[v * d + k]);
        expected[u * d + k] += pull;
        expected[v * d + k] -= pull;
      }
      sizes[u] += Math.abs(slope * lengths[e]);
      sizes[v] += Math.abs(slope * lengths[e]);
      pulls[u]++;
      pulls[v]++;
    }
    c.close("sum of deaths", 0, sum, loss.toFloats()[0], 4, sum);
    float[] found = gradient.toFloats();
    for (int i = 0; i < n * d; i++) {
      c.close("gradient", i, expected[i], found[i], Reference.ofSum(pulls[i / d]), sizes[i / d]);
    }
  }
}
