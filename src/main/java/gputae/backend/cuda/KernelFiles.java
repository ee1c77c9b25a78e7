package gputae.backend.cuda;

import gputae.backend.BackendException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The CUDA kernels of this build, if kernels/build.sh put some there: machine code and PTX where nvcc was, else the PTX
 * that is shipped with the sources.
 */
public final class KernelFiles {

  private static final String FOLDER = "/gputae/kernels/";
  private static final String REPORT = "kernels.txt";
  /** Of PTX, the newest first. The last is always there. */
  private static final int[] CAPABILITIES = {90, 75};

  private KernelFiles() {}

  /** What was built and by which compiler, in one line; empty where this build has no kernels. */
  public static Optional<String> summary() {
    return bytes(REPORT).map(bytes -> {
      String[] lines = new String(bytes, StandardCharsets.UTF_8).split("\n");
      // Two lines of heading, then a line a kernel.
      return lines.length - 2 + " kernels, " + lines[0];
    });
  }

  /** For people: {@link #summary}, or why there are none and how to get them. */
  public static String summaryOrReason() {
    return summary().orElse("none: " + reason());
  }

  private static String reason() {
    return "this build of gpu-tae was made with -Dcuda=off, or of changed kernels without nvcc; build again, with"
        + " NVIDIA's CUDA toolkit 12 or 13 if kernels/ was changed: mvn -q -DskipTests package";
  }

  /**
   * @throws BackendException where this build has none
   */
  static void require() {
    if (summary().isEmpty()) {
      throw new BackendException("no CUDA kernels: " + reason());
    }
  }

  /** Machine code for sm_80 and sm_90; empty where this build took the shipped PTX. */
  static Optional<byte[]> machineCode() {
    require();
    return bytes("kernels.fatbin");
  }

  /**
   * PTX, which the driver compiles.
   *
   * @param capability what it is for, ten times the compute capability: processors of this one and of later ones
   */
  record Ptx(int capability, String text) {}

  /** The newest PTX for a processor of this compute capability, ten times it, at least 75. */
  static Ptx ptx(int processor) {
    require();
    for (int capability : CAPABILITIES) {
      Optional<byte[]> text = capability <= processor ? bytes("kernels-" + capability + ".ptx") : Optional.empty();
      if (text.isPresent()) {
        return new Ptx(capability, new String(text.get(), StandardCharsets.US_ASCII));
      }
    }
    throw new IllegalStateException("no PTX for sm_" + processor + " beside " + REPORT);
  }

  private static Optional<byte[]> bytes(String name) {
    try (InputStream in = KernelFiles.class.getResourceAsStream(FOLDER + name)) {
      return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
