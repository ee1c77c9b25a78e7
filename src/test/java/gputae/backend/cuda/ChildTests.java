package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/**
 * A separate process for test classes that need other libraries or another environment than the rest; exit code 0 if
 * all tests pass.
 */
public final class ChildTests {

  private ChildTests() {}

  /**
   * Builds kernels and runs classes of tests with them in a process of its own. Returns the line that counts the tests.
   *
   * @throws AssertionError if a test fails, or none runs
   */
  static String run(HostRunners.Build build, Path kernels, Path libraries, String... classes)
      throws IOException, InterruptedException {
    Process building = build.of(kernels, libraries).start();
    String said = new String(building.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, building.waitFor(), said);
    ProcessBuilder java =
        HostRunners.java(List.of("-Dgputae.host.runner=" + libraries), ChildTests.class, List.of(classes));
    Process process = build.run(java).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output.lines().reduce("", (before, line) -> line);
  }

  /** Arguments: names of test classes. Each must have a test that runs. Long tests do not. */
  public static void main(String[] classes) {
    long allPassed = 0;
    long allFailed = 0;
    for (String name : classes) {
      SummaryGeneratingListener summary = new SummaryGeneratingListener();
      LauncherFactory.create()
          .execute(LauncherDiscoveryRequestBuilder.request().selectors(selectClass(name))
              .filters(TagFilter.excludeTags("thorough")).build(), summary);
      summary.getSummary().getFailures().forEach(
          failure -> System.out.println(failure.getTestIdentifier().getDisplayName() + ": " + failure.getException()));
      long passed = summary.getSummary().getTestsSucceededCount();
      // A class that cannot be set up, or whose tests cannot be listed, fails as a whole.
      long failed = summary.getSummary().getTotalFailureCount();
      if (passed + failed == 0) {
        System.out.println(name + ": no test ran");
        failed = 1;
      }
      allPassed += passed;
      allFailed += failed;
    }
    System.out.println(allPassed + " passed, " + allFailed + " failed");
    System.exit(allPassed > 0 && allFailed == 0 ? 0 : 1);
  }
}
