package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The stand-ins for NVIDIA's driver and cuBLAS (native/testing/fake): kernels run on the host runner, graphs are kept
 * and replayed, and anything that CUDA forbids is an error. Environment variables configure them, so each use needs its
 * own process.
 */
public final class FakeCuda {

  private static final Path FOLDER = Path.of("target/fake-cuda").toAbsolutePath();

  private final Map<String, String> environment = new LinkedHashMap<>();

  /** A machine with one GPU, a driver for CUDA 13 and cuBLAS 12. */
  public FakeCuda() {
    assumeTrue(KernelFiles.summary().isPresent(), "this build has no kernels");
    assertTrue(Files.exists(driver()),
        "no " + driver() + ": native/testing/fake/build.sh, which Maven calls, makes it");
    environment.put("GPU_TAE_FAKE_KERNELS",
        HostRunner.developmentLibraries().resolve("libgputae_host_kernels.so").toAbsolutePath().toString());
    environment.put("GPU_TAE_LIBCUDA", driver().toString());
    environment.put("GPU_TAE_CUBLAS", cublas(12).toString());
  }

  public static Path driver() {
    return FOLDER.resolve("libcuda.so.1");
  }

  /** A driver without cuGraphLaunch. */
  public static Path lackingDriver() {
    return FOLDER.resolve("cuda-lacking/libcuda.so.1");
  }

  public static Path cublas(int version) {
    return FOLDER.resolve("cublas" + version + "/libcublas.so." + version);
  }

  /** A cuBLAS without cublasGemmEx. */
  public static Path lackingCublas() {
    return FOLDER.resolve("cublas12-lacking/libcublas.so.12");
  }

  /**
   * Sets a variable: {@code order}, {@code fail} and so on stand for GPU_TAE_FAKE_ORDER and GPU_TAE_FAKE_FAIL; null
   * removes one.
   */
  public FakeCuda with(String name, Object value) {
    String variable =
        name.equals(name.toUpperCase(Locale.ROOT)) ? name : "GPU_TAE_FAKE_" + name.toUpperCase(Locale.ROOT);
    environment.put(variable, value == null ? null : value.toString());
    return this;
  }

  /** The variables for the environment of a process; null for a variable that it must not have. */
  public Map<String, String> environment() {
    return environment;
  }

  /**
   * Counts of calls, and of objects alive at the end ("alive streams"), from the file that GPU_TAE_FAKE_COUNTS names.
   */
  public static Map<String, Long> counts(Path file) throws IOException {
    Map<String, Long> counts = new TreeMap<>();
    for (String line : Files.readAllLines(file)) {
      int space = line.lastIndexOf(' ');
      counts.put(line.substring(0, space), Long.parseLong(line.substring(space + 1)));
    }
    return counts;
  }

  /** Whether this build has the kernels as machine code; a build without nvcc has only PTX. */
  public static boolean machineCode() {
    return KernelFiles.machineCode().isPresent();
  }
}
