package gputae.backend.cuda;

import gputae.backend.BackendException;
import gputae.backend.NativeFolder;
import gputae.backend.Once;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Loads NVIDIA's driver and cuBLAS, and JCuda's bridges to them, once per process. If that fails, a
 * {@link BackendException} says what is missing and how to get it. The failure is kept and reported again at each later
 * call.
 *
 * <p>JCuda unpacks its libraries under fixed names into the folder of temporary files. Every user may write to that
 * folder, but JCuda trusts the files in it. Before that, JCuda looks for a file with the fixed name in the folders of
 * java.library.path and loads it if there is one. The current folder is one of them if LD_LIBRARY_PATH has an empty
 * part. Therefore this class first unpacks the libraries into a {@link NativeFolder}, makes JCuda use that folder, and
 * throws an exception if another library would be loaded instead of ours.
 *
 * <p>JCuda's bridge to cuBLAS was built against cuBLAS 12. The functions that the bridge calls are the same in cuBLAS
 * 13. So for cuBLAS 13 a copy of the bridge is changed to ask for {@code libcublas.so.13}.
 */
final class CudaLibraries {

  /** The advice for users who have no driver. */
  private static final String DRIVER_ADVICE =
      "install NVIDIA's driver, 525 or newer (Debian: apt-get install nvidia-driver; in a container, run it with "
          + "--gpus all;"
          + " in WSL, install the driver on Windows)";

  private static final String CUBLAS_PROPERTY = "gputae.cublas";
  private static final String CUBLAS_VARIABLE = "GPU_TAE_CUBLAS";

  static final String CUBLAS_ADVICE =
      "install it with: pip install nvidia-cublas-cu12 (for drivers of CUDA 13 also: pip install nvidia-cublas), or "
          + "NVIDIA's"
          + " CUDA toolkit, or set GPU_TAE_CUBLAS to the file";

  /** The versions of cuBLAS that can be used. Each needs a driver that serves its version of CUDA. */
  private static final List<Integer> CUBLAS = List.of(12, 13);

  /** The version of cuBLAS against which the bridge was built. */
  private static final int BRIDGE_CUBLAS = 12;

  /** For example {@code libcublas.so.12.6.4.1}. */
  private static final Pattern CUBLAS_NAME = Pattern.compile("libcublas\\.so\\.(\\d+)(\\..*)?");

  /**
   * The functions that {@link JCudaDriver} calls, under the names that the bridge's native code uses. If a function is
   * missing when it is called, the JVM ends.
   */
  private static final Set<String> DRIVER_SYMBOLS =
      Set.of("cuInit", "cuDriverGetVersion", "cuGetErrorString", "cuDeviceGetCount", "cuDeviceGet",
          "cuDeviceGetName", "cuDeviceGetAttribute", "cuDevicePrimaryCtxRetain", "cuDevicePrimaryCtxRelease_v2",
          "cuCtxSetCurrent", "cuCtxGetStreamPriorityRange", "cuMemGetInfo_v2",
          "cuMemAlloc_v2", "cuMemFree_v2", "cuMemAllocHost_v2", "cuMemFreeHost", "cuMemcpyHtoDAsync_v2",
          "cuMemcpyDtoHAsync_v2", "cuMemcpyDtoDAsync_v2",
          "cuMemsetD8Async", "cuModuleLoadData", "cuModuleUnload", "cuModuleGetFunction", "cuFuncGetAttribute",
          "cuFuncSetAttribute", "cuLaunchKernel",
          "cuStreamCreateWithPriority", "cuStreamDestroy_v2", "cuStreamSynchronize", "cuStreamWaitEvent",
          "cuStreamBeginCapture_v2",
          "cuStreamEndCapture", "cuEventCreate",
          "cuEventRecord", "cuEventSynchronize", "cuEventDestroy_v2", "cuEventElapsedTime",
          "cuGraphInstantiateWithFlags", "cuGraphDestroy", "cuGraphExecDestroy",
          "cuGraphLaunch");

  private static final Set<String> CUBLAS_SYMBOLS =
      Set.of("cublasCreate_v2", "cublasDestroy_v2", "cublasGetVersion_v2", "cublasSetStream_v2",
          "cublasSetWorkspace_v2", "cublasGemmEx");

  private static final LibrarySearch SEARCH = new LibrarySearch(System.getenv(), Path.of("/"));

  private static final Once<Path> DRIVER = new Once<>();
  private static final Once<Path> CUBLAS_LIBRARY = new Once<>();

  private static boolean cublasIsNamed;

  private CudaLibraries() {}

  /** A version as CUDA writes it: 12.4 for 12040. */
  static String release(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  /**
   * Loads the driver's library and JCuda's bridge to it.
   *
   * @return the driver's file
   */
  static synchronized Path driver() {
    return DRIVER.get(() -> {
      List<Path> files = named("gputae.libcuda", "GPU_TAE_LIBCUDA", List.of("libcuda.so.1")).orElseGet(SEARCH::driver);
      if (files.isEmpty()) {
        throw new BackendException(
            "no NVIDIA driver: libcuda.so.1 is not where the dynamic loader looks; " + DRIVER_ADVICE);
      }
      return firstThatLoads(files, CudaLibraries::loadDriver, "the NVIDIA driver's library cannot be used",
          DRIVER_ADVICE);
    });
  }

  /**
   * Loads the first cuBLAS found that the driver can serve, and JCuda's bridge to it.
   *
   * @param driverVersion the CUDA version that the driver serves, as cuDriverGetVersion gives it
   * @return the file of cuBLAS
   * @throws NoCublasException if none was found that can be used
   * @throws BackendException  if the user named one that cannot be used
   */
  static synchronized Path cublas(int driverVersion) {
    try {
      return CUBLAS_LIBRARY.get(() -> {
        List<String> names = CUBLAS.stream().map(version -> "libcublas.so." + version).toList();
        cublasIsNamed = !place(CUBLAS_PROPERTY, CUBLAS_VARIABLE).isEmpty();
        List<Path> files = named(CUBLAS_PROPERTY, CUBLAS_VARIABLE, names).orElseGet(() -> SEARCH.cublas(names));
        if (files.isEmpty()) {
          throw new BackendException("no cuBLAS 12 or 13 (looked in " + LibrarySearch.places() + "); " + CUBLAS_ADVICE);
        }
        return firstThatLoads(files, file -> loadCublas(file, driverVersion), "no cuBLAS that can be used",
            CUBLAS_ADVICE);
      });
    } catch (BackendException e) {
      throw withoutCublas(e);
    }
  }

  /** The failure as it is if the user named a cuBLAS, otherwise as one that can be done without. */
  static synchronized BackendException withoutCublas(BackendException failure) {
    return cublasIsNamed ? failure : new NoCublasException(failure.getMessage(), failure);
  }

  /** What a system property or an environment variable says; empty if neither is set. */
  private static String place(String property, String variable) {
    return System.getProperty(property, System.getenv().getOrDefault(variable, ""));
  }

  /**
   * @param load   loads a file; returns null, or the reason why the file was not loaded
   * @param none   the beginning of the message if no file was loaded
   * @param advice what the user can do in that case
   */
  private static Path firstThatLoads(List<Path> files, Function<Path, String> load, String none, String advice) {
    List<String> refusals = new ArrayList<>();
    for (Path file : files) {
      String refusal = load.apply(file);
      if (refusal == null) {
        return file;
      }
      refusals.add(refusal);
    }
    throw new BackendException(none + ": " + String.join("; ", refusals) + "; " + advice);
  }

  /** The files that a system property or an environment variable names; empty if neither is set. */
  private static Optional<List<Path>> named(String property, String variable, List<String> names) {
    String place = place(property, variable);
    if (place.isEmpty()) {
      return Optional.empty();
    }
    Path named = LibrarySearch.path(place).map(Path::toAbsolutePath)
        .orElseThrow(() -> new BackendException(variable + " is no path in this locale"));
    List<Path> files = LibrarySearch.named(named, names);
    if (files.isEmpty()) {
      throw new BackendException(variable + " is " + place + ", a folder without " + String.join(" or ", names));
    }
    if (!Files.isRegularFile(files.get(0))) {
      throw new BackendException(variable + " is " + place + ", which is not there");
    }
    return Optional.of(files);
  }

  /** Returns null if the file was loaded, otherwise the reason why not. */
  private static String loadDriver(Path file) {
    String refusal = load(file, DRIVER_SYMBOLS);
    if (refusal == null) {
      loadBridge("JCudaDriver", bridge("JCudaDriver"), () -> jcuda.driver.JCudaDriver.setExceptionsEnabled(false));
    }
    return refusal;
  }

  /** Returns null if the file was loaded, otherwise the reason why not. */
  private static String loadCublas(Path file, int driverVersion) {
    int version = cublasVersion(file);
    if (!CUBLAS.contains(version)) {
      return file + " is not named libcublas.so.12 or libcublas.so.13";
    }
    if (driverVersion / 1000 < version) {
      return file + " needs a driver for CUDA " + version + ", this one serves CUDA " + release(driverVersion);
    }
    // cuBLAS needs its other half. That library lies beside it, but the loader does not always look there.
    Path half = real(file).resolveSibling("libcublasLt.so." + version);
    String refusal = Files.isRegularFile(half) ? load(half, Set.of()) : null;
    if (refusal == null) {
      refusal = load(file, CUBLAS_SYMBOLS);
    }
    if (refusal != null) {
      return refusal;
    }
    byte[] bridge = bridge("JCublas2");
    try {
      if (version != BRIDGE_CUBLAS) {
        ElfFile.retarget(bridge, "libcublas.so." + BRIDGE_CUBLAS, "libcublas.so." + version);
      }
    } catch (IOException e) {
      throw new BackendException(
          "JCuda's bridge to cuBLAS cannot be made to use cuBLAS " + version + ": " + e.getMessage(), e);
    }
    loadBridge("JCublas2", bridge, () -> jcuda.jcublas.JCublas2.setExceptionsEnabled(false));
    return null;
  }

  /**
   * The version in the name of a file after links are followed: 12 for {@code libcublas.so.12.6.4.1}; 0 if the name
   * does not give it.
   */
  private static int cublasVersion(Path file) {
    Matcher matcher = CUBLAS_NAME.matcher(real(file).getFileName().toString());
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
  }

  private static Path real(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException e) {
      // The attempt to load the file will give the reason.
      return file;
    }
  }

  /**
   * Loads one of NVIDIA's libraries if it defines all of {@code symbols}. Returns null if the file was loaded,
   * otherwise the reason why not.
   */
  private static String load(Path file, Set<String> symbols) {
    try {
      if (!symbols.isEmpty()) {
        Set<String> there = ElfFile.symbols(file);
        List<String> missing = symbols.stream().filter(symbol -> !there.contains(symbol)).sorted().toList();
        if (!missing.isEmpty()) {
          return file + " is too old or not what its name says: it lacks " + String.join(", ", missing);
        }
      }
      System.load(file.toString());
      return null;
    } catch (IOException e) {
      return file + " cannot be read: " + e.getMessage();
    } catch (UnsatisfiedLinkError e) {
      return "it cannot be loaded: " + e.getMessage();
    }
  }

  /** The bytes of a bridge, from JCuda's jar. */
  private static byte[] bridge(String name) {
    try (InputStream in = CudaLibraries.class.getResourceAsStream("/lib/" + fileName(name))) {
      if (in == null) {
        throw new BackendException("this build of gpu-tae holds no " + fileName(name)
            + "; build it again with: mvn -q -DskipTests clean package");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new BackendException("the jar's " + fileName(name) + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static String fileName(String name) {
    return "lib" + name + "-12.6.0-linux-x86_64.so";
  }

  /**
   * Throws an exception if a folder in which Java looks has a library of this name. Java would load that library too,
   * and nobody knows which of the two would be called.
   */
  private static void refuseOthers(String name) {
    for (String property : List.of("java.library.path", "sun.boot.library.path")) {
      for (String folder : System.getProperty(property, "").split(":", -1)) {
        Path other = LibrarySearch.path(folder.isEmpty() ? "." : folder)
            .map(path -> path.resolve(name).toAbsolutePath().normalize()).orElse(null);
        if (other != null && Files.exists(other)) {
          throw new BackendException(other
              + " would be loaded in place of gpu-tae's own; remove it, or its folder from LD_LIBRARY_PATH (an empty "
              + "part of which"
              + " is the current folder)");
        }
      }
    }
  }

  /** Unpacks a bridge and makes JCuda's class load it; {@code firstUse} causes that. */
  private static void loadBridge(String name, byte[] bytes, Runnable firstUse) {
    Path folder = NativeFolder.unpack("jcuda", List.of(NativeFolder.Library.of(fileName(name), bytes)),
        file -> System.load(file.toString()));
    refuseOthers(fileName(name));
    String temporary = System.getProperty("java.io.tmpdir");
    System.setProperty("java.io.tmpdir", folder.toString());
    try {
      firstUse.run();
    } catch (LinkageError e) {
      throw new BackendException("JCuda cannot load its " + fileName(name) + ": "
          + String.valueOf(e.getMessage()).lines().findFirst().orElse(""), e);
    } finally {
      System.setProperty("java.io.tmpdir", temporary);
    }
  }
}
