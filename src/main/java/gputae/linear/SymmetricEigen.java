package gputae.linear;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, by cyclic Jacobi rotations (Golub, Van Loan: Matrix computations,
 * section 8.5); for sizes up to some hundreds.
 *
 * @param values  eigenvalues [d], in no particular order
 * @param vectors row-major [d, d]; column i is the unit eigenvector of value i
 */
public record SymmetricEigen(double[] values, double[] vectors) {

  /** Cyclic Jacobi converges quadratically; a dozen sweeps are enough for every size used here. */
  private static final int MOST_SWEEPS = 60;

  /** Decomposes the symmetric {@code matrix} [d][d], which is not changed. */
  public static SymmetricEigen of(double[][] matrix) {
    return of(Arrays.stream(matrix).flatMapToDouble(Arrays::stream).toArray(), matrix.length);
  }

  /** Decomposes the symmetric {@code matrix}, row-major [d, d], which is not changed. */
  public static SymmetricEigen of(double[] matrix, int d) {
    double[] a = matrix.clone();
    double[] v = new double[d * d];
    jacobi(a, v, d);
    double[] values = new double[d];
    for (int i = 0; i < d; i++) {
      values[i] = a[i * d + i];
    }
    return new SymmetricEigen(values, v);
  }

  /** The unit eigenvector of value {@code i}, [d]. */
  public double[] vector(int i) {
    int d = values.length;
    double[] vector = new double[d];
    for (int k = 0; k < d; k++) {
      vector[k] = vectors[k * d + i];
    }
    return vector;
  }

  /**
   * The indices of the {@code k} largest values in descending order; of equal values the one with the smaller index
   * first.
   */
  public int[] largest(int k) {
    return IntStream.range(0, values.length).boxed().sorted(Comparator.comparingDouble(i -> -values[i])).limit(k)
        .mapToInt(Integer::intValue).toArray();
  }

  /**
   * V diag(sqrt(max(value, 0))) V^T, row-major [d, d]: the symmetric square root of a matrix that is positive
   * semidefinite up to rounding.
   */
  public double[] squareRoot() {
    return withValues(IntStream.range(0, values.length).mapToDouble(k -> Math.sqrt(Math.max(values[k], 0))).toArray());
  }

  /** V diag(1 / sqrt(value)) V^T, row-major [d, d]: the inverse of the root of a positive definite matrix. */
  public double[] inverseSquareRoot() {
    return withValues(Arrays.stream(values).map(value -> 1 / Math.sqrt(value)).toArray());
  }

  /** V diag(others) V^T, row-major [d, d]. */
  private double[] withValues(double[] others) {
    int d = values.length;
    double[] root = new double[d * d];
    for (int k = 0; k < d; k++) {
      double r = others[k];
      for (int i = 0; i < d; i++) {
        double left = r * vectors[i * d + k];
        for (int j = 0; j < d; j++) {
          root[i * d + j] += left * vectors[j * d + k];
        }
      }
    }
    return root;
  }

  /** Rotates the symmetric {@code a} [d, d] until it is diagonal; the columns of {@code v} become its eigenvectors. */
  private static void jacobi(double[] a, double[] v, int d) {
    for (int i = 0; i < d; i++) {
      v[i * d + i] = 1;
    }
    for (int sweep = 0; sweep < MOST_SWEEPS; sweep++) {
      double off = 0;
      double all = 0;
      for (int i = 0; i < d; i++) {
        for (int j = 0; j < d; j++) {
          all += a[i * d + j] * a[i * d + j];
          off += i == j ? 0 : a[i * d + j] * a[i * d + j];
        }
      }
      if (!(off > 1e-28 * all)) {
        return;
      }
      for (int p = 0; p < d; p++) {
        for (int q = p + 1; q < d; q++) {
          rotate(a, v, d, p, q);
        }
      }
    }
  }

  /** The rotation in the plane (p, q) that makes a[p, q] zero; of the two possible angles the smaller one. */
  private static void rotate(double[] a, double[] v, int d, int p, int q) {
    double apq = a[p * d + q];
    if (apq == 0) {
      return;
    }
    double theta = (a[q * d + q] - a[p * d + p]) / (2 * apq);
    double t = Math.copySign(1, theta) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
    double c = 1 / Math.sqrt(t * t + 1);
    double s = t * c;
    for (int k = 0; k < d; k++) {
      double akp = a[k * d + p];
      double akq = a[k * d + q];
      a[k * d + p] = c * akp - s * akq;
      a[k * d + q] = s * akp + c * akq;
    }
    for (int k = 0; k < d; k++) {
      double apk = a[p * d + k];
      double aqk = a[q * d + k];
      a[p * d + k] = c * apk - s * aqk;
      a[q * d + k] = s * apk + c * aqk;
      double vkp = v[k * d + p];
      double vkq = v[k * d + q];
      v[k * d + p] = c * vkp - s * vkq;
      v[k * d + q] = s * vkp + c * vkq;
    }
  }
}
