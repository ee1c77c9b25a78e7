package gputae.run;

/** A command cannot do what was asked. The message is the one line the user sees: what happened and what to do. */
public final class Failure extends RuntimeException {

  private final int exitCode;

  /** Exit code 1. */
  public Failure(String message) {
    this(message, 1, null);
  }

  /** Exit code 1, with what led to it. */
  public Failure(String message, Throwable cause) {
    this(message, 1, cause);
  }

  /** Any exit code. */
  public Failure(String message, int exitCode, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** Wrong usage, exit code 2. */
  public static Failure usage(String message) {
    return new Failure(message, 2, null);
  }

  /** What the process ends with. */
  public int exitCode() {
    return exitCode;
  }
}
