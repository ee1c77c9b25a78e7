package gputae.evaluate;

import gputae.data.Labels;
import gputae.data.Split;
import gputae.linear.FloatPoints;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
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
 * The mean relative rank errors (Lee, Verleysen: Quality assessment of dimensionality reduction, Neurocomputing 72,
 * 2009), with j's ranks r in the inputs and s in the embedding as seen from i, are 0 if all ranks are kept:
 * <pre>
 * E(k) = 1 / (n c(k)) sum over i, over j among the k nearest of i in the embedding, of |r - s| / s
 * F(k) = 1 / (n c(k)) sum over i, over j among the k nearest of i in the inputs, of |r - s| / r
 * c(k) = sum of |n + 1 - 2 s| / s for s = 1, ..., k
 * </pre>
 * All four are means over those k of 10, 20, ..., 200 that are below n / 2, as in Moor et al. (Topological
 * Autoencoders, ICML 2020) and their published program. With at most 20 points, only the largest k below n / 2 is
 * used; the result is NaN for 2 points, which have no such k.
 *
 * @param trustworthiness   mean of T(k): low if the embedding shows neighbours that are none in the inputs
 * @param continuity        mean of C(k): low if the embedding separates neighbours
 * @param trustworthiness10 T(10), or T of the largest possible k
 * @param continuity10      C(10), or C of the largest possible k
 * @param rankError         mean of E(k): how far the embedding's neighbours are from their place in the inputs
 * @param rankErrorOfInputs mean of F(k): how far the inputs' neighbours are from their place in the embedding
 * @param distanceRmse      root of the mean of (|x - y| - |z - w|)^2 over all pairs, as in Moor et al.; images have
 *     pixels in [0, 1]
 * @param labelAccuracy     share of the points whose class is the most frequent one among their 10 nearest others in
 *     the embedding (all others if fewer); of equally frequent classes, the one with the nearest member. Points without
 *     a class are left out on both sides; NaN if fewer than 2 points have one
 * @param densityDivergence KL(f of inputs || f of embedding), in nats, of densities f(x) = sum over y of exp(-(|x - y|
 *     / largest distance)^2 / sigma), divided by their sum, as in Moor et al., for each of {@link #SIGMAS}; an
 *     embedding with all points in one place counts as uniform density
 */
public record NeighbourhoodMeasures(double trustworthiness, double continuity, double trustworthiness10,
    double continuity10, double rankError, double rankErrorOfInputs, double distanceRmse, double labelAccuracy,
    List<Double> densityDivergence) {

  /** The kernel widths of {@link #densityDivergence}: 0.001, 0.01, 0.1, 1. */
  public static final List<Double> SIGMAS = Densities.SIGMAS;

  private static final int VOTERS = 10;

  public NeighbourhoodMeasures {
    densityDivergence = List.copyOf(densityDivergence);
  }

  /**
   * Measures the embeddings of a split's images.
   *
   * @param embeddings in the order of the images
   */
  public static NeighbourhoodMeasures of(InputSpace inputs, FloatPoints embeddings, Split split) {
    return ofClasses(inputs, embeddings, split.labels() == null
        ? null : IntStream.range(0, split.labels().length).map(split::classOf).toArray());
  }

  /**
   * Measures an embedding.
   *
   * @param embeddings embeddings of the same points in the same order
   * @param labels     classes (n), {@link Labels#NO_CLASS} for a point without one; or null
   */
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
    // (n, sizes): relative rank errors of every point. They are added in the order of the points.
    double[][] errors = new double[n][sizes.length];
    double[][] errorsOfInputs = new double[n][sizes.length];
    boolean[] right = new boolean[n];
    SquaredDistances embedded = new CoordinateDistances(embeddings);
    Densities densities = Neighbourhoods.visit(embedded, (i, order) -> {
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
      rankErrors(near, j -> inputs.rank(i, j), sizes, errors[i]);
      rankErrors(inputs.nearest(i), j -> ranks[j], sizes, errorsOfInputs[i]);
      right[i] = labels != null && labels[i] != Labels.NO_CLASS && vote(order, labels) == labels[i];
    });
    double[] trustworthiness = kept(intruders, sizes);
    double[] continuity = kept(missing, sizes);
    long classified = labels == null ? 0 : Arrays.stream(labels).filter(label -> label != Labels.NO_CLASS).count();
    double accuracy = classified < 2 ? Double.NaN
        : (double) IntStream.range(0, n).filter(i -> right[i]).count() / classified;
    return new NeighbourhoodMeasures(mean(trustworthiness), mean(continuity), first(trustworthiness), first(continuity),
        mean(meanErrors(errors, sizes)), mean(meanErrors(errorsOfInputs, sizes)),
        DistanceErrors.rootMeanSquare(inputs.distances(), inputs.unit(), embedded), accuracy,
        inputs.densities().divergence(densities));
  }

  /** sums[s] = sum of |rank elsewhere - rank| / rank of the sizes[s] nearest points; the sizes are ascending. */
  private static void rankErrors(char[] near, IntUnaryOperator elsewhere, int[] sizes, double[] sums) {
    double sum = 0;
    int r = 0;
    for (int s = 0; s < sizes.length; s++) {
      for (; r < sizes[s]; r++) {
        int rank = r + 1;
        sum += (double) Math.abs(elsewhere.applyAsInt(near[r]) - rank) / rank;
      }
      sums[s] = sum;
    }
  }

  /** The sums of all points, divided by n c(k) for each k. */
  private static double[] meanErrors(double[][] errors, int[] sizes) {
    int n = errors.length;
    double[] means = new double[sizes.length];
    double normaliser = 0;
    int rank = 1;
    for (int s = 0; s < sizes.length; s++) {
      for (; rank <= sizes[s]; rank++) {
        normaliser += (double) Math.abs(n + 1 - 2 * rank) / rank;
      }
      for (double[] ofPoint : errors) {
        means[s] += ofPoint[s];
      }
      means[s] /= n * normaliser;
    }
    return means;
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

  /**
   * The most frequent class of the nearest points that have one; of several, the one that is met first.
   *
   * @param order all points by rank; the first one does not vote. At least one other has a class
   */
  private static int vote(char[] order, int[] labels) {
    int[] classes = new int[VOTERS];
    int voters = 0;
    for (int r = 1; r < order.length && voters < VOTERS; r++) {
      if (labels[order[r]] != Labels.NO_CLASS) {
        classes[voters++] = labels[order[r]];
      }
    }
    int most = 0;
    int winner = Labels.NO_CLASS;
    for (int r = 0; r < voters; r++) {
      int votes = 0;
      for (int other = 0; other < voters; other++) {
        votes += classes[other] == classes[r] ? 1 : 0;
      }
      if (votes > most) {
        most = votes;
        winner = classes[r];
      }
    }
    return winner;
  }
}
