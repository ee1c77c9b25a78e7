package gputae.backend.cpu;

import gputae.backend.BackendException;
import gputae.backend.NativeFolder;
import gputae.backend.Once;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Loads libgputae.so and the oneDNN and OpenMP libraries it needs.
 *
 * <p>Libraries in a jar are unpacked once (about 90 MB) into a {@link NativeFolder}. A failure is kept and reported
 * again at each later call.
 */
public final class NativeLibraries {

  private static final String RESOURCES = "/gputae/native/linux-x86_64/";
  private static final String MANIFEST = "libraries.txt";

  /** This library is small and the other two need it, so it shows cheaply whether code can be loaded from a folder. */
  private static final String PROBE = "libgomp.so.1";

  private static final String LIBRARY = "libgputae.so";

  /** The folder from which the libraries were loaded. */
  private static final Once<Path> LOCATION = new Once<>();

  private NativeLibraries() {}

  /**
   * Loads the libraries on the first call.
   *
   * @throws BackendException with one line that says what is missing, or which folder was tried and why it does not
   *     work
   */
  public static void load() {
    location();
  }

  /** The folder from which the libraries were loaded. The first call loads them. */
  public static Path location() {
    return LOCATION.get(NativeLibraries::loadOnce);
  }

  /** Whether a file descriptor (1 standard output, 2 standard error) is a terminal. */
  public static boolean isTerminal(int descriptor) {
    load();
    return Native.isTerminal(descriptor);
  }

  private static Path loadOnce() {
    String system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
    if (!system.equals("Linux amd64")) {
      throw new BackendException("gpu-tae runs on Linux x86-64; this is " + system);
    }
    URL library = NativeLibraries.class.getResource(RESOURCES + LIBRARY);
    if (library == null) {
      throw new BackendException(
          "this build of gpu-tae has no native libraries inside; build it with: mvn -q -DskipTests package");
    }
    if (library.getProtocol().equals("file")) {
      try {
        Path file = Path.of(library.toURI());
        System.load(file.toString());
        return file.getParent();
      } catch (URISyntaxException | LinkageError e) {
        // Also a NoSuchMethodError: the library and the class Native are of different builds.
        throw new BackendException("cannot load " + library + ": " + e.getMessage(), e);
      }
    }
    // The probe shows cheaply whether code can be loaded from the folder.
    return NativeFolder.unpack("native", readManifest(), file -> {
      String name = file.getFileName().toString();
      if (name.equals(PROBE) || name.equals(LIBRARY)) {
        System.load(file.toString());
      }
    });
  }

  /** Each line has SHA-256, bytes and name; native/cpu/build.sh writes them. The probe comes first. */
  private static List<NativeFolder.Library> readManifest() {
    List<NativeFolder.Library> libraries = new ArrayList<>();
    try (InputStream in = NativeLibraries.class.getResourceAsStream(RESOURCES + MANIFEST)) {
      for (String line : new String(in.readAllBytes(), StandardCharsets.US_ASCII).split("\n")) {
        String[] fields = line.split(" ");
        String name = fields[2];
        libraries.add(new NativeFolder.Library(name, Long.parseLong(fields[1]), fields[0],
            () -> NativeLibraries.class.getResourceAsStream(RESOURCES + name)));
      }
    } catch (IOException | RuntimeException e) {
      throw new BackendException(
          "the jar's list of native libraries cannot be read; build it again with: mvn -q -DskipTests clean package",
          e);
    }
    return libraries;
  }
}
