package gputae.figure;

import java.io.IOException;

/**
 * A figure that could not be drawn because this Java cannot draw: it has no fonts, no fontconfig, no libfreetype, or no
 * java.desktop at all. The message is one line that says what failed and what to install. No other part of a run
 * depends on a figure, so a caller prints a warning and continues.
 */
public final class FigureException extends IOException {

  private static final long serialVersionUID = 1L;

  public FigureException(String message, Throwable cause) {
    super(message.replaceAll("\\s*\\R\\s*", " "), cause);
  }
}
