package gputae.selftest;

import gputae.backend.Backend;
import gputae.backend.BackendException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Runs the cases of one operation one after another, and keeps the worst error and the failures. The next case runs
 * even if one fails.
 */
final class Cases {

  /** Number of failed cases that are described; a wrong operation usually fails in hundreds of cases. */
  private static final int DESCRIBED = 4;

  private final Backend backend;
  private final List<String> failures = new ArrayList<>();
  private long failed;
  private long compared;
  private double worstError;
  private double worstBound;
  private double worstRatio = -1;

  Cases(Backend backend) {
    this.backend = backend;
  }

  /**
   * Runs a case.
   *
   * @param label its sizes and kind, for messages about failures
   */
  void run(String label, Consumer<Case> body) {
    String failure;
    try (Case one = new Case(backend)) {
      try {
        body.accept(one);
        // Errors that a device detects late, such as a write to memory that is not allocated, also count as failures of
        // this case.
        backend.synchronise();
        failure = one.failure();
      } catch (BackendException e) {
        failure = e.getMessage() == null ? e.toString() : e.getMessage();
      } catch (RuntimeException e) {
        // For example shapes that are refused although they fit, a closed backend, or an error in the backend's own
        // code.
        failure = e.toString();
      }
      compared += one.compared();
      // The condition is not (ratio <= worst), so that a NaN counts as the worst value; nothing is worse than a NaN.
      if (!Double.isNaN(worstRatio) && !(one.worstRatio() <= worstRatio)) {
        worstRatio = one.worstRatio();
        worstError = one.worstError();
        worstBound = one.worstBound();
      }
    }
    if (failure != null && ++failed <= DESCRIBED) {
      failures.add(label + ": " + failure);
    }
  }

  Result result(String name, String sizes, Unit unit) {
    List<String> lines = new ArrayList<>(failures);
    if (failed > DESCRIBED) {
      lines.add("and " + (failed - DESCRIBED) + " more cases");
    }
    if (compared == 0 && lines.isEmpty()) {
      lines.add("nothing was compared");
    }
    return new Result(name, sizes, new TreeSet<>(), compared, unit, worstError, worstBound, List.copyOf(lines));
  }
}
