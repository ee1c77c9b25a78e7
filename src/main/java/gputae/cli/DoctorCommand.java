package gputae.cli;

import gputae.backend.Backend;
import gputae.backend.Output;
import gputae.backend.BackendException;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.backend.cpu.NativeLibraries;
import gputae.backend.cuda.CudaBackend;
import gputae.backend.cuda.CudaMachine;
import gputae.backend.cuda.JCudaDriver;
import gputae.backend.cuda.Products;
import gputae.backend.cuda.KernelFiles;
import gputae.backend.cuda.LaunchChecks;
import gputae.figure.LossFigure;
import gputae.objective.Losses;
import gputae.run.Failure;
import gputae.run.Version;
import gputae.selftest.Operation;
import gputae.selftest.Result;
import gputae.selftest.ResultTable;
import gputae.selftest.SelfTest;
import gputae.train.Epoch;
import gputae.view.ViewException;
import gputae.view.Viewer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Reports what this machine offers, and whether a device computes correctly. */
@Command(name = "doctor", description = "Report what this machine offers and how gpu-tae can use it.",
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {

  @Spec
  private CommandSpec spec;

  @Mixin
  private DeviceOptions device;

  @Option(
      names = "--selftest",
      description = "Instead, check every operation of a device against references in double precision, at every size "
          + "where a code path begins or ends. The exit code is 0 if"
          + " all pass, otherwise 1. --device and --threads choose the device.")
  private boolean selftest;

  @Option(
      names = "--repeats",
      paramLabel = "N",
      description = "With --selftest: also replay a training step of the paper's widths this many times from one "
          + "state; every bit must be the same each time.")
  private Integer repeats;

  @Override
  public Integer call() {
    if (selftest) {
      return selfTest();
    }
    for (String option : List.of("--device", "--threads", "--products", "--repeats")) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw Failure.usage(option + " has no meaning for doctor without --selftest; add it, or leave both out");
      }
    }
    return describe();
  }

  private int selfTest() {
    if (repeats != null && repeats < 2) {
      throw Failure.usage("--repeats is " + repeats + "; at least 2");
    }
    List<Operation> operations = new ArrayList<>(SelfTest.operations());
    if (repeats != null) {
      operations.add(SelfTest.repeatedStep(repeats));
    }
    try (Backend backend = device.open(System.err::println)) {
      String plain = backend instanceof CpuBackend cpu ? cpu.instructionSet().label() : "-";
      System.out.println(ResultTable.header());
      long start = System.nanoTime();
      List<Result> results = SelfTest.run(operations, backend, launchesOf(backend),
          result -> System.out.println(ResultTable.row(result, plain)));
      System.out.println();
      System.out.println(ResultTable.summary(results, backend.description(), (System.nanoTime() - start) * 1e-9));
      return results.stream().allMatch(Result::passed) ? 0 : 1;
    }
  }

  /** How often each kernel of the backend has been launched so far; the CPU does not count its own. */
  private static Supplier<Map<String, Long>> launchesOf(Backend backend) {
    return backend instanceof CudaBackend cuda ? cuda::launches : Map::of;
  }

  private static int describe() {
    print("gpu-tae", Version.get());
    print("Java", Runtime.version() + " (" + System.getProperty("java.vendor") + "), at most "
        + Runtime.getRuntime().maxMemory() / (1 << 20) + " MiB heap");
    print("system",
        System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch"));
    print("processor", processor() + ", " + Runtime.getRuntime().availableProcessors() + " threads for this process");
    int code = 0;
    try {
      NativeLibraries.load();
      print("native libraries", NativeLibraries.location().toString());
      print("instruction sets", "best " + InstructionSet.best().label() + ", used " + InstructionSet.chosen().label()
          + " (GPU_TAE_CPU caps it)");
      try (CpuBackend backend = new CpuBackend(InstructionSet.chosen(), Runtime.getRuntime().availableProcessors())) {
        print("CPU backend", backend.description());
      }
    } catch (BackendException e) {
      print("CPU backend", "none: " + e.getMessage());
      code = 1;
    }
    print("CUDA kernels", KernelFiles.summaryOrReason());
    describeCuda();
    print(LaunchChecks.VARIABLE, debug());
    print("figures", figures());
    print("OpenGL", openGl());
    return code;
  }

  /** Reports which parts of CUDA are present and which are missing; a machine without a GPU is healthy. */
  private static void describeCuda() {
    try {
      CudaMachine machine = CudaMachine.find();
      print("NVIDIA driver", machine.toString());
      machine.gpus().forEach(gpu -> print("GPU", gpu.toString()));
    } catch (BackendException e) {
      print("CUDA backend", "none: " + e.getMessage());
      return;
    }
    try (JCudaDriver driver = JCudaDriver.open(0, Products.AUTO)) {
      print("cuBLAS", driver.cublas());
      print("CUDA backend", driver.description() + (driver.multiplies() ? "" : ", products own"));
    } catch (BackendException e) {
      print("CUDA backend", "none: " + e.getMessage());
    }
  }

  private static String debug() {
    try {
      return LaunchChecks.wanted() ? LaunchChecks.LAUNCHES + ": every call to the GPU is waited for"
          : "not set; " + LaunchChecks.LAUNCHES
              + " runs every call to the GPU by itself, so that one that fails is named";
    } catch (BackendException e) {
      return e.getMessage();
    }
  }

  private static void print(String name, String value) {
    System.out.printf("%-18s%s%n", name, value);
  }

  /** Whether this Java can draw. It draws a figure to find out. */
  private static String figures() {
    try {
      Path file = Files.createTempFile("gpu-tae", ".png");
      try {
        LossFigure.write(file, List.of(new Epoch(1, 1, Losses.ofPaper(1, 1, 1, 0), 1, 1, 1)), Output.BERNOULLI);
        return "PNG figures can be drawn";
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      return "none: " + e.getMessage();
    }
  }

  /** What the window and the frames use to draw; a machine without it can still train. */
  private static String openGl() {
    try {
      return Viewer.find().describe();
    } catch (ViewException e) {
      return "none: " + e.getMessage();
    }
  }

  private static String processor() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream().filter(line -> line.startsWith("model name"))
          .findFirst()
          .map(line -> line.substring(line.indexOf(':') + 2)).orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }
}
