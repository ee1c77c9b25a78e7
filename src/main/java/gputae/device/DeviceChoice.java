package gputae.device;

import gputae.backend.Backend;
import gputae.backend.BackendException;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.backend.cuda.CudaBackend;
import gputae.backend.cuda.HostRunner;
import gputae.backend.cuda.JCudaDriver;
import gputae.backend.cuda.LaunchChecks;
import gputae.backend.cuda.Products;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A device as users name it, on the command line of the program and of the benchmarks.
 *
 * @param number number of a GPU, from 0
 */
public record DeviceChoice(Kind kind, int number) {

  /** Kinds of devices. */
  public enum Kind {
    /** The first GPU if everything that it needs is present, otherwise the CPU. */
    AUTO,
    CUDA,
    CPU,
    /**
     * The CUDA kernels on a CPU, one thread after another: development builds use this to check the kernels without a
     * GPU.
     */
    HOST_RUNNER
  }

  private static final Pattern GPU = Pattern.compile("cuda(?::(\\d{1,4}))?");

  /**
   * {@code auto}, {@code cuda}, {@code cuda:1} for the second GPU, {@code cpu} or {@code host-runner}.
   *
   * @throws IllegalArgumentException if it is none of these
   */
  public static DeviceChoice of(String text) {
    String name = text.toLowerCase(Locale.ROOT);
    Matcher gpu = GPU.matcher(name);
    if (gpu.matches()) {
      return new DeviceChoice(Kind.CUDA, gpu.group(1) == null ? 0 : Integer.parseInt(gpu.group(1)));
    }
    return switch (name) {
      case "auto" -> new DeviceChoice(Kind.AUTO, 0);
      case "cpu" -> new DeviceChoice(Kind.CPU, 0);
      case "host-runner" -> new DeviceChoice(Kind.HOST_RUNNER, 0);
      default -> throw new IllegalArgumentException(
          "'" + text + "' is not auto, cuda, cuda:1 (the second GPU), cpu or host-runner");
    };
  }

  /**
   * Opens the device and describes it in a line to {@code log}. The caller closes it.
   *
   * @param threads  number of CPU threads, null for all that this process may use
   * @param wanted   what multiplies matrices on a GPU; null for {@link Products#AUTO}
   * @throws BackendException that says what is missing and how to get it
   */
  public Backend open(Integer threads, Products wanted, Consumer<String> log) {
    Products products = wanted == null ? Products.AUTO : wanted;
    int cores = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    if (kind != Kind.CPU) {
      // A wrong value is refused before any device is opened, and must not become one of auto's reasons for the CPU.
      LaunchChecks.wanted();
    }
    return switch (kind) {
      case CUDA -> gpu(products, "cuda:" + number, log);
      // If the number is not given, it may be smaller than the number of cores. If it is given, it is never reduced,
      // since a silent change would surprise the user.
      case HOST_RUNNER ->
          announced(
              new CudaBackend(HostRunner.open(threads == null ? Math.min(cores, HostRunner.MOST_HOST_THREADS) : cores),
                  products),
              "", log);
      case CPU -> announced(cpu(cores), "", log);
      case AUTO -> {
        try {
          yield gpu(products, "auto: there is a GPU, and all that it takes", log);
        } catch (BackendException e) {
          String without = wanted == null ? "" : "; --products has no meaning there";
          yield announced(cpu(cores), " (auto: " + e.getMessage() + without + ")", log);
        }
      }
    };
  }

  /** Everything beside settings and data on which the results depend, bit for bit. */
  public static String conditions(Backend backend) {
    return backend.description();
  }

  private static Backend announced(Backend backend, String why, Consumer<String> log) {
    log.accept("device: " + backend.description() + why);
    return backend;
  }

  private Backend gpu(Products products, String why, Consumer<String> log) {
    JCudaDriver driver = JCudaDriver.open(number, products);
    String without = driver.withoutCublas().map(reason -> "; products by kernels of its own: " + reason).orElse("");
    return announced(new CudaBackend(driver, products), " (" + why + without + ")", log);
  }

  private static Backend cpu(int threads) {
    return new CpuBackend(InstructionSet.chosen(), threads);
  }
}
