package gputae.density;

import gputae.linear.FloatPoints;
import java.util.Arrays;
import java.util.List;

/**
 * One pass of the EM algorithm over a cloud: the responsibility r_k(x) = w_k N(x; m_k, S_k) / density(x) of each
 * component for each point x, by log-sum-exp, and the sums of which the next mixture is made.
 *
 * <p>The sums are taken around a fixed centre c_k, the last mean of the component or a point of its cluster, so that
 * clouds far from the origin lose no digits. Each component has W = sum of r, V = sum of r (x - c) and M = sum of
 * r (x - c) (x - c)^T.
 */
final class Expectation {

  /** Number of points whose densities are computed at a time. */
  private static final int TILE = 128;

  /** Number of points in one pass over the sums of products: the sums are then read and written four times less. */
  private static final int GROUP = 4;

  private final double[][] centres;

  /** The sum over the points of the logarithm of the density, nats. */
  private double logLikelihood;

  /** W, [components] */
  private final double[] weights;

  /** V, [components][d] */
  private final double[][] firsts;

  /** M, [components][d], row i with its i + 1 entries up to the diagonal */
  private final double[][][] seconds;

  private Expectation(double[][] centres) {
    int d = centres[0].length;
    this.centres = centres;
    this.weights = new double[centres.length];
    this.firsts = new double[centres.length][d];
    this.seconds = new double[centres.length][d][];
    for (double[][] rows : seconds) {
      Arrays.setAll(rows, i -> new double[i + 1]);
    }
  }

  /** The responsibilities that a mixture has. */
  static Expectation of(FloatPoints points, GaussianMixture mixture) {
    double[][] centres = new double[mixture.components()][];
    Arrays.setAll(centres, mixture::mean);
    return of(points, centres, (block, first, count, shares) -> block.shares(points, first, count, mixture, shares));
  }

  /** The responsibilities 0 and 1 of clusters: that of a point's cluster for the point is 1. */
  static Expectation of(FloatPoints points, int[] labels, int components) {
    double[][] centres = new double[components][points.dimension()];
    for (int p = points.count() - 1; p >= 0; p--) {
      for (int i = 0; i < points.dimension(); i++) {
        centres[labels[p]][i] = points.coordinates()[p * points.dimension() + i];
      }
    }
    return of(points, centres, (block, first, count, shares) -> {
      for (int b = 0; b < count; b++) {
        shares[labels[first + b]][b] = 1;
      }
    });
  }

  /** Computes the responsibilities of some points, [components][count]; they are 0 before. */
  private interface Shares {
    void of(Block block, int first, int count, double[][] shares);
  }

  private static Expectation of(FloatPoints points, double[][] centres, Shares responsibilities) {
    int d = points.dimension();
    Blocks blocks = Blocks.of(points.count(), centres.length * (1 + d + (long) d * (d + 1) / 2));
    List<Expectation> parts = blocks.map(first -> {
      Block block = new Block(new Expectation(centres), d);
      for (int tile = first; tile < blocks.end(first); tile += TILE) {
        block.add(points, tile, Math.min(TILE, blocks.end(first) - tile), responsibilities);
      }
      return block.sums;
    });
    Expectation sum = parts.get(0);
    parts.subList(1, parts.size()).forEach(sum::add);
    return sum;
  }

  private void add(Expectation other) {
    logLikelihood += other.logLikelihood;
    for (int k = 0; k < weights.length; k++) {
      weights[k] += other.weights[k];
      add(firsts[k], other.firsts[k]);
      for (int i = 0; i < firsts[k].length; i++) {
        add(seconds[k][i], other.seconds[k][i]);
      }
    }
  }

  private static void add(double[] sum, double[] more) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += more[i];
    }
  }

  double logLikelihood() {
    return logLikelihood;
  }

  /**
   * The mixture that maximises the expected likelihood of the points: weights W / n, means c + V / W, covariances
   * M / W - (V / W) (V / W)^T.
   *
   * @param diagonal added to every variance
   */
  GaussianMixture maximise(int points, double diagonal) {
    Gaussian[] components = new Gaussian[weights.length];
    double[] shares = new double[weights.length];
    for (int k = 0; k < weights.length; k++) {
      int d = centres[k].length;
      double[] shift = new double[d];
      double[] mean = new double[d];
      double[] covariance = new double[d * d];
      // A component that is responsible for no point keeps its place, with the least covariance and the weight 0.
      double weight = Math.max(weights[k], Double.MIN_NORMAL);
      for (int i = 0; i < d; i++) {
        shift[i] = firsts[k][i] / weight;
        mean[i] = centres[k][i] + shift[i];
        for (int j = 0; j <= i; j++) {
          covariance[i * d + j] = seconds[k][i][j] / weight - shift[i] * shift[j];
          covariance[j * d + i] = covariance[i * d + j];
        }
        covariance[i * d + i] += diagonal;
      }
      components[k] = Gaussian.of(mean, covariance);
      shares[k] = weights[k] / points;
    }
    return new GaussianMixture(shares, List.of(components));
  }

  /** The memory with which a thread adds tiles of points to its sums. */
  private static final class Block {
    private final Expectation sums;
    private final int d;
    private final double[][] tile;
    private final double[][] work;
    private final double[][] shares;
    private final double[] logDensities = new double[TILE];
    private final int[] numbers = new int[TILE + GROUP];
    private final double[] responsible = new double[TILE + GROUP];
    private final double[][] centred;

    Block(Expectation sums, int d) {
      this.sums = sums;
      this.d = d;
      tile = new double[d][TILE];
      work = new double[d][TILE];
      shares = new double[sums.weights.length][TILE];
      centred = new double[GROUP][d];
    }

    void add(FloatPoints points, int first, int count, Shares responsibilities) {
      for (double[] row : shares) {
        Arrays.fill(row, 0);
      }
      responsibilities.of(this, first, count, shares);
      for (int k = 0; k < shares.length; k++) {
        int some = 0;
        for (int b = 0; b < count; b++) {
          if (shares[k][b] > 0) {
            numbers[some] = first + b;
            responsible[some++] = shares[k][b];
          }
        }
        for (int g = 0; g < some; g += GROUP) {
          addGroup(points, k, g, some);
        }
      }
    }

    /** Adds four points to the sums of a component. If fewer are left, the last one is repeated with weight 0. */
    private void addGroup(FloatPoints points, int k, int group, int some) {
      double[] centre = sums.centres[k];
      for (int g = 0; g < GROUP; g++) {
        int place = group + g;
        if (place >= some) {
          numbers[place] = numbers[some - 1];
          responsible[place] = 0;
        }
        double weight = responsible[place];
        sums.weights[k] += weight;
        int row = numbers[place] * d;
        for (int i = 0; i < d; i++) {
          centred[g][i] = points.coordinates()[row + i] - centre[i];
          sums.firsts[k][i] += weight * centred[g][i];
        }
      }
      for (int i = 0; i < d; i++) {
        addProducts(sums.seconds[k][i], responsible[group] * centred[0][i], centred[0],
            responsible[group + 1] * centred[1][i], centred[1], responsible[group + 2] * centred[2][i], centred[2],
            responsible[group + 3] * centred[3][i], centred[3]);
      }
    }

    /** The compiler makes vector instructions of this loop. */
    private static void addProducts(double[] row, double f0, double[] x0, double f1, double[] x1, double f2,
        double[] x2, double f3, double[] x3) {
      for (int j = 0; j < row.length; j++) {
        row[j] = row[j] + f0 * x0[j] + f1 * x1[j] + f2 * x2[j] + f3 * x3[j];
      }
    }

    /** The responsibilities by log-sum-exp; adds the logarithms of the densities. */
    void shares(FloatPoints points, int first, int count, GaussianMixture mixture, double[][] logs) {
      for (int b = 0; b < count; b++) {
        for (int i = 0; i < d; i++) {
          tile[i][b] = points.coordinates()[(first + b) * d + i];
        }
      }
      mixture.logDensities(tile, count, work, logs);
      Arrays.fill(logDensities, 0, count, Double.NEGATIVE_INFINITY);
      for (double[] log : logs) {
        for (int b = 0; b < count; b++) {
          logDensities[b] = Math.max(logDensities[b], log[b]);
        }
      }
      for (int b = 0; b < count; b++) {
        double sum = 0;
        for (double[] log : logs) {
          log[b] = StrictMath.exp(log[b] - logDensities[b]);
          sum += log[b];
        }
        for (double[] share : logs) {
          share[b] /= sum;
        }
        sums.logLikelihood += logDensities[b] + StrictMath.log(sum);
      }
    }
  }
}
