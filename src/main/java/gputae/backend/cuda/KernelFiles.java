package gputae.backend.cuda;

import gputae.backend.BackendException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The CUDA kernels of this build, if kernels/build.sh added any: machine code and PTX if nvcc was present, otherwise
 * the PTX that is shipped with the sources.
 */
public final class KernelFiles {

  private static final String FOLDER = "/gputae/kernels/";
  private static final String REPORT = "kernels.txt";
  /** The compute capabilities of the PTX, times ten, the newest first. The PTX of the last one is always present. */
  private static final int[] CAPABILITIES = {90, 75};

  private KernelFiles() {}

  /** What was built and by which compiler, in one line; empty if this build has no kernels. */
  public static Optional<String> summary() {
    return bytes(REPORT).map(bytes -> {
      String[] lines = new String(bytes, StandardCharsets.UTF_8).split("\n");
      // Two lines of heading, then one line per kernel.
      return lines.length - 2 + " kernels, " + lines[0];
    });
  }

  /** A text for the user: {@link #summary}, or why there are no kernels and how to get them. */
  public static String summaryOrReason() {
    return summary().orElse("none: " + reason());
  }

  private static String reason() {
    return "this build of gpu-tae was made with -Dcuda=off, or of changed kernels without nvcc; build again, with"
        + " NVIDIA's CUDA toolkit 12 or 13 if kernels/ was changed: mvn -q -DskipTests package";
  }

  /** @throws BackendException if this build has no kernels */
  static void require() {
    if (summary().isEmpty()) {
      throw new BackendException("no CUDA kernels: " + reason());
    }
  }

  /** Machine code for sm_80 and sm_90; empty if this build took the shipped PTX. */
  static Optional<byte[]> machineCode() {
    require();
    return bytes("kernels.fatbin");
  }

  /**
   * PTX, which the driver compiles.
   *
   * @param capability ten times a compute capability; the PTX works on processors of this one and of later ones
   */
  record Ptx(int capability, String text) {}

  /** The newest PTX for a processor, given as ten times its compute capability, at least 75. */
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
