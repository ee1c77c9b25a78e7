package gputae.backend.cuda;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The kernels and the backend's use of them while every access to memory is watched (native/testing/host/watch.h):
 * races within a launch and between the nodes of a graph, and reads of memory that nobody has written. One order of
 * threads is enough, since the watch does not depend on it. {@link MutationTest} shows that the watch notices planted
 * mistakes.
 */
@Tag("thorough")
class HostRunnerWatchTest {

  @Test
  void theWatchTellsRightFromWrong(@TempDir Path libraries) throws IOException, InterruptedException {
    System.out.println("the watch on small kernels: " + ChildTests.run(HostRunners.Build.WATCHED,
        Path.of("src/test/cuda/watched"), libraries, WatchedKernels.class.getName()));
  }

  @Test
  void kernelsAndTrainingsAreClean(@TempDir Path libraries) throws IOException, InterruptedException {
    System.out.println("under watch: " + ChildTests.run(HostRunners.Build.WATCHED, Path.of("kernels"), libraries,
        "gputae.backend.cuda.HostRunnerContractTest$Forward", "gputae.backend.cuda.HostRunnerContractTest$Own",
        "gputae.backend.cuda.PointLossesTest",
        "gputae.train.HostRunnerGoldenTest$Forward"));
  }
}
