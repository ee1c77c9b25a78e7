package gputae.homology;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.backend.Philox;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.linear.FloatPoints;
import gputae.model.SafeTensors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The PH dimension of clouds against GUDHI's trees, and of clouds whose dimension is known. */
class PhDimensionTest {

  private static PhDimension of(float[] points, int[][] orders) {
    int n = PhDimension.POINTS;
    try (Backend backend = new CpuBackend(InstructionSet.best(), 2);
        Matrix x = backend.allocate(n, points.length / n).upload(points);
        Matrix squares = backend.allocate(n, n)) {
      backend.squaredDistances(x, squares);
      return PhDimension.of(squares.toFloats(), i -> orders[i]);
    }
  }

  /** bench/peers/golden.py exported the data. */
  @Test
  void sumsAndDimensionAreThoseOfGudhisTrees() throws IOException, URISyntaxException {
    SafeTensors golden =
        SafeTensors.read(Path.of(PhDimensionTest.class.getResource("/golden/ph-dimension.safetensors").toURI()));
    int[] all = golden.tensors().get("measure.orders").ints();
    int[][] orders = new int[16][];
    Arrays.setAll(orders, i -> Arrays.copyOfRange(all, i * PhDimension.POINTS, (i + 1) * PhDimension.POINTS));
    PhDimension found = of(golden.tensors().get("measure.points").floats(), orders);
    double[] sums = golden.tensors().get("measure.sums").doubles();
    double[] result = golden.tensors().get("measure.result").doubles();
    assertEquals(16, found.sizes().length);
    for (int i = 0; i < 16; i++) {
      assertEquals(200 + 50 * i, found.sizes()[i]);
      assertEquals(sums[i], found.sums()[i], 1e-6 * sums[i]);
    }
    assertEquals(result[0], found.slope(), 1e-6);
    assertEquals(result[1], found.dimension(), 1e-5);
  }

  /** A uniform cloud of dimension d in a space of ten dimensions. Its estimate is too low in high dimensions. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void aUniformCloudHasItsDimension(int d) {
    Random random = new Random(d);
    float[] points = new float[PhDimension.POINTS * 10];
    for (int i = 0; i < PhDimension.POINTS; i++) {
      for (int k = 0; k < d; k++) {
        points[10 * i + k] = random.nextFloat();
      }
    }
    int[][] orders = new int[16][];
    Arrays.setAll(orders, i -> Philox.permutation(PhDimension.POINTS, 1, i, 2));
    PhDimension found = of(points, orders);
    assertEquals(d, found.dimension(), 0.25, found.toString());
    assertTrue(found.residual() < 0.05, found.toString());
  }

  @Test
  void theLineIsTheOneOfLeastSquares() {
    // E(n) = 3 n^(1/2) exactly.
    int[] sizes = {100, 400, 900};
    PhDimension exact = PhDimension.fit(sizes, new double[] {30, 60, 90});
    assertEquals(0.5, exact.slope(), 1e-14);
    assertEquals(Math.log(3), exact.intercept(), 1e-13);
    assertEquals(0, exact.residual(), 1e-14);
    assertEquals(2, exact.dimension(), 1e-13);
    // Equally spaced sizes, on a logarithmic axis, and values 0, 1, 0: the line is level, at 1/3.
    PhDimension bent = PhDimension.fit(new int[] {1, 10, 100}, new double[] {1, Math.E, 1});
    assertEquals(0, bent.slope(), 1e-15);
    assertEquals(1 / 3.0, bent.intercept(), 1e-15);
    assertEquals(Math.sqrt((1 / 9.0 + 4 / 9.0 + 1 / 9.0) / 3), bent.residual(), 1e-15);
  }

  @Test
  void pointsThatAllCoincideHaveNone() {
    int[][] orders = new int[16][];
    Arrays.setAll(orders, i -> Philox.permutation(PhDimension.POINTS, 1, i, 2));
    float[] points = new float[PhDimension.POINTS * 2];
    assertEquals("the death times of 200 points have the sum 0.0",
        assertThrows(NoDimensionException.class, () -> of(points, orders)).getMessage());
    // Half of them coincide.
    Random random = new Random(5);
    for (int i = 0; i < PhDimension.POINTS; i++) {
      points[i] = random.nextFloat();
    }
    FloatPoints cloud = new FloatPoints(points, 2);
    PhDimension found = of(points, orders);
    double sum = Prim.ofPoints(new FloatPoints(
        Arrays.copyOf(rows(cloud, Arrays.copyOf(orders[3], 350)), 700), 2)).totalPersistence(1);
    assertEquals(sum, found.sums()[3], 1e-12 * sum);
    assertArrayEquals(found.sums(), of(points, orders).sums());
  }

  private static float[] rows(FloatPoints cloud, int[] chosen) {
    float[] rows = new float[2 * chosen.length];
    for (int i = 0; i < chosen.length; i++) {
      rows[2 * i] = cloud.coordinates()[2 * chosen[i]];
      rows[2 * i + 1] = cloud.coordinates()[2 * chosen[i] + 1];
    }
    return rows;
  }
}
