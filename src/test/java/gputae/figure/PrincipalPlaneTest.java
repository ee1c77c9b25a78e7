package gputae.figure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.linear.FloatPoints;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PrincipalPlaneTest {

  @Test
  void findsTheAxesOfAKnownCovariance() {
    // Rows +-3 a, +-2 b, +-1 c with a, b, c orthonormal: variances 9, 4, 1 in the ratio 9 : 4 : 1.
    double[] a = {2 / 3.0, 2 / 3.0, 1 / 3.0};
    double[] b = {-2 / 3.0, 1 / 3.0, 2 / 3.0};
    double[] c = {1 / 3.0, -2 / 3.0, 2 / 3.0};
    float[] rows = new float[18];
    for (int i = 0; i < 3; i++) {
      rows[i] = (float) (3 * a[i]);
      rows[3 + i] = (float) (-3 * a[i]);
      rows[6 + i] = (float) (2 * b[i]);
      rows[9 + i] = (float) (-2 * b[i]);
      rows[12 + i] = (float) c[i];
      rows[15 + i] = (float) -c[i];
    }
    PrincipalPlane plane = PrincipalPlane.of(new FloatPoints(rows, 3));
    assertArrayEquals(a, plane.first(), 1e-6);
    // b's first largest entry is negative, so its sign turns.
    assertArrayEquals(new double[] {2 / 3.0, -1 / 3.0, -2 / 3.0}, plane.second(), 1e-6);
    assertEquals(9 / 14.0, plane.firstShare(), 1e-6);
    assertEquals(4 / 14.0, plane.secondShare(), 1e-6);
  }

  @Test
  void farAwayMeanDoesNotMatter() {
    float[] rows = {1000, 1000, 1001, 1001, 1001, 1000, 1002, 1001, 1000, 1003, 1001, 1000};
    PrincipalPlane plane = PrincipalPlane.of(new FloatPoints(rows, 3));
    float[] centred = new float[12];
    for (int i = 0; i < 12; i++) {
      centred[i] = rows[i] - 1001;
    }
    PrincipalPlane near = PrincipalPlane.of(new FloatPoints(centred, 3));
    assertArrayEquals(near.first(), plane.first(), 1e-9);
    assertArrayEquals(near.second(), plane.second(), 1e-9);
  }

  @Test
  void manyDimensionsAreOrthonormalAndOrdered() {
    int d = 64;
    int n = 300;
    Random random = new Random(11);
    float[] rows = new float[n * d];
    for (int i = 0; i < n; i++) {
      double shared = random.nextGaussian();
      for (int j = 0; j < d; j++) {
        rows[i * d + j] = (float) (random.nextGaussian() + shared * j / d);
      }
    }
    PrincipalPlane plane = PrincipalPlane.of(new FloatPoints(rows, d));
    double dot = 0;
    double length = 0;
    for (int j = 0; j < d; j++) {
      dot += plane.first()[j] * plane.second()[j];
      length += plane.first()[j] * plane.first()[j];
    }
    assertEquals(0, dot, 1e-12);
    assertEquals(1, length, 1e-12);
    assertTrue(plane.firstShare() > plane.secondShare() && plane.secondShare() > 0);
    // An eigenvector: no direction nearby has more variance.
    assertEquals(variance(rows, n, d, plane.first()), plane.firstShare() * totalVariance(rows, n, d), 1e-9);
  }

  @Test
  void rowsThatAreNotFiniteAndCloudsWithoutExtent() {
    PrincipalPlane still = PrincipalPlane.of(new FloatPoints(new float[] {1, 2, 3, 1, 2, 3}, 3));
    assertEquals(0, still.firstShare());
    PrincipalPlane with = PrincipalPlane.of(new FloatPoints(new float[] {1, 0, 0, -1, 0, 0, Float.NaN, 9, 9}, 3));
    assertArrayEquals(new double[] {1, 0, 0}, with.first(), 1e-12);
    assertEquals(1, with.firstShare(), 1e-12);
  }

  private static double variance(float[] rows, int n, int d, double[] direction) {
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      double along = 0;
      for (int j = 0; j < d; j++) {
        along += rows[i * d + j] * direction[j];
      }
      sum += along;
      squares += along * along;
    }
    return squares / n - sum / n * (sum / n);
  }

  private static double totalVariance(float[] rows, int n, int d) {
    double total = 0;
    for (int j = 0; j < d; j++) {
      double[] axis = new double[d];
      axis[j] = 1;
      total += variance(rows, n, d, axis);
    }
    return total;
  }
}
