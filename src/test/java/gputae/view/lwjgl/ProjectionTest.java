package gputae.view.lwjgl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.linear.FloatPoints;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProjectionTest {

  @Test
  void findsTheAxesOfAKnownCovariance() {
    // Orthogonal, of length 2; rows +-s a with s = 4, 3, 2, 1 give variances in the ratio 16 : 9 : 4 : 1.
    double[][] axes = {{1, 1, 1, 1}, {1, -1, 1, -1}, {-1, -1, 1, 1}, {1, -1, -1, 1}};
    float[] rows = new float[8 * 4];
    for (int k = 0; k < 4; k++) {
      for (int j = 0; j < 4; j++) {
        rows[8 * k + j] = (float) (10 + (4 - k) * axes[k][j]);
        rows[8 * k + 4 + j] = (float) (10 - (4 - k) * axes[k][j]);
      }
    }
    Projection projection = of(rows, 8, 4, null);
    assertFalse(projection.identity());
    assertArrayEquals(new double[] {10, 10, 10, 10}, projection.mean(), 1e-12);
    assertArrayEquals(new double[] {0.5, 0.5, 0.5, 0.5}, projection.axis(0), 1e-12);
    assertArrayEquals(new double[] {0.5, -0.5, 0.5, -0.5}, projection.axis(1), 1e-12);
    // The first of its largest entries would be negative, so the sign turns.
    assertArrayEquals(new double[] {0.5, 0.5, -0.5, -0.5}, projection.axis(2), 1e-12);
    assertEquals(16 / 30.0, projection.share(0), 1e-12);
    assertEquals(9 / 30.0, projection.share(1), 1e-12);
    assertEquals(4 / 30.0, projection.share(2), 1e-12);
    assertEquals(29 / 30.0, projection.share(), 1e-12);
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 5, 17, 64})
  void isTheSpaceThatOrthogonalIterationFinds(int d) {
    int n = 403;
    float[] rows = new Cloud(n, d, 5).rows(k -> k < 3 ? 3 - 0.5 * k : 1.0 / (k + 1), 1);
    double[][] covariance = covariance(rows, n, d);
    double[][] reference = orthogonalIteration(covariance, 3);
    Projection projection = of(rows, n, d, null);
    double trace = 0;
    for (int j = 0; j < d; j++) {
      trace += covariance[j][j];
    }
    for (int i = 0; i < 3; i++) {
      assertEquals(1, Math.abs(dot(reference[i], projection.axis(i))), 1e-10, "axis " + i);
      assertEquals(variance(covariance, reference[i]) / trace, projection.share(i), 1e-10);
      assertTrue(peak(projection.axis(i)) > 0);
    }
    assertOrthonormal(projection);
  }

  @Test
  void sharesFollowTheAxesWhenTheyAreNoComponents() {
    int d = 8;
    Cloud cloud = new Cloud(300, d, 6);
    Projection before = of(cloud.rows(k -> k == 0 ? 3 : k == 1 ? 2 : k == 2 ? 1.5 : 0.2, 1), 300, d, null);
    float[] rows = new Cloud(300, d, 7).rows(k -> k == 1 ? 3 : k == 0 ? 2.5 : k == 2 ? 1.5 : 0.2, 1);
    Projection now = of(rows, 300, d, before);
    double[][] covariance = covariance(rows, 300, d);
    double trace = 0;
    for (int j = 0; j < d; j++) {
      trace += covariance[j][j];
    }
    for (int i = 0; i < 3; i++) {
      assertEquals(variance(covariance, now.axis(i)) / trace, now.share(i), 1e-8);
    }
    assertEquals(of(rows, 300, d, null).share(), now.share(), 1e-8);
    assertOrthonormal(now);
  }

  /**
   * The first and the second variance cross, both cross the third, and the cloud turns out of its space: plain
   * components swap.
   */
  @Test
  void axesGoOnWhenVariancesCross() {
    int d = 10;
    int n = 400;
    int updates = 150;
    Cloud cloud = new Cloud(n, d, 8);
    Projection before = null;
    Projection plain = null;
    double most = 0;
    double mostPlain = 0;
    for (int u = 0; u < updates; u++) {
      double t = u / (updates - 1.0);
      float[] rows = cloud.rows(k -> k == 0 ? 3 - 2 * t : k == 1 ? 1 + 2 * t : k == 2 ? 2 : 0.2, 1 + t);
      cloud.turn(0, 5, 0.004);
      cloud.turn(2, 7, 0.004);
      Projection now = of(rows, n, d, before);
      Projection nowPlain = of(rows, n, d, null);
      assertEquals(nowPlain.share(), now.share(), 1e-8, "the space is that of the components");
      if (before != null) {
        most = Math.max(most, mostTurned(before, now));
        mostPlain = Math.max(mostPlain, mostTurned(plain, nowPlain));
      }
      before = now;
      plain = nowPlain;
    }
    // Degrees. The cloud itself turns by 0.23 an update.
    assertTrue(most < 0.5, most + " degrees");
    assertTrue(mostPlain > 5, mostPlain + " degrees");
  }

  @Test
  void noOtherBasisOfTheSpaceIsNearer() {
    int d = 9;
    Projection before = of(new Cloud(200, d, 9).rows(k -> k < 3 ? 3 - 0.5 * k : 0.5, 1), 200, d, null);
    // Another cloud in other directions: the spaces have little in common.
    Projection now = of(new Cloud(200, d, 10).rows(k -> k < 3 ? 3 - 0.5 * k : 0.5, 1), 200, d, before);
    assertOrthonormal(now);
    double nearness = 0;
    for (int i = 0; i < 3; i++) {
      nearness += dot(before.axis(i), now.axis(i));
    }
    Random random = new Random(11);
    for (int trial = 0; trial < 2000; trial++) {
      double[][] other = orthonormal(random, 3, 3);
      double otherNearness = 0;
      for (int i = 0; i < 3; i++) {
        otherNearness += dot(before.axis(i), now.lift(other[i][0], other[i][1], other[i][2]));
      }
      assertTrue(otherNearness <= nearness + 1e-12);
    }
  }

  @Test
  void inTheSameSpaceNothingTurnsWhateverTheVariances() {
    int d = 6;
    Cloud cloud = new Cloud(100, d, 12);
    Projection before = of(cloud.rows(k -> k < 3 ? k + 1 : 0, 1), 100, d, null);
    Projection now = of(cloud.rows(k -> k < 3 ? 5 - k : 0, 1), 100, d, before);
    for (int i = 0; i < 3; i++) {
      assertArrayEquals(before.axis(i), now.axis(i), 1e-6);
    }
  }

  @Test
  void aDirectionThatWasNotSeenBeforeTakesThePlaceOfTheOneThatWent() {
    Projection before = of(cross(5, 4, 3, 2, 1, 0), 12, 6, null);
    Projection now = of(cross(2, 4, 3, 0, 0, 9), 12, 6, before);
    assertArrayEquals(unit(6, 5), now.axis(0), 1e-9);
    assertArrayEquals(unit(6, 1), now.axis(1), 1e-9);
    assertArrayEquals(unit(6, 2), now.axis(2), 1e-9);
    assertOrthonormal(now);
  }

  @Test
  void whereHardlyAnythingIsSharedTheComponentsAreTaken() {
    Projection before = of(cross(5, 4, 3, 2, 1, 0), 12, 6, null);
    Projection now = of(cross(2, 1, 6, 7, 8, 0), 12, 6, before);
    assertArrayEquals(unit(6, 4), now.axis(0), 1e-9);
    assertArrayEquals(unit(6, 3), now.axis(1), 1e-9);
    assertArrayEquals(unit(6, 2), now.axis(2), 1e-9);
  }

  @Test
  void aProjectionOfOtherDimensionsCountsAsNone() {
    float[] rows = cross(1, 2, 5, 4, 3, 0);
    Projection other = of(new Cloud(50, 5, 13).rows(k -> 1, 1), 50, 5, null);
    Projection plane = of(new float[] {1, 2}, 1, 2, null);
    for (Projection before : new Projection[] {other, plane}) {
      Projection now = of(rows, 12, 6, before);
      assertArrayEquals(unit(6, 2), now.axis(0));
      assertArrayEquals(unit(6, 3), now.axis(1));
      assertArrayEquals(unit(6, 4), now.axis(2));
    }
    assertTrue(of(new float[] {1, 2}, 1, 2, other).identity());
  }

  @Test
  void noRowOneRowAndEqualRowsKeepTheAxesBefore() {
    int d = 7;
    Projection before = of(new Cloud(100, d, 14).rows(k -> 1 + k, 1), 100, d, null);
    float[] equal = new float[20 * d];
    Arrays.fill(equal, 0.3f);
    for (int count : new int[] {0, 1, 20}) {
      Projection now = of(equal, count, d, before);
      Projection first = of(equal, count, d, null);
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(before.axis(i), now.axis(i), 1e-12);
        assertArrayEquals(unit(d, i), first.axis(i), 1e-12);
        assertEquals(0, now.share(i));
      }
      assertEquals(0, now.share());
      assertEquals(count == 0 ? 0 : 0.3f, now.mean()[4], 1e-12);
    }
  }

  @Test
  void aHundredDimensionsAndMoreGoOnAsFewDo() {
    int d = 200;
    Cloud cloud = new Cloud(500, d, 21);
    Projection before = of(cloud.rows(k -> Math.pow(0.8, k), 1), 500, d, null);
    assertOrthonormal(before);
    // If there is nothing to see, the axes stay.
    for (int count : new int[] {0, 1, 20}) {
      Projection now = of(new float[20 * d], count, d, before);
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(before.axis(i), now.axis(i), 1e-9);
        assertEquals(0, now.share(i));
      }
    }
    // The three directions are the same, but their variances change places: nothing turns.
    Projection now = of(cloud.rows(k -> k < 3 ? 1 + k : Math.pow(0.5, k), 1), 500, d, before);
    assertOrthonormal(now);
    for (int i = 0; i < 3; i++) {
      double cosine = 0;
      for (int j = 0; j < d; j++) {
        cosine += before.axis(i)[j] * now.axis(i)[j];
      }
      assertTrue(cosine > 0.98, "axis " + i + ": " + cosine);
    }
    assertTrue(now.share() > 0.95, "share " + now.share());
  }

  @Test
  void rowsInAPlaneLeaveTheThirdAxisWhereItWas() {
    int d = 6;
    Projection before = of(cross(5, 4, 3, 2, 1, 0), 12, d, null);
    // The points lie in the plane of the axes 0 and 1, up to rounding.
    Random random = new Random(15);
    float[] rows = new float[50 * d];
    for (int n = 0; n < 50; n++) {
      for (int j = 0; j < d; j++) {
        rows[n * d + j] = (float) (j < 2 ? random.nextGaussian() : j == 4 ? 1e-9 * random.nextGaussian() : 0);
      }
    }
    Projection now = of(rows, 50, d, before);
    for (int i = 0; i < 3; i++) {
      assertArrayEquals(unit(d, i), now.axis(i), 1e-6);
    }
  }

  @Test
  void rowsThatAreNotFiniteAreLeftOut() {
    float[] rows = Arrays.copyOf(cross(5, 4, 3, 2, 1, 0), 15 * 6);
    Arrays.fill(rows, 12 * 6, 13 * 6, 1e6f);
    rows[12 * 6 + 5] = Float.NaN;
    rows[13 * 6] = Float.POSITIVE_INFINITY;
    rows[14 * 6 + 3] = Float.NEGATIVE_INFINITY;
    Projection projection = of(rows, 15, 6, null);
    Projection finite = of(rows, 12, 6, null);
    float[] out = new float[15 * 3];
    project(projection, rows, 15, out);
    for (int i = 0; i < 3; i++) {
      assertArrayEquals(finite.axis(i), projection.axis(i));
      assertEquals(finite.share(i), projection.share(i));
      assertTrue(Float.isNaN(out[36 + i]) && Float.isNaN(out[39 + i]) && Float.isNaN(out[42 + i]));
    }
    assertArrayEquals(new float[] {5, 0, 0, -5, 0, 0, 0, 4, 0}, Arrays.copyOf(out, 9));
    Projection none = of(new float[] {Float.NaN, 1, 1, 1}, 1, 4, null);
    assertArrayEquals(new double[4], none.mean());
    assertEquals(0, none.share());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void upToThreeDimensionsNothingIsTurned(int d) {
    float[] rows = {1, 5, 2, -6, 3, 7, 0.5f, 8, Float.NaN, 4, 4, 4};
    int count = 12 / d;
    Projection projection = of(rows, count, d, null);
    assertTrue(projection.identity());
    float[] out = new float[count * 3];
    project(projection, rows, count, out);
    for (int n = 0; n < count; n++) {
      boolean hole = 8 / d == n;
      for (int i = 0; i < 3; i++) {
        assertEquals(hole ? Float.NaN : i < d ? rows[n * d + i] : 0, out[n * 3 + i]);
      }
    }
    for (int i = 0; i < 3; i++) {
      assertArrayEquals(i < d ? unit(d, i) : new double[d], projection.axis(i));
    }
    assertEquals(1, projection.share(), 1e-12);
    assertArrayEquals(Arrays.copyOf(new double[] {7, 8, 9}, d), projection.lift(7, 8, 9));
    assertEquals(0, of(rows, 1, d, projection).share());
  }

  @Test
  void sharesOfThePlane() {
    Projection projection = of(new float[] {2, 0, -2, 0, 0, 1, 0, -1}, 4, 2, null);
    assertEquals(0.8, projection.share(0), 1e-12);
    assertEquals(0.2, projection.share(1), 1e-12);
    assertEquals(0, projection.share(2));
    assertArrayEquals(new double[] {0, 0}, projection.mean());
  }

  @Test
  void whatIsLiftedIsProjectedBackAndTheOriginStays() {
    int d = 12;
    float[] rows = new Cloud(80, d, 16).rows(k -> 1 + k, 1);
    for (int i = 0; i < rows.length; i++) {
      rows[i] += 3;
    }
    Projection projection = of(rows, 80, d, null);
    Random random = new Random(17);
    float[] out = new float[3];
    for (int trial = 0; trial < 20; trial++) {
      double[] seen = {random.nextGaussian(), random.nextGaussian(), random.nextGaussian()};
      double[] lifted = projection.lift(seen[0], seen[1], seen[2]);
      assertEquals(dot(seen, seen), dot(lifted, lifted), 1e-12);
      float[] point = new float[d];
      for (int j = 0; j < d; j++) {
        point[j] = (float) lifted[j];
      }
      project(projection, point, 1, out);
      for (int i = 0; i < 3; i++) {
        assertEquals(seen[i], out[i], 1e-6);
      }
    }
    project(projection, new float[d], 1, out);
    assertArrayEquals(new float[3], out);
  }

  @Test
  void ofManyRowsEveryKthIsLookedAt() {
    int d = 5;
    int n = 50_000;
    float[] few = new Cloud((n + 2) / 3, d, 18).rows(k -> 1 + k, 1);
    float[] many = new float[n * d];
    Arrays.fill(many, 1e9f);
    for (int row = 0; row < (n + 2) / 3; row++) {
      System.arraycopy(few, row * d, many, 3 * row * d, d);
    }
    Projection sampled = of(many, n, d, null);
    Projection whole = of(few, (n + 2) / 3, d, null);
    for (int i = 0; i < 3; i++) {
      assertArrayEquals(whole.axis(i), sampled.axis(i));
      assertEquals(whole.share(i), sampled.share(i));
    }
  }

  @Test
  void theSameInputGivesTheSameProjection() {
    float[] rows = new Cloud(500, 20, 19).rows(k -> 1, 1);
    Projection before = of(new Cloud(500, 20, 20).rows(k -> 1, 1), 500, 20, null);
    Projection one = of(rows, 500, 20, before);
    Projection two = of(rows.clone(), 500, 20, before);
    for (int i = 0; i < 3; i++) {
      assertArrayEquals(one.axis(i), two.axis(i));
    }
  }

  @Test
  void farAndTinyCloudsKeepTheirAxes() {
    for (double scale : new double[] {1e-30, 1e30}) {
      float[] rows = cross(5, 4, 3, 2, 1, 0);
      for (int i = 0; i < rows.length; i++) {
        rows[i] *= (float) scale;
      }
      Projection projection = of(rows, 12, 6, null);
      Projection after = of(rows, 12, 6, projection);
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(unit(6, i), projection.axis(i), 1e-12);
        assertArrayEquals(unit(6, i), after.axis(i), 1e-12);
      }
      assertEquals(50 / 55.0, after.share(), 1e-9);
    }
  }

  @Test
  void sizesThatDoNotFit() {
    float[] rows = new float[40];
    Projection projection = of(rows, 10, 4, null);
    assertThrows(IllegalArgumentException.class, () -> projection.project(new FloatPoints(rows, 5), new float[33]));
    assertThrows(IllegalArgumentException.class, () -> projection.project(new FloatPoints(rows, 4), new float[29]));
  }

  /** The projection of the first {@code count} rows of d numbers. */
  private static Projection of(float[] rows, int count, int d, Projection before) {
    return Projection.of(new FloatPoints(Arrays.copyOf(rows, count * d), d), before);
  }

  private static void project(Projection projection, float[] rows, int count, float[] out) {
    int d = projection.mean().length;
    projection.project(new FloatPoints(Arrays.copyOf(rows, count * d), d), out);
  }

  /** How far the points spread along axis k of a {@link Cloud}. */
  private interface Spread {
    double along(int k);
  }

  /** Points with fixed normal coordinates along orthonormal axes that can be rotated. */
  private static final class Cloud {

    private final double[][] coordinates;
    private final double[][] axes;

    Cloud(int n, int d, long seed) {
      Random random = new Random(seed);
      coordinates = new double[n][d];
      for (double[] row : coordinates) {
        Arrays.setAll(row, k -> random.nextGaussian());
      }
      axes = orthonormal(random, d, d);
    }

    float[] rows(Spread spread, double scale) {
      int d = axes.length;
      float[] rows = new float[coordinates.length * d];
      for (int n = 0; n < coordinates.length; n++) {
        for (int j = 0; j < d; j++) {
          double sum = 0;
          for (int k = 0; k < d; k++) {
            sum += spread.along(k) * coordinates[n][k] * axes[k][j];
          }
          rows[n * d + j] = (float) (scale * sum);
        }
      }
      return rows;
    }

    /** Turns the axes p and q in their plane. */
    void turn(int p, int q, double radians) {
      for (int j = 0; j < axes.length; j++) {
        double was = axes[p][j];
        axes[p][j] = Math.cos(radians) * was + Math.sin(radians) * axes[q][j];
        axes[q][j] = Math.cos(radians) * axes[q][j] - Math.sin(radians) * was;
      }
    }
  }

  /** Two points [12, 6] on each coordinate axis, at these distances from the origin. */
  private static float[] cross(double... distances) {
    float[] rows = new float[2 * distances.length * distances.length];
    for (int k = 0; k < distances.length; k++) {
      rows[2 * k * distances.length + k] = (float) distances[k];
      rows[(2 * k + 1) * distances.length + k] = (float) -distances[k];
    }
    return rows;
  }

  private static double[] unit(int d, int i) {
    double[] unit = new double[d];
    unit[i] = 1;
    return unit;
  }

  /** Random [count][d] by Gram and Schmidt. */
  private static double[][] orthonormal(Random random, int count, int d) {
    double[][] axes = new double[count][d];
    for (double[] axis : axes) {
      Arrays.setAll(axis, j -> random.nextGaussian());
    }
    orthonormalise(axes);
    return axes;
  }

  private static void orthonormalise(double[][] axes) {
    for (int i = 0; i < axes.length; i++) {
      // Twice is enough.
      for (int round = 0; round < 2; round++) {
        for (int k = 0; k < i; k++) {
          double along = dot(axes[i], axes[k]);
          for (int j = 0; j < axes[i].length; j++) {
            axes[i][j] -= along * axes[k][j];
          }
        }
        double length = Math.sqrt(dot(axes[i], axes[i]));
        for (int j = 0; j < axes[i].length; j++) {
          axes[i][j] /= length;
        }
      }
    }
  }

  private static double[][] orthogonalIteration(double[][] covariance, int count) {
    int d = covariance.length;
    double[][] axes = orthonormal(new Random(1), count, d);
    for (int round = 0; round < 300; round++) {
      for (int i = 0; i < count; i++) {
        double[] next = new double[d];
        for (int j = 0; j < d; j++) {
          next[j] = dot(covariance[j], axes[i]);
        }
        axes[i] = next;
      }
      orthonormalise(axes);
    }
    return axes;
  }

  private static double[][] covariance(float[] rows, int n, int d) {
    double[] mean = new double[d];
    for (int i = 0; i < n * d; i++) {
      mean[i % d] += rows[i] / (double) n;
    }
    double[][] covariance = new double[d][d];
    for (int row = 0; row < n; row++) {
      for (int i = 0; i < d; i++) {
        for (int j = 0; j < d; j++) {
          covariance[i][j] += (rows[row * d + i] - mean[i]) * (rows[row * d + j] - mean[j]) / n;
        }
      }
    }
    return covariance;
  }

  private static double variance(double[][] covariance, double[] direction) {
    double sum = 0;
    for (int i = 0; i < direction.length; i++) {
      sum += direction[i] * dot(covariance[i], direction);
    }
    return sum;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double peak(double[] vector) {
    return Arrays.stream(vector).boxed().max((a, b) -> Double.compare(Math.abs(a), Math.abs(b))).orElseThrow();
  }

  private static double mostTurned(Projection before, Projection now) {
    double most = 0;
    for (int i = 0; i < 3; i++) {
      most = Math.max(most, Math.toDegrees(Math.acos(Math.min(1, dot(before.axis(i), now.axis(i))))));
    }
    return most;
  }

  private static void assertOrthonormal(Projection projection) {
    for (int i = 0; i < 3; i++) {
      for (int k = 0; k < 3; k++) {
        assertEquals(i == k ? 1 : 0, dot(projection.axis(i), projection.axis(k)), 1e-12);
      }
    }
  }
}
