package gputae.density;

import gputae.backend.Philox;
import gputae.linear.FloatPoints;
import java.util.Arrays;

/**
 * The k clusters of a cloud from which a mixture starts: centres chosen by k-means++ (Arthur, Vassilvitskii 2007), then
 * moved by the iterations of Lloyd 1982.
 */
final class Clusters {

  /** Only a start is wanted; the first iterations do most of the work. */
  private static final int MOST_ITERATIONS = 30;

  private final FloatPoints points;
  private final int d;
  private final Blocks blocks;

  /** [k][d] */
  private double[][] centres;

  private Clusters(FloatPoints points, double[][] centres) {
    this.points = points;
    this.d = points.dimension();
    this.blocks = Blocks.of(points.count(), (long) centres.length * (d + 1));
    this.centres = centres;
  }

  /**
   * The cluster of each point, 0 to k - 1; no cluster is empty.
   *
   * @param start  gives other clusters, since the first centres are drawn anew
   * @param stream of random numbers, the last word of the counter of {@link Philox}
   * @throws IllegalArgumentException if the points have fewer than k different places
   */
  static int[] of(FloatPoints points, int k, long seed, int start, int stream) {
    Clusters clusters = new Clusters(points, new double[k][points.dimension()]);
    clusters.choose(seed, start, stream);
    return clusters.settle();
  }

  /** Chooses each centre among the points with a probability that grows with the squared distance to those before. */
  private void choose(long seed, int start, int stream) {
    double[] squares = new double[points.count()];
    Arrays.fill(squares, Double.POSITIVE_INFINITY);
    int chosen = (int) (uniform(seed, 0, start, stream) * points.count());
    for (int c = 0;; c++) {
      double[] centre = centres[c];
      for (int i = 0; i < d; i++) {
        centre[i] = points.coordinates()[chosen * d + i];
      }
      if (c + 1 == centres.length) {
        return;
      }
      blocks.map(first -> {
        for (int p = first; p < blocks.end(first); p++) {
          squares[p] = Math.min(squares[p], squaredDistance(p, centre));
        }
        return first;
      });
      double total = 0;
      for (double square : squares) {
        total += square;
      }
      if (total == 0) {
        throw new IllegalArgumentException("the points have only " + (c + 1) + " different places, fewer than the "
            + centres.length + " components; give at most " + (c + 1));
      }
      double target = uniform(seed, c + 1, start, stream) * total;
      double before = 0;
      for (int p = 0; p < squares.length && before <= target; p++) {
        before += squares[p];
        // The last point with a distance is chosen if rounding makes the target too large.
        chosen = squares[p] > 0 ? p : chosen;
      }
    }
  }

  private static double uniform(long seed, int number, int start, int stream) {
    int[] words = Philox.words(seed, number, start, stream);
    return ((words[0] >>> 5) * 0x1p26 + (words[1] >>> 6)) * 0x1p-53;
  }

  /** Moves the centres until no point changes its cluster, a cluster would become empty, or for long enough. */
  private int[] settle() {
    int[] labels = nearest();
    for (int iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
      centres = means(labels);
      int[] next = nearest();
      if (Arrays.equals(labels, next) || Arrays.stream(next).distinct().count() < centres.length) {
        return labels;
      }
      labels = next;
    }
    return labels;
  }

  private int[] nearest() {
    int[] labels = new int[points.count()];
    blocks.map(first -> {
      for (int p = first; p < blocks.end(first); p++) {
        double least = Double.POSITIVE_INFINITY;
        for (int c = 0; c < centres.length; c++) {
          double square = squaredDistance(p, centres[c]);
          if (square < least) {
            least = square;
            labels[p] = c;
          }
        }
      }
      return first;
    });
    return labels;
  }

  private double[][] means(int[] labels) {
    double[][] means = new double[centres.length][d];
    int[] counts = new int[centres.length];
    for (int p = 0; p < labels.length; p++) {
      counts[labels[p]]++;
      for (int i = 0; i < d; i++) {
        means[labels[p]][i] += points.coordinates()[p * d + i];
      }
    }
    for (int c = 0; c < means.length; c++) {
      for (int i = 0; i < d; i++) {
        means[c][i] /= counts[c];
      }
    }
    return means;
  }

  private double squaredDistance(int point, double[] centre) {
    double sum = 0;
    for (int i = 0; i < d; i++) {
      double t = points.coordinates()[point * d + i] - centre[i];
      sum += t * t;
    }
    return sum;
  }
}
