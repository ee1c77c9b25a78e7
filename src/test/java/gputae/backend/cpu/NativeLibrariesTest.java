package gputae.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.BackendException;
import gputae.backend.Matrix;
import org.junit.jupiter.api.Test;

/** What the loading of native libraries must not change, and how the backend describes itself. */
class NativeLibrariesTest {

  /** The field is volatile, so that no compiler computes with its value in advance. */
  private static volatile float smallest = Float.MIN_VALUE;

  private static volatile double smallestDouble = Double.MIN_VALUE;

  @Test
  void denormalsSurviveLoadingAndComputing() {
    // A library linked with fast-math switches flush-to-zero on in the thread that loads it.
    NativeLibraries.load();
    assertDenormals();
    try (CpuBackend backend = new CpuBackend(InstructionSet.best(), 2);
        Matrix x = backend.allocate(200, 64);
        Matrix w = backend.allocate(64, 64);
        Matrix b = backend.allocate(1, 64);
        Matrix y = backend.allocate(200, 64)) {
      backend.dense(x, w, b, gputae.backend.Activation.ELU, y);
      assertDenormals();
      // The kernels keep denormals too: 2^-149 + 2^-149 is not lost.
      try (Matrix term = backend.allocate(1, 1).upload(new float[] {Float.MIN_VALUE});
          Matrix sum = backend.allocate(1, 1).upload(new float[] {Float.MIN_VALUE})) {
        backend.add(term, sum);
        assertEquals(2 * Float.MIN_VALUE, sum.toFloats()[0]);
      }
    }
  }

  private static void assertDenormals() {
    assertTrue(smallest * 3 > smallest && smallest > 0);
    assertTrue(smallestDouble * 3 > smallestDouble && smallestDouble > 0);
    assertEquals(3 * Float.MIN_VALUE, smallest * 3);
  }

  @Test
  void theDescriptionNamesInstructionSetThreadsAndLibrary() {
    try (CpuBackend backend = new CpuBackend(InstructionSet.best(), 2)) {
      assertTrue(
          backend.description().matches("CPU, (baseline|avx2|avx512), 2 threads, oneDNN \\d+\\.\\d+\\.\\d+ \\(.+\\)"),
          backend.description());
      assertEquals("cpu", backend.name());
    }
  }

  @Test
  void aClosedBackendSaysSoAndThreadsAreAtLeastOne() {
    CpuBackend backend = new CpuBackend(InstructionSet.best(), 1);
    Matrix open = backend.allocate(1, 1);
    backend.close();
    backend.close();
    open.close();
    assertThrows(IllegalStateException.class, () -> backend.allocate(1, 1));
    assertThrows(IllegalStateException.class, () -> backend.clear(open));
    assertThrows(IllegalArgumentException.class, () -> new CpuBackend(InstructionSet.best(), 0));
  }

  @Test
  void memoryThatIsNotThereIsRefusedWithItsSize() {
    try (CpuBackend backend = new CpuBackend(InstructionSet.best(), 1)) {
      BackendException exception = assertThrows(BackendException.class, () -> backend.allocate(1L << 30, 1L << 20));
      assertTrue(exception.getMessage().startsWith("out of memory: 4,503,599,627,370,496 bytes"),
          exception.getMessage());
      assertEquals(0, backend.allocatedBytes());
    }
  }
}
