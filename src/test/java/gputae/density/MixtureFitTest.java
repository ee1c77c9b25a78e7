package gputae.density;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.linear.FloatPoints;
import gputae.linear.PointRows;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class MixtureFitTest {

  private static final int STREAM = 6;

  static DensitiesOfPeers.Mixture[] mixtures() throws IOException {
    return DensitiesOfPeers.read().mixtures().toArray(DensitiesOfPeers.Mixture[]::new);
  }

  /** From the same clusters, EM goes the way of scikit-learn: both compute in double, so only rounding differs. */
  @ParameterizedTest
  @MethodSource("mixtures")
  void theFitIsThatOfScikitLearn(DensitiesOfPeers.Mixture peer) {
    MixtureFit fit = MixtureFit.from(PointRows.points(peer.x()), peer.labels(), peer.components());
    assertEquals(peer.iterations(), fit.iterations());
    assertEquals(peer.converged(), fit.converged());
    assertEquals(peer.score(), fit.meanLogLikelihood(), 1e-9 * Math.abs(peer.score()));
    GaussianMixture mixture = fit.mixture();
    for (int k = 0; k < peer.components(); k++) {
      assertEquals(peer.weights()[k], mixture.weight(k), 1e-9, "weight " + k);
      double[] covariance = Arrays.stream(peer.covariances()[k]).flatMapToDouble(Arrays::stream).toArray();
      double size = Arrays.stream(covariance).map(Math::abs).max().orElseThrow();
      assertArrayEquals(peer.means()[k], mixture.mean(k), 1e-9 * Math.sqrt(size), "mean " + k);
      assertArrayEquals(covariance, mixture.covariance(k), 1e-9 * size, "covariance " + k);
    }
    for (int i = 0; i < peer.logs().length; i++) {
      assertEquals(peer.logs()[i], mixture.logDensity(DensitiesOfPeers.wide(peer.probes()[i])),
          1e-8 * Math.max(1, Math.abs(peer.logs()[i])), "log-density at probe " + i);
    }
  }

  @Test
  void aKnownMixtureIsRecoveredFromItsSamples() {
    double[][] means = {{0, 0, 0}, {4, 0, 1}, {0, 5, -3}};
    double[] deviations = {1, 0.5, 2};
    int[] sizes = {10_000, 5_000, 15_000};
    GaussianMixture found = MixtureFit.of(Clouds.clusters(1, sizes, means, deviations), 3, 0, STREAM).mixture();
    int[] place = nearest(found, means);
    for (int k = 0; k < 3; k++) {
      int c = place[k];
      // A mean of n numbers is off by the deviation / sqrt(n), and a variance by sqrt(2 / n) of it; five times that,
      // and as much again since the clusters overlap.
      double error = 10 * deviations[k] / Math.sqrt(sizes[k]);
      assertArrayEquals(means[k], found.mean(c), error);
      assertEquals(sizes[k] / 30_000.0, found.weight(c), 0.015);
      double variance = deviations[k] * deviations[k];
      double[] covariance = found.covariance(c);
      for (int e = 0; e < 9; e++) {
        assertEquals(e % 4 == 0 ? variance : 0, covariance[e], 10 * variance * Math.sqrt(2.0 / sizes[k]));
      }
    }
  }

  /** For each of the means, the component that is nearest to it. */
  private static int[] nearest(GaussianMixture mixture, double[][] means) {
    return Arrays.stream(means).mapToInt(mean -> {
      double[] squares = IntStream.range(0, mixture.components()).mapToDouble(c -> {
        double[] other = mixture.mean(c);
        return IntStream.range(0, mean.length).mapToDouble(i -> (mean[i] - other[i]) * (mean[i] - other[i])).sum();
      }).toArray();
      return IntStream.range(0, squares.length).reduce(0, (a, b) -> squares[b] < squares[a] ? b : a);
    }).toArray();
  }

  /** Whatever the seed, ten clusters on a circle, of different sizes, get a component each. */
  @Test
  void eachOfManySeparateClustersGetsOneComponent() {
    double[][] means = new double[10][];
    int[] sizes = new int[10];
    double[] deviations = new double[10];
    for (int k = 0; k < 10; k++) {
      means[k] = new double[] {20 * Math.cos(0.2 * Math.PI * k), 20 * Math.sin(0.2 * Math.PI * k)};
      sizes[k] = 50 + 20 * k;
      deviations[k] = 0.3;
    }
    FloatPoints cloud = Clouds.clusters(2, sizes, means, deviations);
    for (long seed = 0; seed < 20; seed++) {
      MixtureFit fit = MixtureFit.of(cloud, 10, seed, STREAM);
      int[] place = nearest(fit.mixture(), means);
      assertEquals(10, Arrays.stream(place).distinct().count(), "seed " + seed);
      for (int k = 0; k < 10; k++) {
        assertEquals((double) sizes[k] / cloud.count(), fit.mixture().weight(place[k]), 1e-6, "seed " + seed);
      }
      assertTrue(fit.converged());
    }
  }

  @ParameterizedTest
  @CsvSource({"1000, 2, 1", "5000, 2, 10", "3000, 7, 4", "20000, 3, 5"})
  void theNumberOfThreadsChangesNoBit(int n, int d, int components) throws Exception {
    Random random = new Random(n);
    float[] coordinates = new float[n * d];
    for (int i = 0; i < coordinates.length; i++) {
      coordinates[i] = (float) (random.nextGaussian() * (1 + i % 3) + random.nextInt(3));
    }
    FloatPoints cloud = new FloatPoints(coordinates, d);
    MixtureFit one = Clouds.on(1, () -> MixtureFit.of(cloud, components, 5, STREAM));
    MixtureFit four = Clouds.on(4, () -> MixtureFit.of(cloud, components, 5, STREAM));
    assertEquals(one.meanLogLikelihood(), four.meanLogLikelihood());
    assertEquals(one.iterations(), four.iterations());
    for (int k = 0; k < components; k++) {
      assertEquals(one.mixture().weight(k), four.mixture().weight(k));
      assertArrayEquals(one.mixture().mean(k), four.mixture().mean(k));
      assertArrayEquals(one.mixture().covariance(k), four.mixture().covariance(k));
    }
  }

  /** The likelihood is a density's: a cloud that is stretched by 1000 has log-densities less by d log 1000. */
  @Test
  void hugeAndTinyClouds() {
    FloatPoints unit = Clouds.clusters(3, new int[] {300, 200}, new double[][] {{0, 0}, {9, 9}}, 1, 2);
    double expected = MixtureFit.of(unit, 2, 0, STREAM).meanLogLikelihood();
    for (float scale : new float[] {1e3f, 1e18f, 1e30f}) {
      float[] stretched = unit.coordinates().clone();
      for (int i = 0; i < stretched.length; i++) {
        stretched[i] *= scale;
      }
      // The 1e-6 is left out of the stretched cloud's variances of 1 and 4, and the numbers are rounded to float32.
      assertEquals(expected - 2 * Math.log(scale),
          MixtureFit.of(new FloatPoints(stretched, 2), 2, 0, STREAM).meanLogLikelihood(), 2e-6);
    }
  }

  /** On a line in space, rounding of large numbers would make the covariance singular. */
  @Test
  void aLineInSpaceHasAFitAtEverySize() {
    for (int power = -4; power <= 30; power += 2) {
      float[] line = new float[3 * 100];
      for (int i = 0; i < line.length; i++) {
        line[i] = (i % 3 == 0 ? 1 : i % 3 == 1 ? 3 : -7) * (float) Math.scalb(0.1 + (i / 3 * 37 % 100), power);
      }
      for (int components : new int[] {1, 3}) {
        GaussianMixture mixture = MixtureFit.of(new FloatPoints(line, 3), components, 0, STREAM).mixture();
        for (int k = 0; k < components; k++) {
          assertTrue(mixture.weight(k) > 0 && mixture.covariance(k)[8] > 0, "2^" + power);
        }
      }
    }
  }

  /** The iterations of k-means can leave a centre without points; such clusters are not taken. */
  @Test
  void noClusterIsEmpty() {
    Random random = new Random(8);
    for (int trial = 0; trial < 20_000; trial++) {
      int n = 6 + random.nextInt(10);
      int k = 2 + random.nextInt(4);
      float[] coordinates = new float[2 * n];
      for (int i = 0; i < coordinates.length; i++) {
        coordinates[i] = (float) (random.nextGaussian() * Math.exp(random.nextGaussian()));
      }
      int[] labels = Clusters.of(new FloatPoints(coordinates, 2), k, trial, 0, STREAM);
      assertEquals(k, Arrays.stream(labels).distinct().count(), "trial " + trial);
    }
  }

  /** As many components as points: each is a point with the least covariance. */
  @Test
  void everyPointMayHaveItsComponent() {
    FloatPoints cloud = new FloatPoints(new float[] {0, 0, 10, 0, 0, 10, 10, 10, 5, 5}, 2);
    MixtureFit fit = MixtureFit.of(cloud, 5, 0, STREAM);
    for (int k = 0; k < 5; k++) {
      assertEquals(0.2, fit.mixture().weight(k), 1e-12);
      assertArrayEquals(new double[] {1e-6, 0, 0, 1e-6}, fit.mixture().covariance(k), 1e-15);
    }
    // Each density is 1 / (2 pi 1e-6) at its own point.
    assertEquals(-Math.log(5 * 2 * Math.PI * 1e-6), fit.meanLogLikelihood(), 1e-9);
  }

  private static void refused(String message, FloatPoints cloud, int components) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> MixtureFit.of(cloud, components, 0, STREAM));
    assertTrue(e.getMessage().contains(message) && e.getMessage().lines().count() == 1, e.getMessage());
  }

  @Test
  void cloudsWithoutAFitAreRefused() {
    refused("6 components, but only 5 points; give at most 5", new FloatPoints(new float[] {0, 1, 2, 3, 4}, 1), 6);
    refused("only 3 different places, fewer than the 4 components; give at most 3",
        new FloatPoints(new float[] {0, 1, 2, 1, 0}, 1), 4);
    refused("all 3 points are equal", new FloatPoints(new float[] {1, 2, 1, 2, 1, 2}, 2), 1);
    refused("there are no points", new FloatPoints(new float[0], 2), 1);
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      refused("point 1 (counted from 0) has the coordinate " + bad, new FloatPoints(new float[] {0, 1, 2, bad}, 2), 1);
    }
  }
}
