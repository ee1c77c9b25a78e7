package gputae.linear;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The directions in which a cloud of many dimensions varies most. They are found without its covariance matrix: its
 * computation and decomposition would take minutes at a thousand dimensions. Instead, the covariance C is restricted to
 * a block Krylov subspace, span{V, C V, C^2 V, ...}, and the eigenvectors there are used (Musco, Musco 2015: Randomized
 * block Krylov methods for stronger and faster approximate singular value decomposition). The first block V is a fixed
 * draw, so the same points give the same bits.
 *
 * <p>If the largest variances are well separated from the others, the vectors are eigenvectors of C: the residual |C v
 * - variance v| is at most 1e-8 times the largest variance. If many variances are nearly equal, the search ends after
 * {@value #MOST_BLOCKS} blocks; the variances found are then at most some per cent below the largest ones.
 *
 * @param vectors   [k][d], orthonormal, the largest variance first
 * @param variances [k], the variances along the vectors
 * @param whole     the sum of the variances along all d axes
 */
public record LeadingComponents(double[][] vectors, double[] variances, double whole) {

  /** Up to this number of dimensions, computing the covariance matrix and all of its eigenvectors takes less time. */
  public static final int FEW_DIMENSIONS = 128;

  /** Number of vectors in a block: more than are asked for, to compensate for directions that vary nearly as much. */
  private static final int BLOCK = 8;
  private static final int MOST_BLOCKS = 10;
  private static final double RESIDUAL = 1e-8;
  /** A vector that becomes shorter than this, relative to its previous length, lies in the span of the others. */
  private static final double DEPENDENT = 1e-10;
  /**
   * Number of parts of the rows that are summed separately. It is fixed, so that sums do not depend on the number of
   * processors.
   */
  private static final int PARTS = 4;

  /**
   * The {@code k} leading components of every {@code step}-th point whose coordinates are all finite.
   *
   * @param points  of d dimensions, at least {@code k}
   * @param k       number of components, 1 to 8
   * @param favours [up to 8 - k][d]: unit vectors that decide if the points leave a direction open, as if the variance
   *     along each of them were larger by {@code favour}; null for none
   * @param favour  relative to the whole variance, or to 1 if that is 0
   */
  public static LeadingComponents of(FloatPoints points, int step, int k, double[][] favours, double favour) {
    return new Cloud(points, step).components(k, favours == null ? new double[0][] : favours, favour);
  }

  /** The rows, and the product of their covariance with vectors. */
  private static final class Cloud {
    private final float[] points;
    private final int d;
    /** The indices at which the finite rows begin. */
    private final int[] rows;
    private final double[] mean;
    private final double whole;

    Cloud(FloatPoints cloud, int step) {
      points = cloud.coordinates();
      d = cloud.dimension();
      rows = IntStream.iterate(0, n -> n < cloud.count(), n -> n + step).filter(cloud::isFinite)
          .map(n -> n * d).toArray();
      mean = new double[d];
      for (int row : rows) {
        for (int i = 0; i < d; i++) {
          mean[i] += points[row + i];
        }
      }
      Vectors.scale(mean, 1.0 / Math.max(1, rows.length));
      double squares = 0;
      double[] centred = new double[d];
      for (int row : rows) {
        centre(row, centred);
        squares += Vectors.dot(centred, centred);
      }
      whole = squares / Math.max(1, rows.length);
    }

    LeadingComponents components(int k, double[][] favours, double favour) {
      double weight = favour * (whole > 0 ? whole : 1);
      List<double[]> basis = new ArrayList<>();
      List<double[]> products = new ArrayList<>();
      Random random = new Random(1);
      double[][] block = new double[Math.min(BLOCK, d)][];
      for (int j = 0; j < block.length; j++) {
        block[j] = j < favours.length ? favours[j].clone() : random.doubles(d, -1, 1).toArray();
      }
      Ritz found = null;
      for (int blocks = 0; blocks < MOST_BLOCKS; blocks++) {
        int first = basis.size();
        for (double[] vector : block) {
          addOrthonormal(basis, vector);
        }
        if (basis.size() == first) {
          break;
        }
        products.addAll(List.of(product(basis.subList(first, basis.size()).toArray(double[][]::new), favours, weight)));
        found = Ritz.of(basis, products, Math.min(k, basis.size()));
        if (found.residual() <= RESIDUAL * found.values[0]) {
          break;
        }
        block = products.subList(first, products.size()).stream().map(double[]::clone).toArray(double[][]::new);
      }
      double[] variances = new double[k];
      for (int i = 0; i < k; i++) {
        double favoured = 0;
        for (double[] vector : favours) {
          favoured += weight * Vectors.dot(vector, found.vectors[i]) * Vectors.dot(vector, found.vectors[i]);
        }
        variances[i] = Math.max(0, found.values[i] - favoured);
      }
      return new LeadingComponents(found.vectors, variances, whole);
    }

    /**
     * Subtracts from a vector its part in the span of the basis, and adds the rest to the basis unless it is zero. The
     * vector is changed.
     */
    private static void addOrthonormal(List<double[]> basis, double[] vector) {
      double before = Math.sqrt(Vectors.dot(vector, vector));
      // This is done twice, since the first time leaves rounding errors as large as those of the subtracted part.
      for (int turn = 0; turn < 2; turn++) {
        for (double[] other : basis) {
          Vectors.addTo(vector, other, -Vectors.dot(vector, other));
        }
      }
      double after = Math.sqrt(Vectors.dot(vector, vector));
      if (after > DEPENDENT * before) {
        Vectors.scale(vector, 1 / after);
        basis.add(vector);
      }
    }

    /** (C + weight times the sum of the favours' outer squares) times each of the vectors. */
    private double[][] product(double[][] vectors, double[][] favours, double weight) {
      double[][][] parts = IntStream.range(0, PARTS).parallel().mapToObj(part -> product(vectors, part))
          .toArray(double[][][]::new);
      double[][] sums = parts[0];
      for (int j = 0; j < vectors.length; j++) {
        for (int part = 1; part < PARTS; part++) {
          Vectors.addTo(sums[j], parts[part][j], 1);
        }
        Vectors.scale(sums[j], 1.0 / Math.max(1, rows.length));
        for (double[] favoured : favours) {
          Vectors.addTo(sums[j], favoured, weight * Vectors.dot(favoured, vectors[j]));
        }
      }
      return sums;
    }

    private double[][] product(double[][] vectors, int part) {
      double[][] sums = new double[vectors.length][d];
      double[] centred = new double[d];
      int end = (int) ((part + 1L) * rows.length / PARTS);
      for (int r = (int) ((long) part * rows.length / PARTS); r < end; r++) {
        centre(rows[r], centred);
        int j = 0;
        for (; j + 4 <= vectors.length; j += 4) {
          addFour(centred, vectors, sums, j);
        }
        for (; j < vectors.length; j++) {
          Vectors.addTo(sums[j], centred, Vectors.dot(centred, vectors[j]));
        }
      }
      return sums;
    }

    /** The same as the loop above for four vectors at once, since their sums do not wait for each other. */
    private static void addFour(double[] centred, double[][] vectors, double[][] sums, int j) {
      double[] a = vectors[j];
      double[] b = vectors[j + 1];
      double[] c = vectors[j + 2];
      double[] e = vectors[j + 3];
      double sa = 0;
      double sb = 0;
      double sc = 0;
      double se = 0;
      for (int i = 0; i < centred.length; i++) {
        double x = centred[i];
        sa += x * a[i];
        sb += x * b[i];
        sc += x * c[i];
        se += x * e[i];
      }
      Vectors.addTo(sums[j], centred, sa);
      Vectors.addTo(sums[j + 1], centred, sb);
      Vectors.addTo(sums[j + 2], centred, sc);
      Vectors.addTo(sums[j + 3], centred, se);
    }

    private void centre(int row, double[] centred) {
      for (int i = 0; i < d; i++) {
        centred[i] = points[row + i] - mean[i];
      }
    }
  }

  /** The leading eigenvectors of a matrix restricted to a subspace. */
  private static final class Ritz {
    private final double[][] vectors;
    private final double[][] products;
    private final double[] values;

    private Ritz(int k) {
      vectors = new double[k][];
      products = new double[k][];
      values = new double[k];
    }

    /** {@code products} are the products of the matrix with the vectors of the orthonormal {@code basis}. */
    static Ritz of(List<double[]> basis, List<double[]> products, int k) {
      int m = basis.size();
      double[] restricted = new double[m * m];
      for (int i = 0; i < m; i++) {
        for (int j = i; j < m; j++) {
          restricted[i * m + j] = Vectors.dot(basis.get(i), products.get(j));
          restricted[j * m + i] = restricted[i * m + j];
        }
      }
      SymmetricEigen eigen = SymmetricEigen.of(restricted, m);
      int[] order = IntStream.range(0, m).boxed()
          .sorted((i, j) -> Double.compare(eigen.values()[j], eigen.values()[i])).mapToInt(i -> i).toArray();
      Ritz ritz = new Ritz(k);
      int d = basis.get(0).length;
      for (int i = 0; i < k; i++) {
        ritz.values[i] = eigen.values()[order[i]];
        ritz.vectors[i] = new double[d];
        ritz.products[i] = new double[d];
        for (int j = 0; j < m; j++) {
          double factor = eigen.vectors()[j * m + order[i]];
          Vectors.addTo(ritz.vectors[i], basis.get(j), factor);
          Vectors.addTo(ritz.products[i], products.get(j), factor);
        }
      }
      return ritz;
    }

    /** The largest |A v - value v|. */
    double residual() {
      double largest = 0;
      for (int i = 0; i < values.length; i++) {
        double[] rest = products[i].clone();
        Vectors.addTo(rest, vectors[i], -values[i]);
        largest = Math.max(largest, Math.sqrt(Vectors.dot(rest, rest)));
      }
      return largest;
    }
  }
}
