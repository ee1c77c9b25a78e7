package gputae.backend;

/**
 * A backend cannot be had, or an operation of it failed. The message is one line that says what happened and what to
 * do.
 */
public class BackendException extends RuntimeException {
  public BackendException(String message) {
    super(message);
  }

  public BackendException(String message, Throwable cause) {
    super(message, cause);
  }
}
