package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The kernels, the host runner and the backend's use of them under AddressSanitizer and UndefinedBehaviorSanitizer: the
 * contract and whole trainings in random order. With {@code -Dgputae.sanitizers=all} they run in every order, which
 * takes some minutes more. {@link MutationTest} runs the whole self-test under them in forward order, including large
 * trees.
 */
@Tag("thorough")
class HostRunnerSanitizerTest {

  private static final String ORDER = "all".equals(System.getProperty("gputae.sanitizers")) ? "" : "$RandomOrder";

  @Test
  void contractAndTrainingsAreClean(@TempDir Path libraries) throws IOException, InterruptedException {
    Process building = HostRunners.building(Path.of("kernels"), libraries, HostRunners.SANITIZERS).start();
    String said = new String(building.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, building.waitFor(), said);
    ProcessBuilder java = HostRunners.java(List.of("-Dgputae.host.runner=" + libraries), ChildTests.class,
        List.of("gputae.backend.cuda.HostRunnerContractTest" + ORDER,
            "gputae.backend.cuda.HostRunnerContractTest$Own", "gputae.backend.cuda.CudaBackendTest",
            "gputae.train.HostRunnerTrainerTest" + ORDER,
            "gputae.train.HostRunnerGoldenTest" + ORDER, "gputae.train.HostRunnerGradientTest" + ORDER));
    Process process = HostRunners.sanitized(java).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    System.out.print("under sanitizers: " + output.lines().reduce("", (before, line) -> line) + "\n");
  }
}
