package gputae.linear;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SymmetricEigenTest {

  /** G G^T of a normal matrix: positive semidefinite. */
  private static double[] semidefinite(int d, long seed) {
    Random random = new Random(seed);
    double[] g = random.doubles(d * d).map(u -> u - 0.5).toArray();
    return product(g, transposed(g, d), d);
  }

  private static double[] transposed(double[] a, int d) {
    double[] t = new double[d * d];
    Arrays.setAll(t, e -> a[e % d * d + e / d]);
    return t;
  }

  private static double[] product(double[] a, double[] b, int d) {
    double[] product = new double[d * d];
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < d; j++) {
        for (int k = 0; k < d; k++) {
          product[i * d + j] += a[i * d + k] * b[k * d + j];
        }
      }
    }
    return product;
  }

  private static double norm(double[] a) {
    return Math.sqrt(Arrays.stream(a).map(x -> x * x).sum());
  }

  private static double[] identity(int d) {
    double[] one = new double[d * d];
    Arrays.setAll(one, e -> e / d == e % d ? 1 : 0);
    return one;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 10, 64})
  void theDecompositionGivesTheMatrixBack(int d) {
    double[] matrix = semidefinite(d, d);
    double[] before = matrix.clone();
    SymmetricEigen eigen = SymmetricEigen.of(matrix, d);
    assertArrayEquals(before, matrix, "the matrix stays");
    double[] scaled = new double[d * d];
    Arrays.setAll(scaled, e -> eigen.vectors()[e] * eigen.values()[e % d]);
    // The iteration stops at 1e-14 of the norm outside the diagonal; the rounding of some sweeps comes on top.
    assertArrayEquals(matrix, product(scaled, transposed(eigen.vectors(), d), d), 1e-13 * norm(matrix));
    assertArrayEquals(identity(d), product(transposed(eigen.vectors(), d), eigen.vectors(), d), 1e-13);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 64})
  void theRootSquaredIsTheMatrix(int d) {
    double[] matrix = semidefinite(d, 100 + d);
    double[] root = SymmetricEigen.of(matrix, d).squareRoot();
    assertArrayEquals(matrix, product(root, root, d), 1e-12 * norm(matrix));
  }

  @Test
  void knownMatrices() {
    double[] values = SymmetricEigen.of(new double[] {2, 1, 1, 2}, 2).values();
    Arrays.sort(values);
    assertArrayEquals(new double[] {1, 3}, values, 1e-15);
    assertArrayEquals(new double[] {0, 0, 0}, SymmetricEigen.of(new double[9], 3).values());
    // A value that rounding made negative has the root 0.
    assertEquals(0, SymmetricEigen.of(new double[] {-1e-20}, 1).squareRoot()[0]);
  }
}
