package gputae.backend.cuda;

import gputae.backend.BackendException;
import gputae.backend.OutOfMemoryException;

/**
 * The environment variable GPU_TAE_DEBUG. With the value {@code launches}, every call that an operation
 * enqueues is waited for, and a recording makes its calls one after another instead of as a graph. So a call that fails
 * is named, with the operation of the backend to which it belongs. Results are the same; a training takes several times
 * as long.
 */
public final class LaunchChecks {

  /** The name of the environment variable. */
  public static final String VARIABLE = "GPU_TAE_DEBUG";

  /** The value that asks for the checks. */
  public static final String LAUNCHES = "launches";

  /** What a user may do whose GPU reports a failure of a call that was enqueued earlier. */
  static final String ADVICE = VARIABLE + "=" + LAUNCHES + " names the call that fails";

  private LaunchChecks() {}

  /**
   * Whether the environment asks for the checks.
   *
   * @throws BackendException if the variable has a value that means nothing
   */
  public static boolean wanted() {
    String value = System.getenv().getOrDefault(VARIABLE, "");
    if (!value.isEmpty() && !value.equals(LAUNCHES)) {
      throw new BackendException(VARIABLE + " is '" + value + "'; it takes " + LAUNCHES);
    }
    return !value.isEmpty();
  }

  /** The call with the operation of {@link CudaBackend} that makes it now. */
  static Call checked(Call call) {
    String operation = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
        .walk(frames -> frames.filter(frame -> frame.getDeclaringClass() == CudaBackend.class)
            .map(StackWalker.StackFrame::getMethodName).filter(name -> !name.contains("$")).findFirst())
        .orElse("no operation");
    return new Checked(call, operation);
  }

  /** A call that is waited for. */
  private record Checked(Call call, String operation) implements Call {
    @Override
    public void on(Driver driver) {
      try {
        call.on(driver);
        driver.synchronise();
      } catch (OutOfMemoryException e) {
        throw e;
      } catch (BackendException e) {
        throw new BackendException(describe() + ": " + e.getMessage(), e);
      }
    }

    @Override
    public String describe() {
      return call.describe() + " of the operation " + operation;
    }
  }
}
