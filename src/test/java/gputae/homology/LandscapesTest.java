package gputae.homology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gputae.model.SafeTensors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Persistence landscapes against GUDHI's and against integrals that are summed. */
class LandscapesTest {

  /** bench/peers/golden.py exported the data. */
  @ParameterizedTest
  @ValueSource(strings = {"three", "forty", "ties"})
  void valuesAreGudhis(String name) throws IOException, URISyntaxException {
    SafeTensors golden =
        SafeTensors.read(Path.of(LandscapesTest.class.getResource("/golden/landscapes.safetensors").toURI()));
    double[] grid = golden.tensors().get(name + ".grid").doubles();
    double[] values = golden.tensors().get(name + ".values").doubles();
    Landscapes landscapes = Landscapes.of(golden.tensors().get(name + ".deaths").doubles(), 5);
    assertEquals(5 * grid.length, values.length);
    for (int k = 1; k <= 5; k++) {
      for (int i = 0; i < grid.length; i++) {
        assertEquals(values[(k - 1) * grid.length + i], landscapes.at(k, grid[i]), 1e-14, "k " + k + ", t " + grid[i]);
      }
    }
  }

  @Test
  void normsAreThoseOfSums() {
    Landscapes landscapes = Landscapes.of(new double[] {0.5, 2, 1, 0}, 3);
    assertEquals(3, landscapes.count());
    assertEquals(2, landscapes.death(1));
    assertEquals((4 + 1 + 0.25) / 4, landscapes.norm(1), 1e-15);
    assertEquals(Math.sqrt((8 + 1 + 0.125) / 12), landscapes.norm(2), 1e-15);
    assertEquals(1, landscapes.norm(Double.POSITIVE_INFINITY));
    for (double p : new double[] {1, 2, 3.5}) {
      double sum = 0;
      int steps = 20_000;
      for (int k = 1; k <= 3; k++) {
        for (int i = 0; i < steps; i++) {
          sum += Math.pow(landscapes.at(k, (i + 0.5) * 2 / steps), p) * 2 / steps;
        }
      }
      assertEquals(Math.pow(sum, 1 / p), landscapes.norm(p), 1e-7);
    }
    // Scales at which powers leave the range of a double.
    assertEquals(Math.pow(1e200, 1.5) / Math.sqrt(12), Landscapes.of(new double[] {1e200}, 1).norm(2), 1e286);
    assertEquals(5e-301, Landscapes.of(new double[] {1e-300, 1e-310}, 2).norm(Double.POSITIVE_INFINITY));
  }

  @Test
  void fewerDeathsThanLandscapesAndNone() {
    Landscapes few = Landscapes.of(new double[] {3}, 10);
    assertEquals(1, few.count());
    assertEquals(1.5, few.at(1, 1.5));
    assertEquals(0, few.at(2, 1.5));
    assertEquals(0, few.at(1, -1));
    assertEquals(0, few.at(1, 4));
    Landscapes none = Landscapes.of(new double[0], 1);
    assertEquals(0, none.count());
    assertEquals(0, none.norm(2));
    assertEquals(0, Landscapes.of(new double[] {0, 0}, 2).norm(1));
    assertThrows(IllegalArgumentException.class, () -> Landscapes.of(new double[] {1}, 0));
    assertThrows(IllegalArgumentException.class, () -> few.norm(0.5));
  }
}
