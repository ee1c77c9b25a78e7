package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.selftest.Operation;
import gputae.selftest.SelfTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code doctor --selftest} from the jar. */
class SelfTestIT {

  @TempDir
  Path folder;

  @Test
  void theTableHasARowAnOperationAndASummary() {
    Jar.Result result = new Jar(folder).run("doctor", "--selftest", "--device", "cpu", "--threads", "2").succeeded();
    List<String> lines = result.outLines();
    List<String> names = SelfTest.operations().stream().map(Operation::name).toList();
    List<String> rows = lines.stream().filter(line -> line.contains(" pass ")).toList();
    assertEquals(names.size(), rows.size(), result.toString());
    for (int i = 0; i < rows.size(); i++) {
      assertTrue(rows.get(i).startsWith(names.get(i) + " "), result.toString());
      assertTrue(rows.get(i).matches(".* ([0-9.]+ (u|se) +[0-9.]+ (u|se)|exact) +pass  (baseline|avx2|avx512)"),
          result.toString());
    }
    assertTrue(
        lines.get(lines.size() - 1).matches(
            names.size() + " operations passed on CPU, (baseline|avx2|avx512), 2 threads, oneDNN .* in [0-9.]+ s"),
        result.toString());
    assertTrue(lines.stream().allMatch(line -> line.length() <= 140), result.toString());
    assertTrue(result.err().startsWith("device: CPU"), result.toString());
  }

  /**
   * The table is the same as on a GPU, from the same kernels. If no row names a kernel, no operation reaches this
   * kernel, and so no contract test does. Those that run only where there is no cuBLAS are in
   * CudaBackendTest.layersOfManyRowsWithoutCublas.
   */
  @Tag("thorough")
  @Test
  void onTheHostRunnerTheTableNamesEveryKernelThereIs() throws IOException {
    Jar.Result result = new Jar(folder).run("doctor", "--selftest", "--device", "host-runner").succeeded();
    List<String> lines = result.outLines();
    int width = lines.stream().filter(line -> line.contains(" pass  ")).mapToInt(line -> line.indexOf(" pass  "))
        .findFirst().orElseThrow() + " pass  ".length();
    int summary = lines.size() - 1;
    assertTrue(
        lines.get(summary)
            .matches(SelfTest.operations().size()
                + " operations passed on host runner, forward order, \\d+ threads? in [0-9.]+ s"),
        result.toString());
    // Names that do not fit in a line continue in the next line, in the same column.
    Set<String> named = lines.subList(0, summary).stream()
        .filter(line -> line.contains(" pass  ") || line.startsWith(" ".repeat(width)))
        .flatMap(line -> Stream.of(line.substring(width).split("[ ,]+"))).filter(name -> name.matches("\\w+"))
        .collect(Collectors.toCollection(TreeSet::new));
    Set<String> expected = kernels();
    expected.removeAll(Set.of("dense_tiles_forward", "dense_tiles_backward", "activation_derivative"));
    assertEquals(expected, named, result.toString());
  }

  private static Set<String> kernels() throws IOException {
    Set<String> kernels = new TreeSet<>();
    try (Stream<Path> files = Files.list(Path.of("kernels"))) {
      for (Path file : files.filter(name -> name.toString().endsWith(".cu")).toList()) {
        Matcher declaration = Pattern.compile("__global__\\s+void\\s+(?:__launch_bounds__\\([^{;]*?\\)\\s+)?(\\w+)\\(")
            .matcher(Files.readString(file));
        while (declaration.find()) {
          kernels.add(declaration.group(1));
        }
      }
    }
    return kernels;
  }

  @Test
  void theOptionsOfTheDeviceNeedTheSelfTest() {
    try (Jar.Together program = new Jar(folder).together()) {
      program.runLine("doctor --device cpu").wrongUsage();
      program.runLine("doctor --threads 2").wrongUsage();
      program.runLine("doctor --selftest --threads 0").wrongUsage();
      program.runLine("doctor --selftest --device host-runner --threads 65").wrongUsage();
    }
  }
}
