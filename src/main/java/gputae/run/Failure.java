package gputae.run;

/** A command cannot do what the user asked. The message is the one line the user sees: what happened and what to do. */
public final class Failure extends RuntimeException {

  private final int exitCode;

  /** A failure with exit code 1. */
  public Failure(String message) {
    this(message, 1, null);
  }

  /** A failure with exit code 1 and its cause. */
  public Failure(String message, Throwable cause) {
    this(message, 1, cause);
  }

  /** A failure with any exit code. */
  public Failure(String message, int exitCode, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** Wrong usage: exit code 2. */
  public static Failure usage(String message) {
    return new Failure(message, 2, null);
  }

  /** The exit code of the process. */
  public int exitCode() {
    return exitCode;
  }
}
