package gputae.homology;

import gputae.backend.Backend;
import gputae.linear.DoublePoints;
import java.util.Arrays;
import java.util.Optional;

/**
 * The spanning tree of float64 points, correct even where float32 is too coarse.
 *
 * <p>{@link #reference} is Prim's algorithm in double precision. {@link #refined} lets the float32 engine search first,
 * and repeats in double what float32 cannot distinguish. Rounding moves every point by at most e, so it changes every
 * distance by at most D = 2 e, and every death time by at most D (stability of bottleneck distances). The lengths of
 * the engine's tree T are computed again in double. Then a death time w of T corresponds to a true one m with m &lt;= w
 * &lt;= m + 2 D. Hence
 * <ul>
 *   <li>edges longer than R = 2 D / 1e-5 are correct within 1e-5;
 *   <li>all pairs up to R lie inside the components that remain of T when its longer edges are removed, so the trees of
 *     these components, computed in double, contain every shorter edge of the true tree.
 * </ul>
 * A component that is much smaller than the cloud is treated as a separate cloud, which float32 resolves after moving
 * and scaling it. The engine's own rounding is relative to the length and below (d / 2 + 2) 2^-24; it may decide
 * between edges whose lengths are that close to each other.
 */
public final class DoublePrecision {

  /** The accuracy that {@link #refined} guarantees for every death time, apart from the engine's own rounding. */
  public static final double TOLERANCE = 1e-5;

  /** The reference takes about a tenth of a second for n^2 d up to this number. */
  private static final double QUICK = 1e8;

  /**
   * The largest number of coordinates to compare, about two seconds. Beyond it, float32 is taken to be of no help for
   * the cloud.
   */
  private static final double MOST_WORK = 2e9;

  /**
   * A component that is smaller than its cloud by this factor is worth a separate run of the engine: it gains two bits,
   * and heavy tails are removed layer by layer.
   */
  private static final double SMALLER = 1.0 / 4;

  // Squares of scaled differences stay below 2^1023, and far above the range in which a double loses digits.
  private static final double LEAST_SQUARE = 0x1p-960;

  private final Backend backend;
  private final DoublePoints points;
  private final int dimension;
  private final double mostWork;
  private double work;

  /** Edges of the tree found so far. */
  private int[] edges;
  private double[] lengths;
  private int count;

  private DoublePrecision(Backend backend, DoublePoints points, double mostWork) {
    this.backend = backend;
    this.mostWork = mostWork;
    this.points = points;
    this.dimension = points.dimension();
    int n = points.count();
    this.edges = new int[2 * (n - 1)];
    this.lengths = new double[n - 1];
  }

  /** Whether {@link #reference} takes only a moment. */
  public static boolean isQuick(int points, int dimension) {
    return (double) points * points * dimension <= QUICK;
  }

  /**
   * The approximate time that {@link #reference} takes: half a nanosecond per coordinate of a pair, and a little more.
   */
  public static double seconds(int points, int dimension) {
    return (double) points * points * (dimension + 2) * 0.6e-9;
  }

  /**
   * The tree under the exact rule in double precision; O(n^2 d).
   *
   * @throws IllegalArgumentException if a coordinate is not finite, or if the scales of the cloud differ so much that
   *     doubles cannot hold the squares
   */
  public static SpanningTree reference(DoublePoints points) {
    int exponent = exponent(points);
    DoublePoints scaled = scaled(points, exponent);
    SpanningTree tree = Prim.ofPoints(scaled);
    requireSquares(tree, scaled);
    return new SpanningTree(tree.edges(), unscaled(tree.lengths(), exponent));
  }

  /**
   * The tree with every death time accurate within {@link #TOLERANCE}; empty if that would take more than some seconds
   * beyond the engine's time.
   *
   * @throws IllegalArgumentException as {@link #reference} does
   */
  public static Optional<SpanningTree> refined(Backend backend, DoublePoints points) {
    return refined(backend, points, MOST_WORK);
  }

  static Optional<SpanningTree> refined(Backend backend, DoublePoints points, double mostWork) {
    int exponent = exponent(points);
    DoublePoints scaled = scaled(points, exponent);
    DoublePrecision search = new DoublePrecision(backend, scaled, mostWork);
    int[] all = new int[points.count()];
    Arrays.setAll(all, i -> i);
    if (!search.solve(all)) {
      return Optional.empty();
    }
    SpanningTree tree = new SpanningTree(search.edges, search.lengths);
    requireSquares(tree, scaled);
    return Optional.of(new SpanningTree(tree.edges(), unscaled(tree.lengths(), exponent)));
  }

  /** Adds the edges of the tree of some points, given in ascending order; false if that is too much work. */
  private boolean solve(int[] ids) {
    DoublePoints cloud = gather(ids);
    if (isQuick(ids.length, dimension) && work + (double) ids.length * ids.length * dimension / 2 <= mostWork) {
      work += (double) ids.length * ids.length * dimension / 2;
      SpanningTree tree = Prim.ofPoints(cloud);
      addAll(ids, tree.edges(), tree.lengths());
      return true;
    }
    Homology.Rounded rounded = Homology.rounded(cloud);
    SpanningTree tree = Homology.run(backend, rounded.points(), rounded.exponent());
    double moved = 2 * Math.scalb(rounded.error(), -rounded.exponent());
    double own = 1.01 * ((Math.min(dimension, ExactDistance.CHUNK) + dimension / ExactDistance.CHUNK + 3) / 2.0
        + 1) * 0x1p-24;
    // Below 2^-60 in the engine's units, squares lose digits in float32.
    double least = Math.max(2 * moved / TOLERANCE + moved, Math.scalb(0x1p-60, -rounded.exponent())) * (1 + 2 * own);
    int[] parent = new int[ids.length];
    Arrays.setAll(parent, i -> i);
    double[] exact = new double[tree.lengths().length];
    for (int e = 0; e < exact.length; e++) {
      int u = tree.edges()[2 * e];
      int v = tree.edges()[2 * e + 1];
      exact[e] = Math.sqrt(ExactDistance.squared(cloud, u, v));
      if (tree.lengths()[e] <= least) {
        parent[Kruskal.root(parent, u)] = Kruskal.root(parent, v);
      } else {
        add(ids[u], ids[v], exact[e]);
      }
    }
    return solveComponents(ids, cloud, parent, tree, exact, least);
  }

  private boolean solveComponents(int[] ids, DoublePoints cloud, int[] parent, SpanningTree tree, double[] exact,
      double least) {
    int n = ids.length;
    int[] sizes = new int[n];
    double[] longest = new double[n];
    for (int i = 0; i < n; i++) {
      sizes[Kruskal.root(parent, i)]++;
    }
    for (int e = 0; e < exact.length; e++) {
      if (tree.lengths()[e] <= least) {
        int root = Kruskal.root(parent, tree.edges()[2 * e]);
        longest[root] = Math.max(longest[root], exact[e]);
      }
    }
    int[][] members = new int[n][];
    int[] filled = new int[n];
    for (int i = 0; i < n; i++) {
      int root = Kruskal.root(parent, i);
      members[root] = members[root] == null ? new int[sizes[root]] : members[root];
      members[root][filled[root]++] = i;
    }
    double extent = extent(cloud, null);
    for (int root = 0; root < n; root++) {
      if (sizes[root] < 2) {
        continue;
      }
      int[] part = members[root];
      int[] partIds = Arrays.stream(part).map(i -> ids[i]).toArray();
      boolean solved = isQuick(part.length, dimension) || extent(cloud, part) <= SMALLER * extent
          ? solve(partIds)
          : solveByNeighbours(partIds, longest[root]);
      if (!solved) {
        return false;
      }
    }
    return true;
  }

  /** The tree of points that are connected by edges of at most this length. */
  private boolean solveByNeighbours(int[] ids, double reach) {
    DoublePoints cloud = gather(ids);
    double most = (mostWork - work) / (dimension + 4);
    NeighbourPrim prim = new NeighbourPrim(cloud, reach * (1 + 0x1p-40), most);
    boolean done = prim.grow();
    work += prim.visits() * (dimension + 4.0);
    if (done) {
      addAll(ids, prim.edges(), prim.lengths());
    }
    return done;
  }

  /** The largest extent along an axis, of the chosen points or of all. */
  private double extent(DoublePoints cloud, int[] chosen) {
    double largest = 0;
    int n = chosen == null ? cloud.count() : chosen.length;
    for (int k = 0; k < dimension; k++) {
      double low = Double.POSITIVE_INFINITY;
      double high = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < n; i++) {
        double x = cloud.coordinate(chosen == null ? i : chosen[i], k);
        low = Math.min(low, x);
        high = Math.max(high, x);
      }
      largest = Math.max(largest, high - low);
    }
    return largest;
  }

  private DoublePoints gather(int[] ids) {
    return ids.length == points.count() ? points : points.rows(ids);
  }

  private void addAll(int[] ids, int[] ends, double[] found) {
    for (int e = 0; e < found.length; e++) {
      add(ids[ends[2 * e]], ids[ends[2 * e + 1]], found[e]);
    }
  }

  private void add(int u, int v, double length) {
    edges[2 * count] = Math.min(u, v);
    edges[2 * count + 1] = Math.max(u, v);
    lengths[count++] = length;
  }

  /**
   * The exponent of the power of two that scales the largest coordinate so that the sum of the squares of d differences
   * does not overflow.
   */
  private static int exponent(DoublePoints points) {
    points.requireFinite();
    double largest = 0;
    for (double x : points.coordinates()) {
      largest = Math.max(largest, Math.abs(x));
    }
    int dimensionBits = 32 - Integer.numberOfLeadingZeros(points.dimension() - 1);
    return largest == 0 ? 0 : (1019 - dimensionBits) / 2 - Homology.exponentOf(largest);
  }

  private static DoublePoints scaled(DoublePoints points, int exponent) {
    double[] scaled = points.coordinates().clone();
    for (int i = 0; i < scaled.length; i++) {
      double x = scaled[i];
      scaled[i] = Math.scalb(x, exponent);
      if (Math.scalb(scaled[i], -exponent) != x) {
        throw tooFarApart();
      }
    }
    return new DoublePoints(scaled, points.dimension());
  }

  private static double[] unscaled(double[] lengths, int exponent) {
    return Arrays.stream(lengths).map(length -> Math.scalb(length, -exponent)).toArray();
  }

  /** Squares that vanish, or nearly vanish, would give distance 0 between points that differ. */
  private static void requireSquares(SpanningTree tree, DoublePoints points) {
    for (int e = 0; e < tree.lengths().length; e++) {
      double length = tree.lengths()[e];
      if (length * length < LEAST_SQUARE) {
        for (int k = 0; k < points.dimension(); k++) {
          if (points.coordinate(tree.edges()[2 * e], k) != points.coordinate(tree.edges()[2 * e + 1], k)) {
            throw tooFarApart();
          }
        }
      }
    }
  }

  private static IllegalArgumentException tooFarApart() {
    return new IllegalArgumentException("the largest coordinate is more than 10^290 times the smallest distance; such"
        + " a cloud cannot be computed in float64");
  }
}
