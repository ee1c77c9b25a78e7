package gputae.cli;

import gputae.backend.Backend;
import gputae.backend.BackendException;
import gputae.backend.cuda.HostRunner;
import gputae.backend.cuda.Products;
import gputae.device.DeviceChoice;
import gputae.run.Failure;
import java.util.function.Consumer;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The device on which a command computes. */
final class DeviceOptions {

  static final class DeviceConverter implements ITypeConverter<DeviceChoice> {
    @Override
    public DeviceChoice convert(String value) {
      try {
        return DeviceChoice.of(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /**
   * More threads than any machine has processors. Far more threads than this make the thread libraries end the whole
   * process.
   */
  private static final int MOST_THREADS = 1024;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "auto",
      converter = DeviceConverter.class,
      description = {
        "auto, cuda, cuda:N, cpu or host-runner (default: ${DEFAULT-VALUE}). auto takes the first GPU if everything "
            + "that it needs is present, otherwise the CPU, and prints which "
            + "and why; cuda never falls back to the CPU; cuda:1 is the second GPU; host-runner runs the CUDA kernels "
            + "on the CPU, slowly, to check them "
            + "(development builds only)."
      })
  private DeviceChoice device;

  static final class ProductsConverter implements ITypeConverter<Products> {
    @Override
    public Products convert(String value) {
      try {
        return Products.of(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  @Option(names = "--products", paramLabel = "PRODUCTS", converter = ProductsConverter.class,
      description = "On a GPU, what multiplies the matrices of the network (default: auto). own: kernels of gpu-tae; "
          + "NVIDIA's driver is then all that it needs. cublas: NVIDIA's library. auto: cuBLAS for large batches if it "
          + "is found, otherwise own; the line that names the device says which.")
  private Products products;

  @Option(names = "--threads", paramLabel = "N",
      description = "Number of CPU threads (default: all that this process may use). With the same number of "
          + "threads, results are repeatable.")
  private Integer threads;

  /** The number as given, or null; a usage {@link Failure} if no device can have so many threads. */
  Integer threads() {
    if (threads != null && (threads < 1 || threads > MOST_THREADS)) {
      throw Failure.usage("--threads is " + threads + "; " + (threads < 1 ? "at least 1" : "at most " + MOST_THREADS));
    }
    return threads;
  }

  /** Whether the program chooses the device. */
  boolean isAuto() {
    return device.kind() == DeviceChoice.Kind.AUTO;
  }

  /** Opens the device and describes it in a line to {@code log}. The caller closes it. */
  Backend open(Consumer<String> log) {
    return open(threads(), log);
  }

  /** As {@link #open(Consumer)}, with this number of CPU threads, null for all. */
  Backend open(Integer threads, Consumer<String> log) {
    if (device.kind() == DeviceChoice.Kind.HOST_RUNNER && threads != null && threads > HostRunner.MOST_HOST_THREADS) {
      throw Failure
          .usage("--threads is " + threads + "; --device host-runner takes at most " + HostRunner.MOST_HOST_THREADS);
    }
    if (device.kind() == DeviceChoice.Kind.CPU && products != null) {
      throw Failure.usage("--products has no meaning for --device cpu; leave it out");
    }
    try {
      return device.open(threads, products, log);
    } catch (BackendException e) {
      throw device.kind() == DeviceChoice.Kind.CUDA
          ? new BackendException("--device cuda: " + e.getMessage() + " (or use --device cpu)", e) : e;
    }
  }
}
