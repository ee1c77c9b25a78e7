package gputae.console;

import gputae.console.TrainingPulse.Means;
import gputae.console.TrainingPulse.Reading;
import gputae.objective.TermKind;
import gputae.text.Numbers;
import gputae.train.Epoch;
import gputae.train.Step;
import gputae.train.TrainListener;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.UnsupportedCharsetException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * The progress of a training on the console. A terminal gets one bar over the whole training; a separate thread redraws
 * it at most ten times a second. A file or a pipe gets plain lines: one per epoch, and one every ten seconds within
 * long epochs. Regularisers that have always been 0 are not shown. A step costs the training thread well under a
 * microsecond.
 */
public final class ConsoleProgress implements TrainListener, AutoCloseable {

  private static final long QUIET_NANOS = 10_000_000_000L;

  private final PrintStream out;
  private final TrainingPulse pulse;
  private final LongSupplier nanoTime;
  /** Null if the output is not a terminal. */
  private final LiveLine bar;
  private long lastLine;

  /**
   * Starts the clock, and draws the empty bar on a terminal.
   *
   * @param out           where to print; not closed
   * @param terminal      whether {@code out} is a terminal
   * @param columns       columns of the objective
   * @param epochs        epochs of the whole run
   * @param firstEpoch    number of epochs done by earlier parts of the run; 0 for a new run
   * @param stepsPerEpoch number of steps in an epoch
   */
  public ConsoleProgress(PrintStream out, boolean terminal, List<TermKind<?>> columns, int epochs, int firstEpoch,
      int stepsPerEpoch) {
    this(out, terminal, columns, epochs, firstEpoch, stepsPerEpoch, System::nanoTime, new TerminalWidth()::columns,
        consoleCharset());
  }

  ConsoleProgress(PrintStream out, boolean terminal, List<TermKind<?>> columns, int epochs, int firstEpoch,
      int stepsPerEpoch, LongSupplier nanoTime, IntSupplier width, Charset charset) {
    this.out = out;
    this.nanoTime = nanoTime;
    this.pulse = new TrainingPulse(columns, epochs, firstEpoch, stepsPerEpoch, nanoTime);
    this.lastLine = nanoTime.getAsLong();
    this.bar = terminal ? new LiveLine(out, new BarLine(pulse, charset)::draw, width) : null;
  }

  @Override
  public void onStep(Step step) {
    pulse.add(step);
    if (bar == null && nanoTime.getAsLong() - lastLine >= QUIET_NANOS && step.stepInEpoch() < step.stepsPerEpoch()) {
      Reading now = pulse.read();
      List<String> fields = new ArrayList<>();
      fields.add(pulse.epochName(step.epoch()));
      fields.add("step " + step.stepInEpoch() + "/" + step.stepsPerEpoch());
      fields.addAll(pulse.terms(now.means(), true));
      fields.add(Numbers.rate(now.stepsPerSecond()) + " steps/s");
      fields.add("left " + Numbers.duration(now.left()));
      line(fields);
    }
  }

  @Override
  public void onEpoch(Epoch epoch) {
    pulse.add(epoch);
    if (bar == null) {
      Reading now = pulse.read();
      List<String> fields = new ArrayList<>();
      fields.add(pulse.epochName(epoch.epoch()));
      fields.addAll(pulse.terms(new Means(epoch.losses(), epoch.total()), true));
      fields.add("test " + Numbers.fourDigits(epoch.testReconstruction()));
      fields.add(Numbers.rate(epoch.stepsPerSecond()) + " steps/s");
      fields.add("left " + Numbers.duration(now.left()));
      line(fields);
    }
  }

  /** Prints a separate line, above the bar if there is one. */
  public void print(String message) {
    if (bar != null) {
      bar.print(message);
    } else {
      out.println(message);
      out.flush();
    }
  }

  /** Draws the bar a last time and ends its line; {@code out} stays open. Any thread may call this, also repeatedly. */
  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }

  private void line(List<String> fields) {
    out.println(String.join("  ", fields));
    out.flush();
    lastLine = nanoTime.getAsLong();
  }

  /** The character set of standard output. Java 17 stores it under other names than Java 19 and later. */
  public static Charset consoleCharset() {
    for (String property : List.of("stdout.encoding", "sun.stdout.encoding", "native.encoding")) {
      String name = System.getProperty(property);
      if (name != null) {
        try {
          return Charset.forName(name);
        } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
          // The system uses an alias that Java does not know; the next property may have another name.
        }
      }
    }
    return Charset.defaultCharset();
  }
}
