package gputae.files;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Data that cannot be used. The message is one line for the user: the file, the byte offset or line if there is one,
 * what was found, what was expected, and what to do unless that is obvious.
 */
public final class DataException extends IOException {

  private static final long serialVersionUID = 1L;

  /** @param message one line that names the file, what is wrong and what to do */
  public DataException(String message) {
    super(oneLine(message));
  }

  /** As the other constructor, with the cause. */
  public DataException(String message, Throwable cause) {
    super(oneLine(message), cause);
  }

  /** A failure of the file system while reading, in plain words: the JDK's own message is often only the path. */
  public static DataException reading(Path file, IOException cause) {
    if (cause instanceof DataException already) {
      return already;
    }
    String advice = cause instanceof NoSuchFileException ? "; look at its name and its folder"
        : cause instanceof AccessDeniedException ? "; its owner may chmod u+r it" : "";
    return new DataException(file + ": cannot be read: " + WholeFile.inWords(cause) + advice, cause);
  }

  /** As {@link #reading}, while writing. */
  public static DataException writing(Path file, IOException cause) {
    return cause instanceof DataException already ? already
        : new DataException(file + ": cannot be written: " + WholeFile.inWords(cause), cause);
  }

  // Text quoted from a broken file may contain anything; a line break or an escape code would spoil the one line on the
  // console.
  private static String oneLine(String message) {
    StringBuilder clean = new StringBuilder(message.length());
    message.codePoints().forEach(c -> clean.appendCodePoint(Character.isISOControl(c) ? '?' : c));
    return clean.toString();
  }
}
