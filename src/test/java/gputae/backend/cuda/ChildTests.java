package gputae.backend.cuda;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.Arrays;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/**
 * A separate process for test classes that need other libraries or another environment than the rest; exit code 0 if
 * all tests pass.
 */
public final class ChildTests {

  private ChildTests() {}

  /** Arguments: names of test classes. */
  public static void main(String[] classes) {
    SummaryGeneratingListener summary = new SummaryGeneratingListener();
    LauncherFactory.create()
        .execute(LauncherDiscoveryRequestBuilder.request()
            .selectors(Arrays.stream(classes).map(name -> selectClass(name)).toList())
            .filters(org.junit.platform.launcher.TagFilter.excludeTags("thorough")).build(), summary);
    summary.getSummary().getFailures().forEach(
        failure -> System.out.println(failure.getTestIdentifier().getDisplayName() + ": " + failure.getException()));
    long passed = summary.getSummary().getTestsSucceededCount();
    // A class that cannot be set up, or whose tests cannot be listed, fails as a whole.
    long failed = summary.getSummary().getTotalFailureCount();
    System.out.println(passed + " passed, " + failed + " failed");
    System.exit(passed > 0 && failed == 0 ? 0 : 1);
  }
}
