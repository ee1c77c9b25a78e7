package gputae.evaluate;

import static gputae.evaluate.MeasuresOfPeers.assertNear;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Backend;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.linear.FloatPoints;
import gputae.linear.PointRows;
import java.io.IOException;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ShapeMeasuresTest {

  private static Backend backend;

  @BeforeAll
  static void open() {
    backend = new CpuBackend(InstructionSet.best(), 2);
  }

  @AfterAll
  static void close() {
    backend.close();
  }

  @Test
  void agreeWithSciPy() throws IOException {
    MeasuresOfPeers peers = MeasuresOfPeers.read();
    assertEquals(3, peers.shapes().size());
    for (MeasuresOfPeers.Shape peer : peers.shapes()) {
      ShapeReference reference =
          ShapeReference.of(PointRows.points(peer.normal()), PointRows.points(peer.uniform()));
      ShapeMeasures found = ShapeMeasures.of(PointRows.points(peer.z()), reference).orElseThrow();
      // Standardised points and the scaled ball are float32: 1e-7 of distances of about 2, of whose means three are
      // subtracted.
      assertNear(peer.normal_energy(), found.normalEnergy(), 1e-6, 0, peer.name() + ": from a normal");
      assertNear(peer.ball_energy(), found.ballEnergy(), 1e-6, 0, peer.name() + ": from a ball");
      assertNear(peer.kurtosis(), found.kurtosis(), 0, 1e-6, peer.name() + ": kurtosis");
    }
  }

  /** A cloud of a known shape, stretched, turned and moved, is nearest to that shape and has its kurtosis. */
  @Test
  void normalsAndBallsAreToldApart() {
    int n = 4000;
    for (int d : new int[] {1, 2, 5}) {
      UniformBallReference uniform = UniformBallReference.of(backend, n, d, 1);
      ShapeReference reference = ShapeReference.of(backend, uniform, 1);
      ShapeReference other = ShapeReference.of(backend, UniformBallReference.of(backend, n, d, 2), 2);
      ShapeMeasures normal = ShapeMeasures.of(moved(other.normal(), d), reference).orElseThrow();
      ShapeMeasures ball = ShapeMeasures.of(moved(other.ball(), d), reference).orElseThrow();
      assertTrue(normal.normalEnergy() < normal.ballEnergy() / 3, d + ": " + normal);
      assertTrue(ball.ballEnergy() < ball.normalEnergy() / 3, d + ": " + ball);
      assertNear(d * (d + 2), normal.kurtosis(), 0, 0.1, d + ": kurtosis of a normal");
      assertNear(d * (d + 2.0) * (d + 2) / (d + 4), ball.kurtosis(), 0, 0.05, d + ": kurtosis of a ball");
    }
  }

  private static FloatPoints moved(FloatPoints points, int d) {
    Random random = new Random(d);
    float[] map = new float[d * d];
    for (int k = 0; k < d * d; k++) {
      map[k] = (float) random.nextGaussian() + (k % (d + 1) == 0 ? 3 : 0);
    }
    float[] moved = new float[points.coordinates().length];
    for (int i = 0; i < points.count(); i++) {
      for (int k = 0; k < d; k++) {
        moved[i * d + k] = 7 - k;
        for (int j = 0; j < d; j++) {
          moved[i * d + k] += map[k * d + j] * points.coordinates()[i * d + j];
        }
      }
    }
    return new FloatPoints(moved, d);
  }

  /** The four corners of a rectangle become those of a square with corners (1, 1), whose norm is sqrt(2). */
  @Test
  void rectangleByHand() {
    float[] corners = {0, 0, 10, 0, 0, 2, 10, 2};
    FloatPoints standardised = ShapeMeasures.standardised(new FloatPoints(corners, 2)).orElseThrow();
    for (float coordinate : standardised.coordinates()) {
      assertEquals(1, Math.abs(coordinate), 1e-6);
    }
    ShapeReference reference = ShapeReference.of(backend, UniformBallReference.of(backend, 4, 2, 0), 0);
    assertEquals(4, ShapeMeasures.of(new FloatPoints(corners, 2), reference).orElseThrow().kurtosis(), 1e-5);
  }

  @Test
  void flatCloudsHaveNoShape() {
    assertEquals(Optional.empty(), ShapeMeasures.standardised(new FloatPoints(new float[] {1, 2, 1, 2, 1, 2}, 2)));
    assertEquals(Optional.empty(),
        ShapeMeasures.standardised(new FloatPoints(new float[] {0, 0, 1, 3, 2, 6, 5, 15}, 2)));
    assertEquals(Optional.empty(), ShapeMeasures.standardised(new FloatPoints(new float[] {1, 2}, 2)));
  }

  @Test
  void refusals() {
    ShapeReference reference = ShapeReference.of(backend, UniformBallReference.of(backend, 4, 2, 0), 0);
    assertThrows(IllegalArgumentException.class,
        () -> ShapeMeasures.of(new FloatPoints(new float[] {1, 2, 5, 3, 3, 1}, 2), reference));
    assertThrows(IllegalArgumentException.class,
        () -> ShapeMeasures.standardised(new FloatPoints(new float[] {1, Float.NaN, 5, 3, 3, 1}, 2)));
  }
}
