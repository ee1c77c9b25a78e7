package gputae.cli;

import gputae.backend.BackendException;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.backend.cpu.NativeLibraries;
import gputae.report.LossFigure;
import gputae.train.Epoch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** What this machine offers. */
@Command(name = "doctor", description = "Say what this machine offers and what gpu-tae makes of it.", mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {

  @Override
  public Integer call() {
    print("gpu-tae", GpuTae.version());
    print("Java", Runtime.version() + " (" + System.getProperty("java.vendor") + "), at most " + Runtime.getRuntime().maxMemory() / (1 << 20) + " MiB heap");
    print("system", System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch"));
    print("processor", processor() + ", " + Runtime.getRuntime().availableProcessors() + " threads for this process");
    int code = 0;
    try {
      NativeLibraries.load();
      print("native libraries", NativeLibraries.location().toString());
      print("instruction sets", "best " + InstructionSet.best().label() + ", used " + InstructionSet.chosen().label() + " (GPU_TAE_CPU caps it)");
      try (CpuBackend backend = new CpuBackend(InstructionSet.chosen(), Runtime.getRuntime().availableProcessors())) {
        print("CPU backend", backend.description());
      }
    } catch (BackendException e) {
      print("CPU backend", "none: " + e.getMessage());
      code = 1;
    }
    print("CUDA backend", "none in this version");
    print("figures", figures());
    return code;
  }

  private static void print(String name, String value) {
    System.out.printf("%-18s%s%n", name, value);
  }

  /** Whether this Java can draw: a figure is drawn to find out. */
  private static String figures() {
    try {
      Path file = Files.createTempFile("gpu-tae", ".png");
      try {
        LossFigure.write(file, List.of(new Epoch(1, 1, 1, 1, 1, 0, 1, 1, 1)));
        return "PNG figures can be drawn";
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      return "none: " + e.getMessage();
    }
  }

  private static String processor() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream().filter(line -> line.startsWith("model name")).findFirst()
          .map(line -> line.substring(line.indexOf(':') + 2)).orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }
}
