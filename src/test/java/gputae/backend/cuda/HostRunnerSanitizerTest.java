package gputae.backend.cuda;

import java.io.IOException;
import java.nio.file.Path;
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
    String output = ChildTests.run(HostRunners.Build.SANITIZED, Path.of("kernels"), libraries,
        "gputae.backend.cuda.HostRunnerContractTest" + ORDER, "gputae.backend.cuda.HostRunnerContractTest$Own",
        "gputae.backend.cuda.CudaBackendTest", "gputae.backend.cuda.PointLossesTest",
        "gputae.train.HostRunnerTrainerTest" + ORDER,
        "gputae.train.HostRunnerGoldenTest" + ORDER, "gputae.train.HostRunnerGradientTest" + ORDER);
    System.out.println("under sanitizers: " + output);
  }
}
