package gputae.view;

/** A view cannot be had on this machine. The message is one line: why, and what to do. */
public final class ViewException extends RuntimeException {

  public ViewException(String message) {
    super(message);
  }

  public ViewException(String message, Throwable cause) {
    super(message, cause);
  }
}
