package gputae.linear;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** The Frechet distance in cases where it is known in closed form. */
class MomentsTest {

  /** The points m + a_k e_k and m - a_k e_k: mean m, covariance diag(2 a_k^2 / (2 d - 1)). */
  private static FloatPoints star(float[] middle, float... lengths) {
    int d = lengths.length;
    float[] points = new float[2 * d * d];
    for (int i = 0; i < 2 * d; i++) {
      System.arraycopy(middle, 0, points, i * d, d);
      points[i * d + i / 2] += i % 2 == 0 ? lengths[i / 2] : -lengths[i / 2];
    }
    return new FloatPoints(points, d);
  }

  private static double frechet(FloatPoints a, FloatPoints b) {
    Moments moments = Moments.of(a);
    return moments.frechet(moments.deviation(), Moments.of(b));
  }

  private static FloatPoints normal(int n, int d, long seed) {
    Random random = new Random(seed);
    float[] points = new float[n * d];
    for (int i = 0; i < points.length; i++) {
      points[i] = (float) random.nextGaussian();
    }
    return new FloatPoints(points, d);
  }

  @Test
  void meanAndCovariance() {
    Moments moments = Moments.of(star(new float[] {1, -2}, 3, 6));
    assertArrayEquals(new double[] {1, -2}, moments.mean());
    assertArrayEquals(new double[] {6, 0, 0, 24}, moments.covariance());
    // At a distance of 2^20, a sum of squares minus the square of the sum would lose all digits in float32 and half of
    // them in double.
    assertArrayEquals(new double[] {6, 0, 0, 24}, Moments.of(star(new float[] {1 << 20, 1 << 20}, 3, 6)).covariance());
  }

  @Test
  void commutingCovariances() {
    // |m1 - m2|^2 + sum (s_k - t_k)^2 with s_k = a_k sqrt(2/5), t_k = b_k sqrt(2/5).
    FloatPoints a = star(new float[] {0, 0, 0}, 1, 2, 3);
    FloatPoints b = star(new float[] {2, 3, 6}, 5, 2, 1);
    assertEquals(49 + 0.4 * (16 + 0 + 4), frechet(a, b), 1e-12);
    assertEquals(49 + 0.4 * (16 + 0 + 4), frechet(b, a), 1e-12);
  }

  @Test
  void oneDimension() {
    // Deviations sqrt(2) and 3 sqrt(2).
    assertEquals(25 + 8, frechet(new FloatPoints(new float[] {-1, 1}, 1), new FloatPoints(new float[] {2, 8}, 1)),
        1e-13);
  }

  @Test
  void covariancesThatDoNotCommute() {
    // In two dimensions tr (S1 S2)^(1/2) = sqrt(tr(S1 S2) + 2 sqrt(det S1 det S2)).
    FloatPoints a = new FloatPoints(new float[] {3, 1, -3, -1, 1, 2, -1, -2}, 2);
    FloatPoints b = new FloatPoints(new float[] {1, -2, -1, 2, 0, 5, 0, -5, 1, 1, -1, -1}, 2);
    double[] s = Moments.of(a).covariance();
    double[] t = Moments.of(b).covariance();
    double both = s[0] * t[0] + 2 * s[1] * t[1] + s[3] * t[3];
    double root = Math.sqrt(both + 2 * Math.sqrt((s[0] * s[3] - s[1] * s[1]) * (t[0] * t[3] - t[1] * t[1])));
    assertEquals(s[0] + s[3] + t[0] + t[3] - 2 * root, frechet(a, b), 1e-12);
  }

  @Test
  void equalClouds() {
    FloatPoints cloud = normal(200, 64, 3);
    assertEquals(0, frechet(cloud, cloud), 64e-12);
    // Fewer points than dimensions give a singular covariance. Its zeros come out of the root as 1e-8 of the largest
    // values.
    FloatPoints flat = normal(20, 64, 4);
    assertEquals(0, frechet(flat, flat), 1e-6 * 64);
  }

  @Test
  void cloudsWithoutExtent() {
    FloatPoints here = new FloatPoints(new float[] {1, 2, 1, 2, 1, 2}, 2);
    assertEquals(0, frechet(here, here));
    assertEquals(25, frechet(here, new FloatPoints(new float[] {4, 6, 4, 6}, 2)));
    // For the distance to a single point, the whole variance counts.
    assertEquals(6 + 24, frechet(here, star(new float[] {1, 2}, 3, 6)), 1e-13);
  }
}
