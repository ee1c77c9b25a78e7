package gputae.density;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.linear.FloatPoints;
import gputae.linear.Moments;
import gputae.linear.PointRows;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Kernel density estimates, and the points that are drawn from them and from mixtures. */
class DensityTest {

  private static final int STREAM = 3;
  private static final int MANY = 200_000;

  static DensitiesOfPeers.Kernels[] kernels() throws IOException {
    return DensitiesOfPeers.read().kernels().toArray(DensitiesOfPeers.Kernels[]::new);
  }

  static DensitiesOfPeers.Draw[] draws() throws IOException {
    return DensitiesOfPeers.read().draws().toArray(DensitiesOfPeers.Draw[]::new);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void theEstimateIsThatOfSciPy(DensitiesOfPeers.Kernels peer) {
    KernelDensity density = KernelDensity.of(PointRows.points(peer.x()));
    double[] covariance = Arrays.stream(peer.covariance()).flatMapToDouble(Arrays::stream).toArray();
    assertArrayEquals(covariance, density.covariance(), 1e-12 * Arrays.stream(covariance).max().orElseThrow());
    for (int i = 0; i < peer.logs().length; i++) {
      assertEquals(peer.logs()[i], density.logDensity(DensitiesOfPeers.wide(peer.probes()[i])),
          1e-10 * Math.max(1, Math.abs(peer.logs()[i])), "log-density at probe " + i);
    }
  }

  @ParameterizedTest
  @MethodSource("draws")
  void randomNumbersAreThoseOfTheirAddress(DensitiesOfPeers.Draw peer) {
    Draws draws = new Draws(peer.seed(), peer.point(), peer.stream());
    for (int i = 0; i < peer.uniforms().length; i++) {
      assertEquals(peer.uniforms()[i], draws.uniform(i));
    }
    assertArrayEquals(peer.normals(), draws.normals(2, 3), 1e-14);
  }

  private static GaussianMixture mixture() {
    return new GaussianMixture(new double[] {0.25, 0.75},
        List.of(Gaussian.of(new double[] {1, -2}, new double[] {4, 1, 1, 2}),
            Gaussian.of(new double[] {-1, 3}, new double[] {1, -0.5, -0.5, 1})));
  }

  /** Mean sum w m, covariance sum w (S + m m^T) minus that of the mean. */
  @Test
  void samplesOfAMixtureHaveItsMoments() {
    Moments moments = Moments.of(mixture().sample(MANY, 1, STREAM));
    // Five standard errors: the deviations are about 1.5 and 2.4, and products deviate by less than 12.
    assertArrayEquals(new double[] {-0.5, 1.75}, moments.mean(), 5 * 2.5 / Math.sqrt(MANY));
    assertArrayEquals(new double[] {2.5, -2, -2, 5.9375}, moments.covariance(), 5 * 12 / Math.sqrt(MANY));
  }

  @Test
  void componentsAreDrawnByTheirWeights() {
    double[] weights = {0.1, 0, 0.6, 0.3};
    GaussianMixture mixture = new GaussianMixture(weights, Arrays.stream(new double[] {0, 10, 20, 30})
        .mapToObj(mean -> Gaussian.of(new double[] {mean}, new double[] {0.01})).toList());
    int[] counts = new int[4];
    for (float x : mixture.sample(MANY, 9, STREAM).coordinates()) {
      counts[Math.round(x / 10)]++;
    }
    for (int k = 0; k < 4; k++) {
      assertEquals(MANY * weights[k], counts[k], 5 * Math.sqrt(MANY * weights[k] * (1 - weights[k])));
    }
  }

  /** Each point is a point of the cloud and noise of the kernel: the covariance of the cloud, times 1 + h^2. */
  @Test
  void samplesOfKernelsHaveTheirMoments() {
    FloatPoints cloud = Clouds.clusters(4, new int[] {400, 100}, new double[][] {{0, 0, 0}, {3, -3, 1}}, 1, 0.2);
    KernelDensity density = KernelDensity.of(cloud);
    assertEquals(Math.pow(500, -1 / 7.0), density.bandwidth(), 1e-15);
    Moments expected = Moments.of(cloud);
    Moments moments = Moments.of(density.sample(MANY, 2, STREAM));
    assertArrayEquals(expected.mean(), moments.mean(), 5 * 2 / Math.sqrt(MANY));
    // The covariance of points chosen from the cloud has the divisor 500, that of the kernel has 499.
    double factor = 499.0 / 500 + density.bandwidth() * density.bandwidth();
    assertArrayEquals(Arrays.stream(expected.covariance()).map(c -> c * factor).toArray(), moments.covariance(),
        5 * 5 / Math.sqrt(MANY));
  }

  /** The density that is drawn from is the one that is computed: means of log-densities agree with the entropy. */
  @Test
  void samplesFollowTheirDensity() {
    Gaussian normal = Gaussian.of(new double[] {2, -1}, new double[] {3, 1, 1, 2});
    GaussianMixture mixture = new GaussianMixture(new double[] {1}, List.of(normal));
    FloatPoints points = mixture.sample(20_000, 3, STREAM);
    double sum = 0;
    for (int i = 0; i < points.count(); i++) {
      sum += mixture.logDensity(points.coordinate(i, 0), points.coordinate(i, 1));
    }
    // The entropy is log(2 pi e) + log(det S) / 2; the log-density of a point of the plane deviates by 1.
    assertEquals(-Math.log(2 * Math.PI * Math.E) - Math.log(5) / 2, sum / points.count(), 5 / Math.sqrt(20_000));
  }

  @Test
  void theFirstPointsDependOnSeedAndStreamAlone() throws Exception {
    for (Density density : List.of(mixture(), KernelDensity.of(mixture().sample(300, 0, STREAM)))) {
      float[] many = density.sample(5000, -3, STREAM).coordinates();
      assertArrayEquals(Arrays.copyOf(many, 200), density.sample(100, -3, STREAM).coordinates());
      assertArrayEquals(many, Clouds.on(1, () -> density.sample(5000, -3, STREAM)).coordinates());
      assertArrayEquals(many, Clouds.on(4, () -> density.sample(5000, -3, STREAM)).coordinates());
      assertNotEquals(many[0], density.sample(1, -4, STREAM).coordinates()[0]);
      assertNotEquals(many[0], density.sample(1, -3, STREAM + 1).coordinates()[0]);
      assertEquals(0, density.sample(0, -3, STREAM).count());
    }
  }

  @Test
  void cloudsWithoutKernelsAreRefused() {
    assertRefused("all 4 points are equal", 2, 5, 6, 5, 6, 5, 6, 5, 6);
    assertRefused("all 1 points are equal", 1, 5);
    assertRefused("in a plane of lower dimension", 2, 0, 0, 1, 2, 2, 4, 3, 6);
    assertRefused("point 1 (counted from 0) has the coordinate NaN", 2, 0, 0, 1, Float.NaN);
  }

  private static void assertRefused(String message, int dimension, float... coordinates) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
        () -> KernelDensity.of(new FloatPoints(coordinates, dimension)));
    assertTrue(e.getMessage().contains(message) && e.getMessage().lines().count() == 1, e.getMessage());
  }
}
