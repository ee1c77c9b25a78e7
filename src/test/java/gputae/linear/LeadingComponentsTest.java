package gputae.linear;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.figure.PrincipalPlane;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Leading components against all eigenvectors of the covariance matrix. */
class LeadingComponentsTest {

  /** Rows of independent normal coordinates, the i-th with this deviation, all far from the origin. */
  private static float[] cloud(int count, double[] deviations, long seed) {
    double largest = Arrays.stream(deviations).max().orElseThrow();
    Random random = new Random(seed);
    float[] points = new float[count * deviations.length];
    for (int i = 0; i < points.length; i++) {
      points[i] = (float) (5 * largest + deviations[i % deviations.length] * random.nextGaussian());
    }
    return points;
  }

  private static double[][] covariance(float[] points, int count, int d) {
    double[] mean = new double[d];
    for (int i = 0; i < count * d; i++) {
      mean[i % d] += points[i] / (double) count;
    }
    double[][] covariance = new double[d][d];
    for (int n = 0; n < count; n++) {
      for (int i = 0; i < d; i++) {
        for (int j = 0; j < d; j++) {
          covariance[i][j] += (points[n * d + i] - mean[i]) * (points[n * d + j] - mean[j]) / count;
        }
      }
    }
    return covariance;
  }

  /** The eigenvalues, the largest first. */
  private static double[] exact(double[][] covariance) {
    int d = covariance.length;
    double[] flat = Arrays.stream(covariance).flatMapToDouble(Arrays::stream).toArray();
    double[] values = SymmetricEigen.of(flat, d).values();
    Arrays.sort(values);
    double[] descending = new double[d];
    Arrays.setAll(descending, i -> values[d - 1 - i]);
    return descending;
  }

  private static double[] times(double[][] matrix, double[] vector) {
    double[] product = new double[vector.length];
    Arrays.setAll(product, i -> dot(matrix[i], vector));
    return product;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static void assertOrthonormal(double[][] vectors) {
    for (int i = 0; i < vectors.length; i++) {
      for (int j = 0; j <= i; j++) {
        assertEquals(i == j ? 1 : 0, dot(vectors[i], vectors[j]), 1e-12);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0.7, 1", "0.9, 1e-20", "0.95, 1e15", "0.5, 1"})
  void areEigenvectorsWhereTheVariancesStandOut(double decay, double scale) {
    int d = 150;
    double[] deviations = new double[d];
    Arrays.setAll(deviations, i -> scale * Math.pow(decay, i));
    float[] points = cloud(400, deviations, 7);
    double[][] covariance = covariance(points, 400, d);
    double[] exact = exact(covariance);
    LeadingComponents found = LeadingComponents.of(new FloatPoints(points, d), 1, 3, null, 0);
    assertOrthonormal(found.vectors());
    double trace = 0;
    for (int i = 0; i < d; i++) {
      trace += covariance[i][i];
    }
    assertEquals(trace, found.whole(), 1e-9 * trace);
    for (int k = 0; k < 3; k++) {
      assertEquals(exact[k], found.variances()[k], 1e-9 * exact[0]);
      double[] product = times(covariance, found.vectors()[k]);
      for (int i = 0; i < d; i++) {
        assertEquals(found.variances()[k] * found.vectors()[k][i], product[i], 2e-8 * exact[0]);
      }
    }
  }

  /** No direction stands out. A picture needs only directions that vary nearly as much as the most variable ones. */
  @ParameterizedTest
  @CsvSource({"300, 1000", "200, 150", "400, 30"})
  void ofNoiseVaryNearlyAsMuchAsTheMostVariable(int d, int count) {
    double[] deviations = new double[d];
    Arrays.fill(deviations, 1);
    float[] points = cloud(count, deviations, 3);
    double[] exact = exact(covariance(points, count, d));
    LeadingComponents found = LeadingComponents.of(new FloatPoints(points, d), 1, 3, null, 0);
    assertOrthonormal(found.vectors());
    for (int k = 0; k < 3; k++) {
      assertTrue(found.variances()[k] <= exact[k] * (1 + 1e-9));
      assertTrue(found.variances()[k] >= 0.97 * exact[k], found.variances()[k] + " of " + exact[k]);
    }
  }

  @Test
  void pointsOnALineAndEqualPoints() {
    int d = 140;
    float[] line = new float[20 * d];
    for (int n = 0; n < 20; n++) {
      line[n * d + 3] = 3 * n;
      line[n * d + 70] = 4 * n;
    }
    LeadingComponents found = LeadingComponents.of(new FloatPoints(line, d), 1, 3, null, 0);
    assertOrthonormal(found.vectors());
    assertEquals(0.6, Math.abs(found.vectors()[0][3]), 1e-12);
    assertEquals(0.8, Math.abs(found.vectors()[0][70]), 1e-12);
    assertArrayEquals(new double[] {25 * 399 / 12.0, 0, 0}, found.variances(), 1e-10);

    for (int count : new int[] {0, 1, 5}) {
      float[] equal = new float[count * d];
      Arrays.fill(equal, 2);
      LeadingComponents none = LeadingComponents.of(new FloatPoints(equal, d), 1, 3, null, 0);
      assertOrthonormal(none.vectors());
      assertArrayEquals(new double[3], none.variances());
      assertEquals(0, none.whole());
    }
  }

  @Test
  void favoursDecideWhereThePointsDoNot() {
    int d = 140;
    float[] line = new float[20 * d];
    for (int n = 0; n < 20; n++) {
      line[n * d + 3] = n;
    }
    double[][] favours = new double[3][d];
    favours[0][3] = 1;
    favours[1][17] = 1;
    favours[2][60] = 0.6;
    favours[2][61] = -0.8;
    LeadingComponents found = LeadingComponents.of(new FloatPoints(line, d), 1, 3, favours, 1e-10);
    assertEquals(1, Math.abs(found.vectors()[0][3]), 1e-12);
    // The two other vectors span the same plane as the favours; they may be exchanged or turned in it.
    double seen = 0;
    for (int k = 1; k < 3; k++) {
      seen += Math.pow(dot(found.vectors()[k], favours[1]), 2) + Math.pow(dot(found.vectors()[k], favours[2]), 2);
    }
    assertEquals(2, seen, 1e-6);
    assertArrayEquals(new double[] {399 / 12.0, 0, 0}, found.variances(), 1e-8);
  }

  @Test
  void rowsThatAreNotFiniteAndRowsBetweenStepsAreLeftOut() {
    int d = 130;
    double[] deviations = new double[d];
    Arrays.setAll(deviations, i -> Math.pow(0.8, i));
    float[] points = cloud(90, deviations, 5);
    float[] mixed = new float[2 * 100 * d];
    Arrays.fill(mixed, 1e6f);
    for (int n = 0, from = 0; n < 100; n++) {
      if (n % 10 == 4) {
        Arrays.fill(mixed, 2 * n * d, 2 * n * d + d, 0);
        mixed[2 * n * d + n] = n % 20 == 4 ? Float.NaN : Float.NEGATIVE_INFINITY;
      } else {
        System.arraycopy(points, from++ * d, mixed, 2 * n * d, d);
      }
    }
    LeadingComponents expected = LeadingComponents.of(new FloatPoints(points, d), 1, 2, null, 0);
    LeadingComponents found = LeadingComponents.of(new FloatPoints(mixed, d), 2, 2, null, 0);
    assertArrayEquals(expected.variances(), found.variances());
    assertArrayEquals(expected.vectors()[0], found.vectors()[0]);
    assertArrayEquals(expected.vectors()[1], found.vectors()[1]);
  }

  @Test
  void aPlaneOfManyDimensionsIsThatOfTheirCovariance() {
    int d = LeadingComponents.FEW_DIMENSIONS + 1;
    double[] deviations = new double[d];
    Arrays.setAll(deviations, i -> i == 40 ? 3 : i == 90 ? 2 : 0.1);
    float[] points = cloud(300, deviations, 9);
    float[] narrow = new float[300 * (d - 1)];
    for (int n = 0; n < 300; n++) {
      // Without the last coordinate, the program decomposes the covariance.
      points[n * d + d - 1] = 0;
      System.arraycopy(points, n * d, narrow, n * (d - 1), d - 1);
    }
    PrincipalPlane found = PrincipalPlane.of(new FloatPoints(points, d));
    PrincipalPlane expected = PrincipalPlane.of(new FloatPoints(narrow, d - 1));
    assertArrayEquals(expected.first(), Arrays.copyOf(found.first(), d - 1), 1e-7);
    assertArrayEquals(expected.second(), Arrays.copyOf(found.second(), d - 1), 1e-7);
    assertEquals(expected.firstShare(), found.firstShare(), 1e-9);
    assertEquals(expected.secondShare(), found.secondShare(), 1e-9);
  }
}
