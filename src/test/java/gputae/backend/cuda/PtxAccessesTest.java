package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No kernel writes what it reads through the non-coherent path. The machine code for a GPU comes from the same sources,
 * so the PTX shows how they read.
 */
class PtxAccessesTest {

  private static Map<String, String> types;

  @BeforeAll
  static void findTypes() {
    assumeTrue(KernelFiles.summary().isPresent(), "this build has no kernels");
    try (HostRunner runner = HostRunners.driver(HostRunner.Order.FORWARD)) {
      types = Map.copyOf(runner.kernels());
    }
  }

  private static String ptx(int capability) {
    KernelFiles.Ptx ptx = KernelFiles.ptx(capability);
    assumeTrue(ptx.capability() == capability, "this build was made without nvcc");
    return ptx.text();
  }

  @ParameterizedTest
  @ValueSource(ints = {75, 90})
  void noParameterIsWrittenThatIsReadThroughTheNonCoherentPath(int capability) {
    Map<String, PtxAccesses> kernels = PtxAccesses.of(ptx(capability), types);
    assertEquals(types.keySet(), kernels.keySet());
    kernels.forEach((kernel, parameters) -> {
      assertTrue(parameters.nonCoherent().stream().noneMatch(parameters.written()::contains), kernel + parameters);
      assertTrue(!parameters.written().isEmpty(), kernel + " writes something");
    });
    // Of boruvka's parameters only the points are const; the gradient of dense_backward is read and written.
    assertEquals(Set.of(0), kernels.get("boruvka").nonCoherent());
    assertEquals(Set.of(0, 1), kernels.get("dense_backward").nonCoherent());
    assertEquals(Set.of(6, 7), kernels.get("dense_backward").written());
    assertEquals(Set.of(0, 1), kernels.get("adam").nonCoherent());
    assertEquals(Set.of(3, 4, 5, 6), kernels.get("adam").written());
    assertEquals(Set.of(2), kernels.get("largest").written());
  }

  /** What nvcc would write if a kernel read one of its results with __ldg. */
  @ParameterizedTest
  @CsvSource({"adam, 3", "boruvka, 5", "add, 1"})
  void aNonCoherentReadOfAResultIsFound(String kernel, int parameter) {
    String text = ptx(75);
    int begin = text.indexOf(".entry " + kernel + "(");
    int end = text.indexOf(".visible .entry", begin);
    String body = text.substring(begin, end < 0 ? text.length() : end).replaceAll("ld\\.global\\.(?!nc)",
        "ld.global.nc.");
    PtxAccesses found = PtxAccesses.of(".visible " + body, types).get(kernel);
    assertTrue(found.nonCoherent().contains(parameter) && found.written().contains(parameter), found.toString());
  }

  @Test
  void aLaunchThatReadsAndWritesOneAllocationIsRefused() {
    try (HostRunner runner = HostRunners.driver(HostRunner.Order.FORWARD)) {
      Driver driver = AliasedLaunches.refusedBy(runner);
      long x = driver.allocate(64);
      long y = driver.allocate(64);
      driver.launch("add", 1, 1, 32, 0, new Arguments().pointer(x).pointer(y).int64(4));
      AssertionError refused = assertThrows(AssertionError.class,
          () -> driver.launch("add", 1, 1, 32, 0, new Arguments().pointer(x).pointer(x + 32).int64(4)));
      assertEquals(
          "kernel 'add' reads parameter 0 through the non-coherent path and writes parameter 1; both lie in one"
              + " allocation",
          refused.getMessage());
      // The logits of sigmoid are read in the ordinary way.
      driver.launch("sigmoid", 1, 1, 32, 0, new Arguments().pointer(x).pointer(x).int64(4));
    }
  }
}
