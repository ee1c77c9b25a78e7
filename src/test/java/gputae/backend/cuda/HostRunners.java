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
   * of more than 2,026 points keep their components in device memory.
   */
  static final Driver.Limits SMALL = new Driver.Limits(3, 24 << 10);

  /** Device memory, bytes. */
  static final long MEMORY = 1L << 30;

  /** A new driver; the caller, or a backend over it, closes it. */
  public static HostRunner driver(HostRunner.Order order) {
    return driver(order, MEMORY);
  }

  private static HostRunner driver(HostRunner.Order order, long memory) {
    return new HostRunner(HostRunner.developmentLibraries(), order, 20261124, 2, SMALL, memory);
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

  /** Flags of a build that AddressSanitizer and UndefinedBehaviorSanitizer watch. */
  static final String SANITIZERS =
      "-g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined";

  /** Lets a JVM load libraries that were built with {@link #SANITIZERS}. */
  static ProcessBuilder sanitized(ProcessBuilder java) throws IOException, InterruptedException {
    java.environment().put("LD_PRELOAD", compilersOwn("libasan.so") + ":" + compilersOwn("libubsan.so"));
    // The JVM keeps its own handling of SIGSEGV, and memory that it never frees is not reported.
    java.environment().put("ASAN_OPTIONS", "detect_leaks=0:handle_segv=0");
    return java;
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
    return new CudaBackend(AliasedLaunches.refusedBy(driver(order)), Products.CUBLAS);
  }
}
