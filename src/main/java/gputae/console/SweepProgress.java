package gputae.console;

import gputae.text.Numbers;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * The progress of many trainings on the console. On a terminal it is one line that is redrawn: how many trainings are
 * done, which are running, and how long the rest will take. Elsewhere it is a line for each finished training. Any
 * thread may report.
 */
public final class SweepProgress implements AutoCloseable {

  private final PrintStream out;
  private final int models;
  private final long allSteps;
  private final LongSupplier nanoTime;
  private final long started;
  private final Map<String, String> working = new LinkedHashMap<>();

  /** Null if the output is not a terminal. */
  private final LiveLine line;

  private int done;
  private long steps;

  /**
   * @param models   number of models to be trained or evaluated
   * @param allSteps steps of all trainings that are still to be done
   */
  public SweepProgress(PrintStream out, boolean terminal, int models, long allSteps) {
    this(out, terminal, models, allSteps, System::nanoTime, new TerminalWidth()::columns);
  }

  SweepProgress(PrintStream out, boolean terminal, int models, long allSteps, LongSupplier nanoTime,
      IntSupplier columns) {
    this.out = out;
    this.models = models;
    this.allSteps = allSteps;
    this.nanoTime = nanoTime;
    this.started = nanoTime.getAsLong();
    this.line = terminal ? new LiveLine(out, this::draw, columns) : null;
  }

  /** Notes the current work on a model, in one or two words. */
  public synchronized void working(String model, String what) {
    working.put(model, what);
  }

  /** Adds the number of steps that were done. */
  public synchronized void add(long count) {
    steps += count;
  }

  /** Notes that the work on a model has ended; {@code result} is a few words. */
  public void done(String model, String result) {
    String message;
    synchronized (this) {
      working.remove(model);
      done++;
      message = done + " of " + models + "  " + model + "  " + result + (line == null && done < models ? left() : "");
    }
    print(message);
  }

  /** Prints a separate line. */
  public void print(String message) {
    print(message, out);
  }

  /** Prints a separate line to another stream, which may be the same terminal. */
  public void print(String message, PrintStream to) {
    // This must not hold the monitor: the line's own thread asks for the text while it holds the monitor of the line.
    if (line != null) {
      line.print(message, to);
    } else {
      to.println(message);
      to.flush();
    }
  }

  private synchronized String left() {
    double elapsed = (nanoTime.getAsLong() - started) * 1e-9;
    // If no training is left to be done, the share of finished models measures the progress.
    double share = allSteps > 0 ? (double) steps / allSteps : (double) done / models;
    return share > 0 && share < 1 ? "  left " + Numbers.duration(elapsed * (1 - share) / share) : "";
  }

  private synchronized String draw(int width) {
    StringBuilder text = new StringBuilder().append(done).append(" of ").append(models).append(" done");
    String left = left();
    int room = width - text.length() - left.length();
    for (Map.Entry<String, String> one : working.entrySet()) {
      String next = "  " + one.getKey() + " " + one.getValue();
      if (next.length() <= room) {
        text.append(next);
        room -= next.length();
      }
    }
    text.append(left);
    return text.length() <= width ? text.toString() : text.substring(0, Math.max(0, width));
  }

  /** Ends the line; {@code out} stays open. */
  @Override
  public void close() {
    if (line != null) {
      line.close();
    }
  }
}
