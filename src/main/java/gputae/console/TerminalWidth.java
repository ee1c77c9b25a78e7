package gputae.console;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * Columns of the controlling terminal. The program {@code stty} reports them; it is started at most once a second,
 * since each query needs a process.
 */
final class TerminalWidth {

  private static final int UNKNOWN = 80;
  private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

  private int columns;
  private long asked;
  private boolean silent;

  /** The columns; {@code $COLUMNS} or 80 if the terminal does not report them. */
  synchronized int columns() {
    long now = System.nanoTime();
    if (columns == 0 || (!silent && now - asked > FRESH_NANOS)) {
      asked = now;
      int answer = ask();
      silent = answer <= 0;
      columns = answer > 0 ? answer : columns > 0 ? columns : fromEnvironment();
    }
    return columns;
  }

  private static int ask() {
    try {
      Process stty = new ProcessBuilder("stty", "size").redirectInput(new File("/dev/tty"))
          .redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String answer = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).trim();
      return stty.waitFor() == 0 && answer.matches("\\d{1,5} \\d{1,5}")
          ? Integer.parseInt(answer.substring(answer.indexOf(' ') + 1)) : 0;
    } catch (IOException e) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }

  private static int fromEnvironment() {
    String set = System.getenv("COLUMNS");
    int columns = set != null && set.matches("\\d{1,5}") ? Integer.parseInt(set) : 0;
    return columns > 0 ? columns : UNKNOWN;
  }
}
