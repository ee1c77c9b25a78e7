package gputae.selftest;

import gputae.backend.Backend;
import gputae.backend.BackendException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Runs the cases of one operation one by one and keeps the worst error and the failures. A case that fails does not
 * stop the next.
 */
final class Cases {

  /** Failed cases that are described; an operation that is wrong at all is mostly wrong in hundreds of them. */
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
   * @param label its sizes and kind, in failures
   */
  void run(String label, Consumer<Case> body) {
    String failure;
    try (Case one = new Case(backend)) {
      try {
        body.accept(one);
        // What a device finds out late, such as memory that was written where nobody may write, is this case's failure
        // too.
        backend.synchronise();
        failure = one.failure();
      } catch (BackendException e) {
        failure = e.getMessage() == null ? e.toString() : e.getMessage();
      } catch (RuntimeException e) {
        // A refusal of shapes that should fit, a closed backend, a mistake in the backend's own code.
        failure = e.toString();
      }
      compared += one.compared();
      // Not (ratio <= worst), so that a NaN counts as worst; and nothing is worse than a NaN.
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
