package gputae.cli;

import gputae.backend.Backend;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import java.util.Locale;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** Which device a command computes on. */
final class DeviceOptions {

  /** What {@code --device} takes. */
  enum Device {
    AUTO,
    CUDA,
    CPU;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "auto",
      description = "auto, cuda or cpu (default: ${DEFAULT-VALUE}). auto prints what it takes and why; cuda never falls back to the CPU.")
  private Device device;

  @Option(names = "--threads", paramLabel = "N", description = "CPU threads (default: all this process may use). Results are repeatable for one number of threads.")
  private Integer threads;

  /** Opens the device; says through {@code log} what it is. The caller closes it. */
  Backend open(Consumer<String> log) {
    if (threads != null && threads < 1) {
      throw Failure.usage("--threads is " + threads + "; at least 1");
    }
    if (device == Device.CUDA) {
      throw new Failure("--device cuda: this version of gpu-tae has no CUDA backend; use --device cpu");
    }
    Backend backend = new CpuBackend(InstructionSet.chosen(), threads == null ? Runtime.getRuntime().availableProcessors() : threads);
    log.accept("device: " + backend.description() + (device == Device.AUTO ? " (auto: this version has no CUDA backend)" : ""));
    return backend;
  }

  /** What results depend on, bit for bit, beside settings and data. */
  static String conditions(Backend backend) {
    return backend.description();
  }
}
