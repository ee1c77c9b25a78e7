package gputae.backend;

/**
 * A backend is not available, or one of its operations failed. The message is one line that says what happened and what
 * to do.
 */
public class BackendException extends RuntimeException {
  public BackendException(String message) {
    super(message);
  }

  public BackendException(String message, Throwable cause) {
    super(message, cause);
  }
}
