package gputae.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.objective.Losses;
import gputae.objective.Terms;
import gputae.train.Epoch;
import gputae.train.Step;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Runs on its own clock, in nanoseconds. */
class ConsoleProgressTest {

  private final AtomicLong clock = new AtomicLong(1_000_000_000_000L);
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @Test
  void oneLineAnEpoch() {
    try (ConsoleProgress progress = plain(100, 0, 469)) {
      steps(progress, 1, 469, 1, 1.42, 9.81, 0);
      seconds(2);
      progress.onEpoch(new Epoch(1, 0.2, Losses.ofPaper(0.19123, 1.4199, 9.812, 0), 0.15012, 0.18991, 2431.4));
      steps(progress, 2, 469, 1, 1.42, 9.81, 0);
      seconds(2);
      progress.onEpoch(new Epoch(2, 0.4, Losses.ofPaper(0.18123, 12.34, 123.4, 0), 0.14012, 0.17991, 2431.4));
    }
    assertLines(
        "epoch   1/100  rec 0.1912  ball 1.42  deaths 9.81  total 0.1501  test 0.1899  2431 steps/s  left 3:18",
        "epoch   2/100  rec 0.1812  ball 12.3  deaths 123  total 0.1401  test 0.1799  2431 steps/s  left 3:16");
  }

  @Test
  void termsThatAreZeroAreNotShown() {
    try (ConsoleProgress progress = plain(2, 0, 10)) {
      steps(progress, 1, 10, 1, 0, 0, 0);
      progress.onEpoch(new Epoch(1, 0.2, Losses.ofPaper(0.19, 0, 0, 0), 0.19, 0.18, 50));
      steps(progress, 2, 10, 1, 0, 0, 0.0065);
      progress.onEpoch(new Epoch(2, 0.2, Losses.ofPaper(0.19, 0, 0, 0.0065), 0.1965, 0.18, 50));
    }
    assertLines(
        "epoch 1/2  rec 0.1900  total 0.1900  test 0.1800  50.0 steps/s  left 0:00",
        "epoch 2/2  rec 0.1900  kl 0.006500  total 0.1965  test 0.1800  50.0 steps/s  left 0:00");
  }

  @Test
  void longEpochsGiveALineEveryTenSeconds() {
    try (ConsoleProgress progress = plain(2, 0, 100)) {
      for (int s = 1; s <= 100; s++) {
        seconds(0.25);
        progress.onStep(step(1, s, 100, 0.1 + s * 0.001, 1, 0, 0));
      }
      progress.onEpoch(new Epoch(1, 25, Losses.ofPaper(0.15, 1, 0, 0), 0.155, 0.15, 4));
    }
    // Means of steps 1 .. 40 and 41 .. 80; the pace is four steps a second.
    assertLines(
        "epoch 1/2  step 40/100  rec 0.1205  ball 1.00  total 0.1205  4.00 steps/s  left 0:40",
        "epoch 1/2  step 80/100  rec 0.1605  ball 1.00  total 0.1605  4.00 steps/s  left 0:30",
        "epoch 1/2  rec 0.1500  ball 1.00  total 0.1550  test 0.1500  4.00 steps/s  left 0:25");
  }

  @Test
  void aResumedRunCountsOnlyItsOwnPace() {
    try (ConsoleProgress progress = plain(100, 90, 10)) {
      steps(progress, 91, 10, 1, 0, 0, 0);
      seconds(3);
      progress.onEpoch(new Epoch(91, 1000, Losses.ofPaper(0.15, 0, 0, 0), 0.15, 0.15, 4));
    }
    assertLines("epoch  91/100  rec 0.1500  total 0.1500  test 0.1500  4.00 steps/s  left 0:27");
  }

  @Test
  void epochsWithoutStepsAreEnough() {
    try (ConsoleProgress progress = plain(4, 0, 10)) {
      seconds(2);
      progress.onEpoch(new Epoch(1, 2, Losses.ofPaper(Double.NaN, Double.POSITIVE_INFINITY, 0, 0), Double.NaN,
          Double.NaN, Double.NaN));
    }
    assertLines("epoch 1/4  rec NaN  ball inf  total NaN  test NaN  ? steps/s  left 0:06");
  }

  @Test
  void barFillsTheLineAndFitsIt() {
    TrainingPulse pulse = new TrainingPulse(Terms.PAPER, 100, 0, 400, clock::get);
    BarLine line = new BarLine(pulse, StandardCharsets.UTF_8);
    assertEquals("epoch   1/100 " + "\u2591".repeat(40), line.draw(79));
    seconds(10);
    for (int s = 1; s <= 400; s++) {
      pulse.add(step(50, s, 400, 0.19123, 1.42, 9.81, 0));
    }
    pulse.add(new Epoch(50, 10, Losses.ofPaper(0.19123, 1.42, 9.81, 0), 0.15, 0.18991, 2000));
    String full = line.draw(150);
    assertEquals("epoch  50/100 " + "\u2588".repeat(20) + "\u2591".repeat(20)
        + "  rec 0.1912  ball 1.42  deaths 9.81  test 0.1899  2000/s  left 0:10", full);
    assertEquals(
        "epoch  50/100 \u2588\u2588\u2588\u2588\u2588\u2591\u2591\u2591\u2591\u2591  rec 0.1912  ball 1.42  deaths "
            + "9.81  2000/s  left 0:10",
        line.draw(79));
    for (int width = 1; width < 200; width++) {
      String drawn = line.draw(width);
      assertTrue(drawn.length() <= width);
      assertTrue(width < 35 || drawn.contains("left 0:10"), drawn);
      assertTrue(width < 47 || drawn.contains("rec 0.1912"), drawn);
    }
  }

  @Test
  void barHasEighthsOfACell() {
    TrainingPulse pulse = new TrainingPulse(Terms.PAPER, 1, 0, 320, clock::get);
    BarLine line = new BarLine(pulse, StandardCharsets.UTF_8);
    for (int s = 1; s <= 11; s++) {
      pulse.add(step(1, s, 320, 0.2, 0, 0, 0));
    }
    assertTrue(line.draw(200).startsWith("epoch 1/1 \u2588\u258d\u2591"), line.draw(200));
  }

  @Test
  void barIsAsciiWhereTheConsoleIs() {
    TrainingPulse pulse = new TrainingPulse(Terms.PAPER, 1, 0, 320, clock::get);
    pulse.add(step(1, 160, 320, 0.2, 0, 0, 0));
    assertTrue(new BarLine(pulse, StandardCharsets.US_ASCII).draw(200)
        .startsWith("epoch 1/1 " + "#".repeat(20) + ".".repeat(20) + "  rec"));
  }

  @Test
  void aBarClosedAtOnceIsDrawnOnce() {
    for (int i = 0; i < 50; i++) {
      bytes.reset();
      new ConsoleProgress(out, true, Terms.PAPER, 2, 0, 100, clock::get, () -> 80, StandardCharsets.UTF_8).close();
      assertEquals("\repoch 1/2 " + "\u2591".repeat(40) + System.lineSeparator(),
          bytes.toString(StandardCharsets.UTF_8));
    }
  }

  @Test
  void terminalGetsOneLineDrawnOver() {
    ConsoleProgress progress =
        new ConsoleProgress(out, true, Terms.PAPER, 2, 0, 100, clock::get, () -> 80, StandardCharsets.UTF_8);
    for (int e = 1; e <= 2; e++) {
      seconds(30);
      steps(progress, e, 100, 1, 1.42, 9.81, 0);
      progress.onEpoch(new Epoch(e, 30 * e, Losses.ofPaper(0.2, 1.42, 9.81, 0), 0.15, 0.1899, 2431));
      progress.print("checkpoint " + e);
    }
    progress.close();
    progress.close();
    progress.onStep(step(2, 100, 100, 0.2, 1, 1, 0));
    String text = bytes.toString(StandardCharsets.UTF_8);
    assertTrue(text.contains("checkpoint 1\n") && text.contains("checkpoint 2\n"), text);
    assertTrue(text.endsWith("\n"), text);
    String[] lines = text.split("\n");
    String last = lines[lines.length - 1];
    String drawn = last.substring(last.lastIndexOf('\r') + 1).stripTrailing();
    assertTrue(drawn.matches("epoch 2/2 \u2588+  rec 1\\.000  ball 1\\.42  deaths 9\\.81 .* took 1:00"), drawn);
    for (String piece : text.split("[\r\n]")) {
      assertTrue(piece.length() <= 79, piece);
    }
    assertFalse(text.contains("\u001b"), "no escape sequences");
  }

  private ConsoleProgress plain(int epochs, int firstEpoch, int stepsPerEpoch) {
    return new ConsoleProgress(out, false, Terms.PAPER, epochs, firstEpoch, stepsPerEpoch, clock::get, () -> 80,
        StandardCharsets.UTF_8);
  }

  private void seconds(double seconds) {
    clock.addAndGet((long) (seconds * 1e9));
  }

  private static void steps(ConsoleProgress progress, int epoch, int stepsPerEpoch, double rec, double ball,
      double deaths, double kl) {
    for (int s = 1; s <= stepsPerEpoch; s++) {
      progress.onStep(step(epoch, s, stepsPerEpoch, rec, ball, deaths, kl));
    }
  }

  private static Step step(int epoch, int stepInEpoch, int stepsPerEpoch, double rec, double ball, double deaths,
      double kl) {
    return new Step((long) (epoch - 1) * stepsPerEpoch + stepInEpoch, epoch, stepInEpoch, stepsPerEpoch, 128, true,
        Losses.ofPaper(rec, ball, deaths, kl), rec);
  }

  private void assertLines(String... lines) {
    assertEquals(String.join("\n", lines) + "\n",
        bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n"));
  }
}
