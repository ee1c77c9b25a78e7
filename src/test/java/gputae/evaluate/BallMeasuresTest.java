package gputae.evaluate;

import static gputae.evaluate.MeasuresOfPeers.assertNear;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Backend;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.linear.FloatPoints;
import gputae.linear.PointRows;
import java.io.IOException;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class BallMeasuresTest {

  // The measures are means of some thousand numbers, subtracted from each other.
  private static final double RELATIVE = 1e-9;
  private static final double ABSOLUTE = 1e-13;

  private static Backend backend;

  @BeforeAll
  static void open() {
    backend = new CpuBackend(InstructionSet.best(), 2);
  }

  @AfterAll
  static void close() {
    backend.close();
  }

  private static double[] values(HoleDistances holes) {
    return new double[] {holes.median(), holes.quantile90(), holes.quantile95(), holes.quantile99(), holes.largest()};
  }

  @Test
  void agreeWithSciPy() throws IOException {
    MeasuresOfPeers peers = MeasuresOfPeers.read();
    assertEquals(3, peers.balls().size());
    for (MeasuresOfPeers.Ball peer : peers.balls()) {
      UniformBallReference uniform = UniformBallReference.of(backend, PointRows.points(peer.sample()),
          PointRows.points(peer.probes()));
      BallMeasures found = BallMeasures.of(backend, PointRows.points(peer.z()), uniform);
      assertNear(peer.outside(), found.shareOutside(), ABSOLUTE, 0, peer.name() + ": outside");
      assertNear(peer.energy(), found.energyDistance(), ABSOLUTE, RELATIVE, peer.name() + ": energy distance");
      assertNear(peer.mean_pair(), uniform.meanPairDistance(), ABSOLUTE, RELATIVE,
          peer.name() + ": mean distance of pairs");
      // Lengths are float32, each within (d/2 + 2) 2^-24.
      double length = (uniform.sample().dimension() / 2.0 + 2) * 0x1p-24;
      assertNear(peer.persistence(), found.totalPersistence(), 0, length, peer.name() + ": total persistence");
      assertNear(peer.sample_persistence(), found.uniformTotalPersistence(), 0, length,
          peer.name() + ": total persistence of the sample");
      assertNear(peer.persistence() / peer.sample_persistence(), found.persistenceRatio(), 0, 2 * length,
          peer.name() + ": ratio of total persistence");
      for (int q = 0; q < 5; q++) {
        assertNear(peer.holes()[q], values(found.holes())[q], ABSOLUTE, RELATIVE, peer.name() + ": holes " + q);
        assertNear(peer.sample_holes()[q], values(found.uniformHoles())[q], ABSOLUTE, RELATIVE,
            peer.name() + ": holes of the sample " + q);
        assertNear(peer.holes()[q] / peer.sample_holes()[q], values(found.holeRatios())[q], ABSOLUTE, RELATIVE,
            peer.name() + ": ratio " + q);
      }
    }
  }

  @Test
  void quantilesBetweenTwoValues() {
    double[] sorted = {1, 2, 4, 8};
    assertEquals(1, HoleDistances.quantile(sorted, 0));
    assertEquals(3, HoleDistances.quantile(sorted, 0.5));
    assertNear(6.8, HoleDistances.quantile(sorted, 0.9), 0, 1e-15, "90 %");
    assertEquals(8, HoleDistances.quantile(sorted, 1));
    assertEquals(5, HoleDistances.quantile(new double[] {5}, 0.3));
  }

  @Test
  void twoPointsByHand() {
    FloatPoints sample = new FloatPoints(new float[] {0, 0, 0.5f, 0}, 2);
    FloatPoints probes = new FloatPoints(new float[] {0, 0, 0, 0.75f, 1, 0}, 2);
    UniformBallReference uniform = UniformBallReference.of(backend, sample, probes);
    assertEquals(0.25, uniform.meanPairDistance());
    assertEquals(0.5, uniform.totalPersistence());
    assertEquals(0.5, uniform.holes().median());
    assertEquals(0.75, uniform.holes().largest());
    // The points are (3, 4) and (0, 0). The point far outside the ball counts for the tree, and for holes to which it
    // is the nearest point.
    BallMeasures found = BallMeasures.of(backend, new FloatPoints(new float[] {3, 4, 0, 0}, 2), uniform);
    assertEquals(0.5, found.shareOutside());
    assertEquals(5, found.totalPersistence());
    assertEquals(10, found.persistenceRatio());
    assertEquals(0.75, found.holes().median());
    assertEquals(1, found.holes().largest());
    assertEquals(1.5, found.holeRatios().median());
    double between = (5 + Math.hypot(2.5, 4) + 0 + 0.5) / 4;
    assertNear(2 * between - 2.5 - 0.25, found.energyDistance(), 0, 1e-14, "energy distance");
  }

  @Test
  void theSampleItselfIsPerfect() {
    UniformBallReference uniform = UniformBallReference.of(backend, 333, 3, 4);
    BallMeasures found = BallMeasures.of(backend, uniform.sample(), uniform);
    assertEquals(0, found.shareOutside());
    assertArrayEquals(new double[] {1, 1, 1, 1, 1}, values(found.holeRatios()));
    assertEquals(1, found.persistenceRatio());
    assertNear(0, found.energyDistance(), 1e-15, 0, "energy distance");
  }

  @Test
  void anotherUniformSampleIsNearlyPerfect() {
    UniformBallReference uniform = UniformBallReference.of(backend, 2000, 2, 4);
    BallMeasures found = BallMeasures.of(backend, UniformBallReference.of(backend, 2000, 2, 5).sample(), uniform);
    // With n uniform points, a place has no point within r with probability (1 - r^2)^n: the median is sqrt(ln 2 / n),
    // the 99th percentile sqrt(ln 100 / n).
    assertNear(Math.sqrt(Math.log(2) / 2000), found.holes().median(), 0, 0.05, "median");
    assertNear(Math.sqrt(Math.log(100) / 2000), found.holes().quantile99(), 0, 0.1, "99th percentile");
    assertNear(1, found.persistenceRatio(), 0.05, 0, "total persistence");
    assertTrue(found.energyDistance() > 0 && found.energyDistance() < 10 * uniform.meanPairDistance() / 2000,
        found.toString());
    assertNear(128 / (45 * Math.PI), uniform.meanPairDistance(), 0, 0.03, "mean distance in a disk");
  }

  @Test
  void collapsedEmbeddings() {
    UniformBallReference uniform = UniformBallReference.of(backend, 400, 2, 1);
    BallMeasures found = BallMeasures.of(backend, new FloatPoints(new float[800], 2), uniform);
    assertEquals(0, found.shareOutside());
    assertEquals(0, found.totalPersistence());
    // Norms of places uniform in the disk: P(norm <= r) = r^2.
    assertNear(Math.sqrt(0.5), found.holes().median(), 0.02, 0, "median");
    assertNear(Math.sqrt(0.99), found.holes().quantile99(), 0.005, 0, "99th percentile");
    assertNear(
        2 * SlowMeasures.meanDistance(new FloatPoints(new float[2], 2), uniform.sample())
            - SlowMeasures.meanDistance(uniform.sample(), uniform.sample()),
        found.energyDistance(), ABSOLUTE, RELATIVE, "energy distance");
  }

  /** The sizes are around those of a tile and a block of the distances. */
  @Test
  void energyDistanceOfCloudsOfDifferentSizes() {
    Random random = new Random(6);
    for (int n : new int[] {1, 2, 31, 33, 1025}) {
      FloatPoints x = cloud(random, n, 3);
      FloatPoints y = cloud(random, n / 2 + 40, 3);
      assertNear(SlowMeasures.meanDistance(x, y), EnergyDistance.mean(x, y), ABSOLUTE, 1e-12, n + " and more");
      assertNear(SlowMeasures.meanDistance(x, x), EnergyDistance.mean(x), ABSOLUTE, 1e-12, n + " alone");
    }
    assertEquals(0, EnergyDistance.squared(1, 1, 1 + 1e-16));
    assertEquals(0, EnergyDistance.squared(0.5, 0.5, 0.6));
    assertEquals(1, EnergyDistance.squared(2, 1, 2));
  }

  private static FloatPoints cloud(Random random, int n, int d) {
    float[] x = new float[n * d];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return new FloatPoints(x, d);
  }

  @Test
  void theSeedSaysWhichReference() {
    UniformBallReference first = UniformBallReference.of(backend, 100, 3, 9);
    assertEquals(first, UniformBallReference.of(backend, 100, 3, 9));
    UniformBallReference other = UniformBallReference.of(backend, 100, 3, 10);
    assertNotEquals(first.sample(), other.sample());
    assertNotEquals(first.probes(), other.probes());
    assertEquals(10_000, first.probes().count());
    // The probes come from another random stream, so no probe is a point of the sample.
    assertTrue(HoleDistances.of(first.sample(), first.probes()).median() > 1e-3);
    assertTrue(UnitBall.shareOutside(first.probes()) < 1e-3);
  }

  @Test
  void threadsChangeNothing() throws Exception {
    FloatPoints z = cloud(new Random(8), 500, 2);
    BallMeasures[] found = new BallMeasures[2];
    for (int i = 0; i < 2; i++) {
      ForkJoinPool pool = new ForkJoinPool(1 + 2 * i);
      try {
        found[i] = pool.submit(() -> BallMeasures.of(backend, z, UniformBallReference.of(backend, 500, 2, 0))).get();
      } finally {
        pool.shutdown();
      }
    }
    assertEquals(found[0], found[1]);
  }

  @Test
  void refusals() {
    UniformBallReference uniform = UniformBallReference.of(backend, 10, 2, 0);
    assertEquals("11 points of dimension 2, but the uniform ones to compare them with are 10 points of dimension 2",
        assertThrows(IllegalArgumentException.class,
            () -> BallMeasures.of(backend, new FloatPoints(new float[22], 2), uniform)).getMessage());
    assertThrows(IllegalArgumentException.class,
        () -> BallMeasures.of(backend, new FloatPoints(new float[10], 1), uniform));
    assertThrows(IllegalArgumentException.class, () -> UniformBallReference.of(backend, 1, 2, 0));
  }
}
