package gputae.console;

import java.io.PrintStream;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.IntSupplier;

/**
 * The last line of a terminal, which a separate thread redraws at most ten times a second. It uses only carriage
 * returns and blanks, so it works on any terminal.
 *
 * <p>me.tongfei:progressbar was tried for this. By itself it starts two processes per redraw to ask for the width,
 * leaves the bar one column of 80 beside a message as long as ours, and does not end its line if it is closed before
 * the first drawing. With a layout and a screen of our own, only its timer remained in use.
 */
final class LiveLine implements AutoCloseable {

  private static final int REDRAW_MILLIS = 100;

  private final PrintStream out;
  private final IntFunction<String> text;
  private final IntSupplier columns;
  private final ScheduledExecutorService timer;
  /** The text on the screen now; empty if the cursor is on a new line. */
  private String drawn = "";
  private boolean closed;

  /**
   * Draws the line now and keeps redrawing it.
   *
   * @param text    the line for a given number of columns; called on the drawing thread and on the thread that calls
   *     {@link #close}
   * @param columns number of columns of the terminal
   */
  LiveLine(PrintStream out, IntFunction<String> text, IntSupplier columns) {
    this.out = out;
    this.text = text;
    this.columns = columns;
    timer = Executors.newSingleThreadScheduledExecutor(task -> {
      Thread thread = new Thread(task, "progress");
      // A training that fails must not be kept alive by its progress.
      thread.setDaemon(true);
      return thread;
    });
    ScheduledFuture<?> unused = timer.scheduleWithFixedDelay(this::draw, 0, REDRAW_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Prints a separate line above this one. */
  void print(String message) {
    print(message, out);
  }

  /** As {@link #print(String)}, to a stream that may be the same terminal. */
  synchronized void print(String message, PrintStream to) {
    if (!drawn.isEmpty()) {
      out.print("\r" + " ".repeat(drawn.length()) + "\r");
      out.flush();
      drawn = "";
    }
    to.println(message);
    to.flush();
  }

  /** Draws the line a last time and ends it. Closing twice is harmless. */
  @Override
  public void close() {
    timer.shutdown();
    draw();
    synchronized (this) {
      if (!closed) {
        closed = true;
        out.println();
        out.flush();
      }
    }
  }

  private synchronized void draw() {
    // One column stays free, since a character in the last one makes some terminals wrap, and a wrapped line cannot be
    // drawn over.
    int width = Math.max(1, columns.getAsInt() - 1);
    String line = text.apply(width);
    if (!closed && !line.equals(drawn)) {
      out.print("\r" + line + " ".repeat(Math.max(0, Math.min(drawn.length(), width) - line.length())));
      out.flush();
      drawn = line;
    }
  }
}
