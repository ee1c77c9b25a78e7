package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.PointLoss;
import gputae.selftest.Clouds;
import gputae.selftest.Operation;
import gputae.selftest.Result;
import gputae.selftest.SelfTest;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The losses of up to 256 points in one launch, where a block has the memory that they need. */
class PointLossesTest {

  private static HostRunner driver(HostRunner.Order order, Driver.Limits limits) {
    return new HostRunner(HostRunner.developmentLibraries(), order, 1, 2, limits, HostRunners.MEMORY);
  }

  @Test
  void theyHaveTheBitsOfSingleCalls() {
    check(HostRunner.Order.RANDOM);
  }

  @Tag("orders")
  @ParameterizedTest
  @EnumSource(names = {"FORWARD", "BACKWARD"})
  void soTheyHaveInOtherOrders(HostRunner.Order order) {
    check(order);
  }

  private static void check(HostRunner.Order order) {
    Operation operation =
        SelfTest.operations().stream().filter(one -> one.name().equals("losses of points")).findFirst().orElseThrow();
    try (CudaBackend backend =
        new CudaBackend(AliasedLaunches.refusedBy(driver(order, HostRunners.ROOMY)))) {
      Result result = operation.run(backend);
      assertTrue(result.passed(), result::toString);
      assertTrue(backend.launches().get("point_losses_256") > 10, backend.launches().toString());
    }
  }

  /**
   * One launch up to 256 points where there is memory for it, otherwise the launches of single calls. The edges have
   * one order, whatever finds them.
   */
  @ParameterizedTest
  @CsvSource({"128, 24576, true", "129, 24576, true", "137, 24576, false", "187, 65536, true", "193, 65536, false",
    "256, 166912, true", "256, 65536, false", "257, 166912, false"})
  void theDeviceDecidesHowTheyAreLaunched(int n, int sharedMemory, boolean together) {
    try (CudaBackend backend =
        new CudaBackend(driver(HostRunner.Order.FORWARD, new Driver.Limits(3, sharedMemory)))) {
      Matrix z = backend.allocate(n, 3)
          .upload(Clouds.draw(Clouds.Kind.TIED, n, 3, new Random(n)).coordinates());
      Matrix edges = backend.allocate(ElementType.INT32, n - 1, 2);
      Matrix lengths = backend.allocate(1, n - 1);
      Matrix one = backend.allocate(1, 1).upload(new float[] {1});
      PointLoss deaths = new PointLoss.DeathTimes(edges, lengths, 1, Float.POSITIVE_INFINITY, one,
          backend.allocate(n, 3), backend.allocate(1, 1));
      backend.pointLosses(z, List.of(deaths));
      Map<String, Long> launches = new TreeMap<>(backend.launches());
      assertEquals(together, launches.containsKey(n <= 128 ? "point_losses_128" : "point_losses_256"),
          launches.toString());
      assertEquals(together ? 1 : 3, launches.values().stream().mapToLong(Long::longValue).sum(), launches.toString());
      int[] found = edges.toInts();
      backend.spanningTree(z, edges, lengths);
      assertArrayEquals(found, edges.toInts());
    }
  }
}
