package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What nvcc says of the kernels. (That each is reached by a test is SelfTestIT's matter.) */
class KernelsTest {

  /** The report of kernels/build.sh: one line a kernel, registers/shared/spilled for sm_75, sm_80, sm_90. */
  @Test
  void nvccBuildsEveryKernelForEveryArchitectureWithoutSpilling() throws IOException {
    Path report = Path.of("target/classes/gputae/kernels/kernels.txt");
    assumeTrue(Files.exists(report), "this build has no kernels: there is no nvcc, or -Dcuda=off");
    List<String> lines = Files.readAllLines(report);
    assertEquals(lines.size() - 2 + " kernels, " + lines.get(0), KernelFiles.summary().orElseThrow());
    Set<String> reported = new TreeSet<>();
    for (String line : lines.subList(2, lines.size())) {
      String[] fields = line.split(" +");
      reported.add(fields[0]);
      assertEquals(4, fields.length, line);
      for (String takes : List.of(fields).subList(1, 4)) {
        assertTrue(takes.matches("[1-9]\\d*/\\d+/0"), line);
      }
    }
    try (HostRunner runner = HostRunners.driver(HostRunner.Order.FORWARD)) {
      assertEquals(runner.kernels().keySet(), reported);
    }
    for (String file : List.of("kernels.fatbin", "kernels-75.ptx", "kernels-90.ptx")) {
      assertTrue(Files.size(report.resolveSibling(file)) > 10_000, file);
    }
    // The text for other processors names no kernel that the machine code lacks, and the other way round.
    for (int architecture : new int[] {75, 90}) {
      String text = Files.readString(report.resolveSibling("kernels-" + architecture + ".ptx"));
      assertEquals(reported, text.lines().filter(line -> line.startsWith(".visible .entry ")).map(line -> line.replaceAll("\\.visible \\.entry (\\w+).*", "$1"))
          .collect(Collectors.toCollection(TreeSet::new)));
      assertTrue(text.contains(".target sm_" + architecture), "compute_" + architecture);
      // Flushing to zero is asked for nowhere; approximations inside nvcc's own exp and division have it in their names.
      assertFalse(text.replaceAll("(ex2|rcp)\\.approx\\.ftz", "").contains("ftz"), "no flush to zero");
    }
  }
}
