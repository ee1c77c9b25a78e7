package gputae.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Runs on its own clock, in nanoseconds. */
class SweepProgressTest {

  private final AtomicLong clock = new AtomicLong(1_000_000_000_000L);
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  private SweepProgress progress(boolean terminal, int columns, int models, long steps) {
    return new SweepProgress(out, terminal, models, steps, clock::get, () -> columns);
  }

  private void seconds(double seconds) {
    clock.addAndGet((long) (seconds * 1e9));
  }

  private String text() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aLineForEachModelWithWhatIsLeft() {
    try (SweepProgress progress = progress(false, 80, 3, 1000)) {
      progress.working("a", "1/10");
      progress.add(250);
      seconds(60);
      progress.done("a", "test 0.1");
      progress.add(500);
      seconds(60);
      progress.done("b", "failed");
      progress.add(250);
      seconds(30);
      progress.done("c", "test 0.2");
    }
    assertEquals(List.of("1 of 3  a  test 0.1  left 3:00", "2 of 3  b  failed  left 0:40", "3 of 3  c  test 0.2"),
        text().lines().toList());
  }

  @Test
  void whereNothingIsTrainedTheModelsAreTheMeasure() {
    try (SweepProgress progress = progress(false, 80, 4, 0)) {
      seconds(30);
      progress.done("a", "measured");
    }
    assertEquals(List.of("1 of 4  a  measured  left 1:30"), text().lines().toList());
  }

  @Test
  void aTerminalHasOneLineThatNeverWraps() {
    SweepProgress progress = progress(true, 60, 24, 1000);
    progress.working("mnist-tae-d2-seed0", "34/100");
    progress.working("mnist-ae-d10-seed0", "12/100");
    progress.working("mnist-vae-d10-seed0", "measuring");
    progress.add(100);
    seconds(10);
    progress.close();
    String last = text().substring(text().lastIndexOf('\r') + 1).stripTrailing();
    assertEquals("0 of 24 done  mnist-tae-d2-seed0 34/100  left 1:30", last);
    assertTrue(text().endsWith("\n"));
    for (String line : text().split("[\r\n]")) {
      assertTrue(line.length() < 60, line);
    }
  }

  @Test
  void whatIsDoneStandsAboveTheLine() {
    SweepProgress progress = progress(true, 100, 2, 100);
    progress.working("a", "1/2");
    progress.add(50);
    seconds(5);
    progress.done("a", "test 0.1");
    progress.close();
    assertTrue(text().contains("1 of 2  a  test 0.1\n"), text());
    assertTrue(text().stripTrailing().endsWith("1 of 2 done  left 0:05"), text());
  }
}
