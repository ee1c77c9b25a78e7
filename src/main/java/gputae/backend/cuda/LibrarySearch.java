package gputae.backend.cuda;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Searches the places where NVIDIA's libraries may be: where the dynamic loader looks, where the CUDA toolkit is
 * installed, and inside the Python packages that contain CUDA. If the user names a place, only that place is searched.
 */
final class LibrarySearch {

  /** Where the driver's library lies inside the Windows Subsystem for Linux. */
  private static final String WSL = "/usr/lib/wsl/lib";

  private static final List<String> SYSTEM =
      List.of("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/usr/local/lib",
          "/usr/lib", "/lib", WSL, "/usr/local/nvidia/lib64", "/usr/local/nvidia/lib", "/usr/lib64/nvidia",
          "/run/opengl-driver/lib");

  /** Folders of a toolkit that hold its libraries. */
  private static final List<String> TOOLKIT_LIBRARIES = List.of("lib64", "targets/x86_64-linux/lib", "lib");

  /** Folders of Python's packages that hold cuBLAS: nvidia-cublas-cu12, nvidia-cublas (CUDA 13). */
  private static final List<String> WHEELS = List.of("nvidia/cublas/lib", "nvidia/cu13/lib");

  private final Map<String, String> environment;
  private final Path root;

  /**
   * @param environment environment variables, usually those of the process
   * @param root        {@code /}; another folder in tests
   */
  LibrarySearch(Map<String, String> environment, Path root) {
    this.environment = environment;
    this.root = root;
  }

  /** The files of the driver's library, {@code libcuda.so.1}, that exist. They should be tried in this order. */
  List<Path> driver() {
    return existing(loaderFolders(), List.of("libcuda.so.1"));
  }

  /** The files of cuBLAS with the given names that exist. They should be tried in this order. */
  List<Path> cublas(List<String> names) {
    Set<Path> folders = new LinkedHashSet<>(loaderFolders());
    folders.addAll(toolkitFolders());
    folders.addAll(pythonFolders());
    return existing(folders, names);
  }

  /** The places in which {@link #cublas} looks, as a text for the user. */
  static String places() {
    return "LD_LIBRARY_PATH, the loader's cache and folders, CUDA_HOME, /usr/local/cuda*, /opt/cuda, the nvcc and the "
        + "python3 on the path, VIRTUAL_ENV,"
        + " CONDA_PREFIX, ~/.local";
  }

  /** The files at a place that the user named: the file itself, or the files with the given names in the folder. */
  static List<Path> named(Path place, List<String> names) {
    return Files.isDirectory(place) ? existing(List.of(place), names) : List.of(place);
  }

  private static List<Path> existing(Iterable<Path> folders, List<String> names) {
    Set<Path> files = new LinkedHashSet<>();
    for (Path folder : folders) {
      for (String name : names) {
        Path file = folder.resolve(name);
        if (Files.isRegularFile(file)) {
          try {
            // A library often exists under several names.
            files.add(file.toRealPath());
          } catch (IOException e) {
            files.add(file);
          }
        }
      }
    }
    return List.copyOf(files);
  }

  private Set<Path> loaderFolders() {
    Set<Path> folders = new LinkedHashSet<>(paths("LD_LIBRARY_PATH"));
    folders.addAll(cachedFolders());
    SYSTEM.forEach(folder -> folders.add(at(folder)));
    return folders;
  }

  /**
   * The folders in the loader's cache, which ldconfig writes. The cache holds the names of all libraries as strings
   * that end with 0. The numbers between them do not resemble names of files.
   */
  private Set<Path> cachedFolders() {
    Set<Path> folders = new LinkedHashSet<>();
    try {
      for (String text : new String(Files.readAllBytes(at("/etc/ld.so.cache")), StandardCharsets.ISO_8859_1)
          .split("\0")) {
        int slash = text.lastIndexOf('/');
        if (text.startsWith("/")
            && (text.startsWith("libcublas.so.", slash + 1) || text.startsWith("libcuda.so.", slash + 1))) {
          path(text.substring(1, slash)).ifPresent(folder -> folders.add(root.resolve(folder)));
        }
      }
    } catch (IOException e) {
      // There is no cache, or only root may read it. The loader would not read it either.
    }
    return folders;
  }

  private Set<Path> toolkitFolders() {
    Set<Path> toolkits = new LinkedHashSet<>();
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH", "CUDA_ROOT")) {
      toolkits.addAll(paths(variable));
    }
    // toolkit/bin/nvcc
    onPath("nvcc").ifPresent(nvcc -> toolkits.add(nvcc.getParent().getParent()));
    toolkits.add(at("/usr/local/cuda"));
    List<Path> numbered = children(at("/usr/local"), "cuda-*");
    numbered.sort(Comparator.reverseOrder());
    toolkits.addAll(numbered);
    toolkits.add(at("/opt/cuda"));
    Set<Path> folders = new LinkedHashSet<>();
    for (Path toolkit : toolkits) {
      TOOLKIT_LIBRARIES.forEach(folder -> folders.add(toolkit.resolve(folder)));
    }
    return folders;
  }

  private Set<Path> pythonFolders() {
    Set<Path> prefixes = new LinkedHashSet<>();
    prefixes.addAll(paths("VIRTUAL_ENV"));
    List<Path> conda = paths("CONDA_PREFIX");
    prefixes.addAll(conda);
    // prefix/bin/python3; in a virtual environment this is a link.
    for (Path folder : paths("PATH")) {
      if (folder.getParent() != null && Files.isExecutable(folder.resolve("python3"))) {
        prefixes.add(folder.getParent());
      }
    }
    for (Path home : paths("HOME")) {
      prefixes.add(home.resolve(".local"));
    }
    prefixes.add(at("/usr/local"));
    prefixes.add(at("/usr"));
    Set<Path> folders = new LinkedHashSet<>();
    for (Path prefix : prefixes) {
      List<Path> pythons = children(prefix.resolve("lib"), "python3*");
      pythons.addAll(children(prefix.resolve("lib64"), "python3*"));
      pythons.sort(Comparator.reverseOrder());
      for (Path python : pythons) {
        for (String packages : List.of("site-packages", "dist-packages")) {
          WHEELS.forEach(wheel -> folders.add(python.resolve(packages).resolve(wheel)));
        }
      }
      if (conda.contains(prefix)) {
        folders.add(prefix.resolve("lib"));
      }
    }
    return folders;
  }

  /** The file of a program in PATH, after links are followed. */
  private Optional<Path> onPath(String program) {
    for (Path folder : paths("PATH")) {
      Path file = folder.resolve(program);
      if (Files.isExecutable(file)) {
        try {
          Path real = file.toRealPath();
          return real.getNameCount() > 2 ? Optional.of(real) : Optional.empty();
        } catch (IOException e) {
          return Optional.empty();
        }
      }
    }
    return Optional.empty();
  }

  /** The absolute paths in an environment variable. */
  private List<Path> paths(String variable) {
    List<Path> paths = new ArrayList<>();
    for (String part : environment.getOrDefault(variable, "").split(":")) {
      if (part.startsWith("/")) {
        path(part).ifPresent(paths::add);
      }
    }
    return paths;
  }

  /**
   * The path with this name. Empty if Java cannot represent the name in this locale, for example a name with letters
   * beyond ASCII in the locale C.
   */
  static Optional<Path> path(String name) {
    try {
      return Optional.of(Path.of(name));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private Path at(String absolute) {
    return root.resolve(absolute.substring(1));
  }

  private static List<Path> children(Path folder, String pattern) {
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, pattern)) {
        entries.forEach(found::add);
      } catch (IOException e) {
        // This user may not read the folder, so nothing in it could be loaded.
        return found;
      }
    }
    return found;
  }
}
