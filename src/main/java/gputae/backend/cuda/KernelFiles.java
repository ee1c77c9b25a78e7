package gputae.backend.cuda;

import gputae.backend.BackendException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The CUDA kernels that kernels/build.sh compiled into this build, if it did. */
public final class KernelFiles {

  private static final String FOLDER = "/gputae/kernels/";
  private static final String REPORT = "kernels.txt";

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
    return "this build of gpu-tae was made without nvcc; with NVIDIA's CUDA toolkit 12 or 13 installed, build again: mvn -q -DskipTests -Dcuda=required package";
  }

  /**
   * @throws BackendException where this build has none
   */
  static void require() {
    if (summary().isEmpty()) {
      throw new BackendException("no CUDA kernels: " + reason());
    }
  }

  /** Machine code for sm_80 and sm_90. */
  static byte[] machineCode() {
    return required("kernels.fatbin");
  }

  /**
   * PTX, which the driver compiles, for processors from a compute capability on.
   *
   * @param capability ten times the compute capability: 75 or 90
   */
  static String ptx(int capability) {
    return new String(required("kernels-" + capability + ".ptx"), StandardCharsets.US_ASCII);
  }

  private static byte[] required(String name) {
    require();
    return bytes(name).orElseThrow(() -> new IllegalStateException("no " + name + " beside " + REPORT));
  }

  private static Optional<byte[]> bytes(String name) {
    try (InputStream in = KernelFiles.class.getResourceAsStream(FOLDER + name)) {
      return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
