package gputae;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Lists at the end of a test run which tests were skipped and why, grouped by reason, so that no skipped test goes
 * unnoticed.
 */
public final class SkippedTests implements TestExecutionListener {

  private final Map<String, Map<String, Integer>> byReason = new ConcurrentHashMap<>();

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    note(test, reason);
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
      note(test, result.getThrowable().map(Throwable::getMessage).orElse("no reason given"));
    }
  }

  private void note(TestIdentifier test, String reason) {
    String group = test.getSource().map(source -> source instanceof MethodSource method ? method.getClassName()
        : source instanceof ClassSource type ? type.getClassName() : test.getDisplayName())
        .orElse(test.getDisplayName());
    byReason.computeIfAbsent(reason.replaceFirst("^Assumption failed: ", ""), key -> new TreeMap<>()).merge(group, 1,
        Integer::sum);
  }

  @Override
  public void testPlanExecutionFinished(TestPlan plan) {
    if (!byReason.isEmpty()) {
      StringBuilder summary = new StringBuilder("Skipped tests:\n");
      new TreeMap<>(byReason).forEach((reason, groups) -> {
        summary.append("  ").append(reason).append('\n');
        groups.forEach((group, count) -> summary.append("    ").append(group).append(": ").append(count).append('\n'));
      });
      System.out.print(summary);
    }
  }
}
