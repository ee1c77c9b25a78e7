package gputae.backend.cuda;

import gputae.backend.Backend;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The CUDA backend in the form that tests use: over the host runner, on a small device, so that small inputs reach
 * every path.
 */
public final class HostRunners {

  private HostRunners() {}

  /**
   * 3 multiprocessors, so that loops over a grid go round more than once, and 24 KiB of shared memory, so that clouds
   * of more than 2,026 points take rounds over the grid.
   */
  static final Driver.Limits SMALL = new Driver.Limits(3, 24 << 10);

  /** With as much shared memory as an A100, so that the losses of 256 points are one launch. */
  static final Driver.Limits ROOMY = new Driver.Limits(3, 163 << 10);

  /** Device memory, bytes. */
  static final long MEMORY = 1L << 30;

  /** A new driver; the caller, or a backend over it, closes it. */
  public static HostRunner driver(HostRunner.Order order) {
    return driver(order, MEMORY);
  }

  private static HostRunner driver(HostRunner.Order order, long memory) {
    return new HostRunner(HostRunner.developmentLibraries(), order, 20261124, 2, SMALL, memory);
  }

  /** What watches the kernels of a build of the host runner. */
  enum Build {
    PLAIN(null),
    /** AddressSanitizer and UndefinedBehaviorSanitizer. Its libraries need other ones before them: {@link #run}. */
    SANITIZED("-g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined"),
    /** The watch of native/testing/host/watch.h. */
    WATCHED(null);

    private final String flags;

    Build(String flags) {
      this.flags = flags;
    }

    /** Builds a folder's kernels and the host runner into another folder. */
    ProcessBuilder of(Path kernels, Path output) {
      ProcessBuilder builder = building(kernels, output, flags);
      if (this == WATCHED) {
        builder.environment().put("GPUTAE_WATCHED", "1");
      }
      return builder;
    }

    /** Lets a JVM load the libraries of this build. */
    ProcessBuilder run(ProcessBuilder java) throws IOException, InterruptedException {
      if (this == SANITIZED) {
        java.environment().put("LD_PRELOAD", compilersOwn("libasan.so") + ":" + compilersOwn("libubsan.so"));
        // The JVM keeps its own handling of SIGSEGV, and memory that it never frees is not reported.
        java.environment().put("ASAN_OPTIONS", "detect_leaks=0:handle_segv=0");
      }
      return java;
    }
  }

  /**
   * Builds a folder's kernels and the host runner into another folder; {@code flags} go to the compiler, null for none.
   */
  static ProcessBuilder building(Path kernels, Path output, String flags) {
    ProcessBuilder builder = new ProcessBuilder("native/testing/host/build.sh", System.getProperty("java.home"),
        kernels.toString(), output.toString());
    if (flags != null) {
      builder.environment().put("GPUTAE_CXXFLAGS", flags);
    }
    return builder.redirectErrorStream(true);
  }

  /** A separate JVM with the classes of the tests, for code that may crash its process. */
  static ProcessBuilder java(List<String> options, Class<?> main, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
        main.getName()));
    command.addAll(arguments);
    return new ProcessBuilder(command).redirectErrorStream(true);
  }

  private static String compilersOwn(String library) throws IOException, InterruptedException {
    Process process = new ProcessBuilder("g++", "-print-file-name=" + library).start();
    String path = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    process.waitFor();
    return path;
  }

  /** A new backend; the caller closes it. */
  public static Backend backend(HostRunner.Order order) {
    return backend(order, MEMORY);
  }

  /**
   * A new backend on a device with {@code memory} bytes; the caller closes it. Launches that read and write the same
   * memory in a way that GPUs do not support are refused ({@link AliasedLaunches}).
   */
  public static Backend backend(HostRunner.Order order, long memory) {
    return new CudaBackend(AliasedLaunches.refusedBy(driver(order, memory)));
  }

  /**
   * A new backend whose dense layers are the driver's products; the caller closes it. The host runner is some four
   * times faster with them than with the kernels of kernels/dense.cu, whose warps exchange much.
   */
  public static Backend backendOfProducts(HostRunner.Order order) {
    return backendOfProducts(order, MEMORY);
  }

  /** The same backend on a device with {@code memory} bytes. */
  public static Backend backendOfProducts(HostRunner.Order order, long memory) {
    return new CudaBackend(AliasedLaunches.refusedBy(driver(order, memory)), Products.CUBLAS);
  }
}
