package gputae.evaluate;

import gputae.linear.FloatPoints;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How well an embedding z of inputs x preserves neighbourhoods. Ranks are by Euclidean distance, equal distances by
 * index; a point is not its own neighbour.
 *
 * <p>Trustworthiness and continuity (Venna, Kaski: Local multidimensional scaling, Neural Networks 19, 2006) are each
 * at most 1:
 * <pre>
 * T(k) = 1 - 2 / (n k (2n - 3k - 1)) sum over i, over j among the k nearest of i in the embedding and not in the
 *        inputs, of (rank of j in the inputs - k)
 * C(k) = the same with embedding and inputs exchanged
 * </pre>
 * They are means over those k of 10, 20, ..., 200 that are below n / 2, as in Moor et al. (Topological Autoencoders,
 * ICML 2020) and their published program. With at most 20 points, only the largest k below n / 2 is used; the result is
 * NaN for 2 points, which have no such k.
 *
 * @param trustworthiness   mean of T(k): low if the embedding shows neighbours that are none in the inputs
 * @param continuity        mean of C(k): low if the embedding separates neighbours
 * @param trustworthiness10 T(10), or T of the largest possible k
 * @param continuity10      C(10), or C of the largest possible k
 * @param labelAccuracy     share of the points whose class is the most frequent one among their 10 nearest others in
 *     the embedding (all others if fewer); of equally frequent classes, the one with the nearest member; NaN without
 *     labels
 * @param densityDivergence KL(f of inputs || f of embedding), in nats, of densities f(x) = sum over y of exp(-(|x - y|
 *     / largest distance)^2 / sigma), divided by their sum, as in Moor et al., for each of {@link #SIGMAS}; an
 *     embedding with all points in one place counts as uniform density
 */
public record NeighbourhoodMeasures(double trustworthiness, double continuity, double trustworthiness10,
    double continuity10, double labelAccuracy,
    List<Double> densityDivergence) {

  /** The kernel widths of {@link #densityDivergence}: 0.001, 0.01, 0.1, 1. */
  public static final List<Double> SIGMAS = Densities.SIGMAS;

  private static final int VOTERS = 10;

  public NeighbourhoodMeasures {
    densityDivergence = List.copyOf(densityDivergence);
  }

  /**
   * Measures an embedding.
   *
   * @param embeddings embeddings of the same points in the same order
   * @param labels     uint8 (n), or null
   */
  public static NeighbourhoodMeasures of(InputSpace inputs, FloatPoints embeddings, byte[] labels) {
    return ofClasses(inputs, embeddings, labels == null
        ? null : IntStream.range(0, labels.length).map(i -> labels[i] & 0xff).toArray());
  }

  /** As {@link #of}, with any integers as labels. */
  public static NeighbourhoodMeasures ofClasses(InputSpace inputs, FloatPoints embeddings, int[] labels) {
    embeddings.requireFinite();
    int n = inputs.count();
    if (embeddings.count() != n || labels != null && labels.length != n) {
      throw new IllegalArgumentException(n + " inputs, but " + embeddings.count() + " embeddings"
          + (labels == null ? "" : " and " + labels.length + " labels"));
    }
    int[] sizes = sizes(n);
    // (n, sizes): excess ranks of every point. They are integers, so the order of their sum does not matter.
    long[][] intruders = new long[n][sizes.length];
    long[][] missing = new long[n][sizes.length];
    boolean[] right = new boolean[n];
    Densities densities = Neighbourhoods.visit(new CoordinateDistances(embeddings), (i, order) -> {
      char[] near = Neighbourhoods.nearest(order);
      char[] ranks = new char[n];
      for (int r = 0; r < n; r++) {
        ranks[order[r]] = (char) r;
      }
      for (int s = 0; s < sizes.length; s++) {
        int k = sizes[s];
        for (int r = 0; r < k; r++) {
          intruders[i][s] += Math.max(0, inputs.rank(i, near[r]) - k);
          missing[i][s] += Math.max(0, ranks[inputs.nearest(i)[r]] - k);
        }
      }
      right[i] = labels != null && vote(near, labels) == labels[i];
    });
    double[] trustworthiness = kept(intruders, sizes);
    double[] continuity = kept(missing, sizes);
    double accuracy = labels == null ? Double.NaN : (double) IntStream.range(0, n).filter(i -> right[i]).count() / n;
    return new NeighbourhoodMeasures(mean(trustworthiness), mean(continuity), first(trustworthiness), first(continuity),
        accuracy,
        inputs.densities().divergence(densities));
  }

  /**
   * The neighbourhood sizes k for n points. Below n / 2 the factor in the formula is positive and T stays between 0 and
   * 1.
   */
  static int[] sizes(int n) {
    int largest = Math.min(Neighbourhoods.LARGEST, (n - 1) / 2);
    return largest >= 10 ? IntStream.rangeClosed(1, largest / 10).map(k -> 10 * k).toArray()
        : largest > 0 ? new int[] {largest} : new int[0];
  }

  private static double[] kept(long[][] excess, int[] sizes) {
    double n = excess.length;
    double[] kept = new double[sizes.length];
    for (int s = 0; s < sizes.length; s++) {
      long sum = 0;
      for (long[] ofPoint : excess) {
        sum += ofPoint[s];
      }
      double k = sizes[s];
      kept[s] = 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * sum;
    }
    return kept;
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }

  private static double first(double[] values) {
    return values.length == 0 ? Double.NaN : values[0];
  }

  /** The most frequent class of the nearest points; of several, the one that is met first. */
  private static int vote(char[] near, int[] labels) {
    int voters = Math.min(VOTERS, near.length);
    int most = 0;
    int winner = 0;
    for (int r = 0; r < voters; r++) {
      int votes = 0;
      for (int other = 0; other < voters; other++) {
        votes += labels[near[other]] == labels[near[r]] ? 1 : 0;
      }
      if (votes > most) {
        most = votes;
        winner = labels[near[r]];
      }
    }
    return winner;
  }
}
