package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What nvcc reports about the kernels. (SelfTestIT checks that a test reaches each of them.) */
class KernelsTest {

  @TempDir
  Path folder;

  /** The report of kernels/build.sh: one line a kernel, registers/shared/spilled for sm_75, sm_80, sm_90. */
  @Test
  void nvccBuildsEveryKernelForEveryArchitectureWithoutSpilling() throws IOException {
    Path report = Path.of("target/classes/gputae/kernels/kernels.txt");
    assumeTrue(KernelFiles.summary().isPresent() && KernelFiles.machineCode().isPresent(),
        "this build was made without nvcc");
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
    // The text for other processors has the same kernels as the machine code.
    for (int architecture : new int[] {75, 90}) {
      String text = Files.readString(report.resolveSibling("kernels-" + architecture + ".ptx"));
      assertEquals(reported, entries(text));
      // Driver 525, the oldest one, serves CUDA 12.0, which reads PTX up to 8.0.
      String version = architecture == 75 ? "6.3" : "7.8";
      assertTrue(text.contains(".version " + version + "\n.target sm_" + architecture), "compute_" + architecture);
      // No kernel asks for flushing to zero. Only approximations inside nvcc's own exp and division have it in their
      // names.
      assertFalse(text.replaceAll("(ex2|rcp)\\.approx\\.ftz", "").contains("ftz"), "no flush to zero");
    }
  }

  /** A stand-in for nvcc that is enough for kernels/build.sh. */
  private static final String COMPILER = """
      #!/bin/sh
      [ "$1" != --version ] || echo "Cuda compilation tools, release 13.0, V13.0.1"
      while [ $# -gt 0 ]; do
        [ "$1" != -o ] || echo ".version 8.0" > "$2"
        [ "$1" != --keep-dir ] || echo ".version 8.0" > "$2/kernels.compute_90.ptx"
        shift
      done
      """;

  private record Built(int exit, String said, Set<String> files) {}

  /** Runs the build.sh of a folder of kernels; the files are those of its output. */
  private Built build(Path kernels, Path nvcc, String mode) throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    ProcessBuilder builder = new ProcessBuilder(kernels.resolve("build.sh").toString(), mode,
        folder.resolve("work").toString(), output.toString());
    builder.environment().put("NVCC", nvcc.toString());
    Process process = builder.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exit = process.waitFor();
    try (Stream<Path> files = Files.exists(output) ? Files.list(output) : Stream.empty()) {
      return new Built(exit, said,
          files.map(file -> file.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new)));
    }
  }

  @Test
  void withoutNvccTheShippedPtxIsTakenWhichIsOfTheseSources() throws IOException, InterruptedException {
    Path kernels = Path.of("kernels").toAbsolutePath();
    Path none = folder.resolve("no-nvcc");
    Built built = build(kernels, none, "auto");
    assertEquals(0, built.exit, built.said);
    assertEquals(Set.of("kernels-75.ptx", "kernels.txt"), built.files,
        built.said + "; after a change of a kernel: kernels/build.sh ship");
    List<String> report = Files.readAllLines(folder.resolve("output/kernels.txt"));
    assertTrue(report.get(0).startsWith("shipped with the sources as PTX for sm_75 and newer, built by nvcc 1"),
        report.get(0));
    Set<String> names =
        report.stream().skip(2).map(line -> line.split(" ")[0]).collect(Collectors.toCollection(TreeSet::new));
    String ptx = Files.readString(folder.resolve("output/kernels-75.ptx"));
    assertTrue(ptx.contains(".version 6.3\n.target sm_75\n"), "old enough for every driver");
    try (HostRunner runner = HostRunners.driver(HostRunner.Order.FORWARD)) {
      assertEquals(runner.kernels().keySet(), names);
      assertEquals(names, entries(ptx));
    }
    built = build(kernels, none, "required");
    assertEquals(1, built.exit);
    assertTrue(built.said.contains("cannot be built") && built.files.isEmpty(), built.toString());
    assertEquals(new Built(0, "", Set.of()), build(kernels, none, "off"));
  }

  @Test
  void shippedPtxOfOtherSourcesIsNoticed() throws IOException, InterruptedException {
    Path kernels = Files.createDirectory(folder.resolve("kernels"));
    Files.copy(Path.of("kernels/build.sh"), kernels.resolve("build.sh"), StandardCopyOption.COPY_ATTRIBUTES);
    Files.writeString(kernels.resolve("a.cu"), "a kernel");
    Files.writeString(kernels.resolve("a.h"), "a header");
    Path nvcc = Files.writeString(folder.resolve("nvcc"), COMPILER);
    assertTrue(nvcc.toFile().setExecutable(true));
    Path none = folder.resolve("no-nvcc");
    // Kernels were never shipped here.
    Built built = build(kernels, none, "auto");
    assertTrue(built.exit == 0 && built.said.contains("no CUDA kernels") && built.files.isEmpty(), built.toString());
    for (String changed : List.of("a.cu", "a.h")) {
      built = build(kernels, nvcc, "required");
      assertTrue(built.exit == 1 && built.said.contains("kernels/build.sh ship"), built.toString());
      built = build(kernels, nvcc, "auto");
      assertTrue(built.exit == 0 && built.said.contains("kernels/build.sh ship") && built.files.size() == 4,
          built.toString());
      assertEquals(0, build(kernels, nvcc, "ship").exit);
      assertEquals(new Built(0, "", built.files), build(kernels, nvcc, "required"));
      assertEquals(new Built(0, "", Set.of("kernels-75.ptx", "kernels.txt")), build(kernels, none, "auto"));
      Files.writeString(kernels.resolve(changed), "changed");
      built = build(kernels, none, "auto");
      assertTrue(built.exit == 0 && built.said.contains("of other sources") && built.files.isEmpty(), built.toString());
    }
    // A changed kernel that nvcc refuses is a mistake, not a build without kernels.
    Path strict = Files.writeString(folder.resolve("strict-nvcc"), """
        #!/bin/sh
        [ "$1" != --version ] || { echo 'Cuda compilation tools, release 13.0, V13.0.88'; exit; }
        echo 'a.cu(1): error: no kernel'
        exit 1
        """);
    assertTrue(strict.toFile().setExecutable(true));
    built = build(kernels, strict, "auto");
    assertTrue(built.exit == 1 && built.said.contains("a.cu(1): error: no kernel")
        && built.said.contains("refuses") && built.files.isEmpty(), built.toString());
    assertEquals(0, build(kernels, nvcc, "ship").exit);
    built = build(kernels, strict, "auto");
    assertTrue(built.exit == 0 && built.files.equals(Set.of("kernels-75.ptx", "kernels.txt")), built.toString());
    built = build(kernels, none, "ship");
    assertTrue(built.exit == 1 && built.said.contains("ship needs a working nvcc"), built.toString());
  }

  private static Set<String> entries(String ptx) {
    return ptx.lines().filter(line -> line.startsWith(".visible .entry "))
        .map(line -> line.replaceAll("\\.visible \\.entry (\\w+).*", "$1"))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
