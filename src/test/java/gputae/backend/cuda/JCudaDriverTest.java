package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole production driver with JCuda, over the stand-ins for NVIDIA's libraries: its calls, the backend's contract
 * and whole trainings. Work runs as late as possible, so code that does not wait for it fails; anything that CUDA
 * forbids is an error; and at the end nothing may be left allocated.
 */
class JCudaDriverTest {

  private static final List<String> CALLS = List.of("gputae.backend.cuda.JCudaCalls");
  private static final List<String> ALL =
      List.of("gputae.backend.cuda.JCudaCalls", "gputae.backend.cuda.JCudaContract", "gputae.train.JCudaTrainer");

  @TempDir
  Path folder;

  private void run(FakeCuda fake, List<String> classes) throws IOException, InterruptedException {
    Path counts = folder.resolve("counts");
    ProcessBuilder java = HostRunners.java(List.of("-Xmx2g"), ChildTests.class, classes);
    java.environment().putAll(fake.with("counts", counts).environment());
    Process process = java.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    Map<String, Long> found = FakeCuda.counts(counts);
    found.forEach((name, count) -> assertTrue(!name.startsWith("alive") || count == 0, name + " " + count));
    assertTrue(found.get("graph launches") > 0, output);
  }

  @Test
  void callsAreThoseThatCudaTakes() throws IOException, InterruptedException {
    calls("random", 12);
  }

  @Tag("thorough")
  @Test
  void callsAreThoseThatCudaTakesInAnotherOrderWithAnotherCublas() throws IOException, InterruptedException {
    calls("backward", 13);
  }

  private void calls(String order, int cublas) throws IOException, InterruptedException {
    run(new FakeCuda().with("order", order).with("seed", 1).with("GPU_TAE_CUBLAS", FakeCuda.cublas(cublas)), CALLS);
  }

  /** Runs in one order only; the tests of the host runner run in all orders. */
  @Tag("thorough")
  @Test
  void contractAndTrainingsPass() throws IOException, InterruptedException {
    run(new FakeCuda().with("order", "random").with("seed", 2), ALL);
  }
}
