package gputae.selftest;

import gputae.backend.Backend;
import java.util.function.Consumer;

/**
 * An operation of a backend, or a property of several operations, with the cases that check it: every size at which a
 * code path begins or ends.
 */
public final class Operation {

  private final String name;
  private final String sizes;
  private final Unit unit;
  private final Consumer<Cases> cases;

  /**
   * @param name  name in the table
   * @param sizes the cases in a few words
   * @param unit  unit of the errors
   * @param cases runs all cases
   */
  Operation(String name, String sizes, Unit unit, Consumer<Cases> cases) {
    this.name = name;
    this.sizes = sizes;
    this.unit = unit;
    this.cases = cases;
  }

  public String name() {
    return name;
  }

  /**
   * Runs all cases. Errors, including exceptions of the backend, are reported in the result; memory that the cases
   * allocated is freed.
   */
  public Result run(Backend backend) {
    Cases run = new Cases(backend);
    cases.accept(run);
    return run.result(name, sizes, unit);
  }

  @Override
  public String toString() {
    return name;
  }
}
