package gputae.linear;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CholeskyTest {

  /** B B^T + 1, row-major [d, d]. */
  private static double[] positive(Random random, int d) {
    double[] b = random.doubles(d * d, -1, 1).toArray();
    double[] matrix = new double[d * d];
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < d; j++) {
        for (int k = 0; k < d; k++) {
          matrix[i * d + j] += b[i * d + k] * b[j * d + k];
        }
      }
      matrix[i * d + i] += 1;
    }
    return matrix;
  }

  /** The sizes are those of one row, of the loop over four columns, and of both with a rest. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 5, 11, 40})
  void theFactorTimesItsTransposeIsTheMatrixAndSolvesItsEquations(int d) {
    Random random = new Random(d);
    double[] matrix = positive(random, d);
    Cholesky factor = Cholesky.of(matrix, d).orElseThrow();
    for (int j = 0; j < d; j++) {
      double[] column = new double[d];
      for (int i = j; i < d; i++) {
        column[i] = factor.rows()[i][j];
      }
      double[] transposed = new double[d];
      for (int i = 0; i <= j; i++) {
        transposed[i] = factor.rows()[j][i];
      }
      double[] expected = new double[d];
      for (int i = 0; i < d; i++) {
        expected[i] = matrix[i * d + j];
      }
      // The entries are at most d + 1; the error of a sum of d products is at most d units in the last place of it.
      assertArrayEquals(expected, factor.times(transposed), 1e-15 * d * (d + 1));
    }
    int count = 7;
    double[][] solutions = new double[count][];
    double[][] columns = new double[d][count + 2];
    for (int b = 0; b < count; b++) {
      solutions[b] = random.doubles(d, -1, 1).toArray();
      double[] right = factor.times(solutions[b]);
      for (int i = 0; i < d; i++) {
        columns[i][b] = right[i];
      }
    }
    factor.solve(columns, count);
    for (int b = 0; b < count; b++) {
      for (int i = 0; i < d; i++) {
        assertEquals(solutions[b][i], columns[i][b], 1e-12, "what is solved for is multiplied by the factor");
      }
    }
    for (int i = 0; i < d; i++) {
      assertEquals(0, columns[i][count], "behind the right-hand sides");
    }
  }

  @Test
  void theDeterminantIsThatOfTheFactor() {
    // L = (2 0; 3 5)
    assertEquals(Math.log(10), Cholesky.of(new double[] {4, 6, 6, 34}, 2).orElseThrow().logDeterminant(), 1e-15);
  }

  @Test
  void aMatrixThatIsNotPositiveDefiniteHasNone() {
    assertFalse(Cholesky.of(new double[] {1, 2, 2, 4}, 2).isPresent());
    assertFalse(Cholesky.of(new double[] {1, 2, 2, 3}, 2).isPresent());
    assertFalse(Cholesky.of(new double[] {0}, 1).isPresent());
    assertFalse(Cholesky.of(new double[] {Double.NaN}, 1).isPresent());
    assertFalse(Cholesky.of(new double[] {Double.POSITIVE_INFINITY}, 1).isPresent());
    assertTrue(Cholesky.of(new double[] {1, 2, 2, 5}, 2).isPresent());
  }
}
