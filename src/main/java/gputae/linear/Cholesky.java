package gputae.linear;

import java.util.Optional;

/**
 * The Cholesky factor of a symmetric positive definite matrix: the lower triangular L with L L^T = matrix and a
 * positive diagonal.
 *
 * @param rows [d], row i has the i + 1 entries up to the diagonal
 */
public record Cholesky(double[][] rows) {

  /** The factor of the symmetric {@code matrix}, row-major [d, d]; nothing if it is not positive definite. */
  public static Optional<Cholesky> of(double[] matrix, int d) {
    double[][] rows = new double[d][];
    for (int i = 0; i < d; i++) {
      rows[i] = new double[i + 1];
      for (int j = 0; j <= i; j++) {
        double rest = matrix[i * d + j];
        for (int k = 0; k < j; k++) {
          rest -= rows[i][k] * rows[j][k];
        }
        if (j < i) {
          rows[i][j] = rest / rows[j][j];
        } else if (rest > 0 && rest < Double.POSITIVE_INFINITY) {
          rows[i][i] = Math.sqrt(rest);
        } else {
          return Optional.empty();
        }
      }
    }
    return Optional.of(new Cholesky(rows));
  }

  /** The logarithm of the determinant of L, which is half of that of the matrix. */
  public double logDeterminant() {
    double sum = 0;
    for (int i = 0; i < rows.length; i++) {
      sum += StrictMath.log(rows[i][i]);
    }
    return sum;
  }

  /** L times a vector [d]. */
  public double[] times(double[] vector) {
    double[] product = new double[rows.length];
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j <= i; j++) {
        product[i] += rows[i][j] * vector[j];
      }
    }
    return product;
  }

  /**
   * Solves L y = x in place, for many right-hand sides at a time.
   *
   * @param columns [d][at least count]: entry b of each array belongs to the right-hand side b
   */
  public void solve(double[][] columns, int count) {
    for (int i = 0; i < rows.length; i++) {
      double[] row = rows[i];
      double[] x = columns[i];
      int j = 0;
      // Four columns in one pass read and write x once. The compiler makes vector instructions of these loops.
      for (; j + 4 <= i; j += 4) {
        subtract(x, row[j], columns[j], row[j + 1], columns[j + 1], row[j + 2], columns[j + 2], row[j + 3],
            columns[j + 3], count);
      }
      for (; j < i; j++) {
        double factor = row[j];
        double[] y = columns[j];
        for (int b = 0; b < count; b++) {
          x[b] -= factor * y[b];
        }
      }
      for (int b = 0; b < count; b++) {
        x[b] /= row[i];
      }
    }
  }

  private static void subtract(double[] x, double f0, double[] y0, double f1, double[] y1, double f2, double[] y2,
      double f3, double[] y3, int count) {
    for (int b = 0; b < count; b++) {
      x[b] = x[b] - f0 * y0[b] - f1 * y1[b] - f2 * y2[b] - f3 * y3[b];
    }
  }
}
