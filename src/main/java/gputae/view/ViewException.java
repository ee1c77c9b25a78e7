package gputae.view;

/** A view is not possible on this machine. The message is one line that says why, and what to do. */
public final class ViewException extends RuntimeException {

  public ViewException(String message) {
    super(message);
  }

  public ViewException(String message, Throwable cause) {
    super(message, cause);
  }
}
