package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.BackendException;
import gputae.backend.cuda.HostRunner.Order;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a watched build of the host runner reports of the kernels in src/test/cuda/watched. {@link HostRunnerWatchTest}
 * runs these tests in a process of its own, since a process takes one kind of build.
 */
class WatchedKernels {

  private static final Path SOURCE = Path.of("src/test/cuda/watched/accesses.cu");

  private static final int NUMBERS = 256;

  private HostRunner open(Order order) {
    HostRunner runner = new HostRunner(HostRunner.developmentLibraries(), order, 3, 2, HostRunnerCase.LIMITS,
        HostRunnerCase.MEMORY);
    assertTrue(runner.watched());
    return runner;
  }

  private static long zeros(HostRunner runner, int count) {
    long address = runner.allocate(4L * count);
    runner.clear(address, 4L * count);
    return address;
  }

  private static void launch(HostRunner runner, String kernel) {
    long data = zeros(runner, NUMBERS);
    long more = zeros(runner, NUMBERS);
    long unwritten = runner.allocate(64);
    runner.launch(kernel, 2, 1, 64, 0, HostRunnerCase.pointers(data, more, unwritten));
    runner.synchronise();
  }

  @ParameterizedTest
  @EnumSource
  void rightKernelsPassAndWrongOnesAreReported(Order order) throws IOException {
    List<String> lines = Files.readAllLines(SOURCE);
    int reported = 0;
    try (HostRunner runner = open(order)) {
      for (String kernel : runner.kernels().keySet()) {
        if (kernel.startsWith("right_")) {
          launch(runner, kernel);
          continue;
        }
        String message =
            assertThrows(BackendException.class, () -> launch(runner, kernel), kernel + ", " + order).getMessage();
        assertTrue(message.startsWith("kernel '" + kernel + "', block ("), message);
        String says = says(lines, kernel);
        // In another order other threads meet, but it is the same mistake in the same memory.
        String expected = order == Order.FORWARD ? says
            : says.replaceFirst("(race in (static shared|device) memory|thread).*", "$1");
        assertTrue(message.contains(expected), () -> message + "\nshould say\n" + expected);
        reported++;
      }
      assertEquals(lines.stream().filter(line -> line.contains(" wrong_")).count(), reported);
    }
  }

  /** What a kernel's comment says, with numbers of lines for A and B. */
  private static String says(List<String> lines, String kernel) {
    int first = indexOf(lines, 0, line -> line.contains(" " + kernel + "("));
    int end = indexOf(lines, first, line -> line.startsWith("}"));
    String says = lines.get(first - 1);
    assertTrue(says.startsWith("// says: "), kernel);
    for (String mark : List.of("A", "B")) {
      int marked = indexOf(lines.subList(0, end), first, line -> line.endsWith("// " + mark));
      says = says.replace("(" + mark + ")", "(" + SOURCE.getFileName() + ":" + (marked + 1) + ")");
    }
    return says.substring("// says: ".length());
  }

  /** The index of the first such line from a line on; -1 if there is none. */
  private static int indexOf(List<String> lines, int from, Predicate<String> wanted) {
    for (int i = from; i < lines.size(); i++) {
      if (wanted.test(lines.get(i))) {
        return i;
      }
    }
    return -1;
  }

  /** Two launches of one graph write the same memory: on one stream they are ordered, on two they are not. */
  @ParameterizedTest
  @EnumSource
  void nodesOfAGraphThatNothingOrdersAreReported(Order order) {
    try (HostRunner runner = open(order)) {
      long data = zeros(runner, NUMBERS);
      long other = zeros(runner, NUMBERS);
      long more = zeros(runner, NUMBERS);
      Arguments arguments = HostRunnerCase.pointers(data, more, other);
      runner.replay(runner.capture(() -> {
        runner.launch("right_blocks", 2, 1, 64, 0, arguments);
        runner.launch("right_blocks", 2, 1, 64, 0, arguments);
        // Both read `more`, and they write different memory.
        runner.fork(1, () -> runner.launch("right_blocks", 2, 1, 64, 0, arguments));
        runner.launch("right_blocks", 2, 1, 64, 0, HostRunnerCase.pointers(other, more, data));
        runner.join(1);
        runner.launch("right_blocks", 2, 1, 64, 0, arguments);
      }));
      long racing = runner.capture(() -> {
        runner.launch("right_blocks", 2, 1, 64, 0, arguments);
        runner.fork(1, () -> runner.launch("right_blocks", 2, 1, 64, 0, arguments));
        runner.copy(data + 256, other, 64);
        runner.join(1);
      });
      String message = assertThrows(BackendException.class, () -> runner.replay(racing)).getMessage();
      assertEquals("nothing orders node 1 of a graph (right_blocks) and node 2 (copy), and both access 64 bytes at 0x"
          + Long.toHexString(data + 256) + ", which the first writes and the second reads", message);
    }
  }

  @Test
  void copiesProductsAndDownloadsOfWhatNobodyWroteAreReported() {
    try (HostRunner runner = open(Order.FORWARD)) {
      long written = zeros(runner, 16);
      long partly = runner.allocate(64);
      runner.copy(written, partly, 32);
      runner.download(partly, new float[8], 0, 32);
      // A copy of what was not written is no mistake before somebody reads the copy.
      long copied = runner.allocate(64);
      runner.copy(partly, copied, 64);
      for (Runnable read : List.<Runnable>of(() -> runner.download(copied, new float[16], 0, 64),
          () -> runner.product(false, false, 4, 4, 4, copied, 4, written, 4, 0, written, 4),
          () -> runner.product(false, false, 4, 4, 4, written, 4, copied, 4, 0, written, 4),
          () -> runner.product(false, false, 4, 4, 4, written, 4, written, 4, 1, copied, 4))) {
        String message = assertThrows(BackendException.class, read::run).getMessage();
        assertTrue(message.contains(" reads device memory that nobody has written: "), message);
      }
      runner.product(false, false, 4, 4, 4, written, 4, written, 4, 0, copied, 4);
      runner.download(copied, new float[16], 0, 64);
    }
  }
}
