package gputae.selftest;

import gputae.backend.Backend;
import java.util.function.Consumer;

/**
 * An operation of a backend, or a promise about several, with the cases that check it: every size at which a code path
 * begins or ends.
 */
public final class Operation {

  private final String name;
  private final String sizes;
  private final Unit unit;
  private final Consumer<Cases> cases;

  /**
   * @param name  what the table calls it
   * @param sizes the cases in a few words
   * @param unit  of the errors
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
   * Runs all cases. What goes wrong, exceptions of the backend included, is in the result; memory that the cases took
   * is given back.
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
