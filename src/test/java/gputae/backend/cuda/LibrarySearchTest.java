package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The places where NVIDIA's libraries are searched, and their order, on a file system that the test makes up. */
class LibrarySearchTest {

  private static final List<String> NAMES = List.of("libcublas.so.12", "libcublas.so.13");

  @TempDir
  Path temporary;

  private Path root;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void resolveLinks() throws IOException {
    root = temporary.toRealPath();
  }

  private Path file(String name) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, name);
  }

  private List<Path> cublas() {
    return new LibrarySearch(environment, root).cublas(NAMES);
  }

  private List<Path> driver() {
    return new LibrarySearch(environment, root).driver();
  }

  /** Writes the cache as ldconfig does: a heading, a table of numbers, and the strings. */
  private void cache(Path... libraries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write("glibc-ld.so.cache1.1".getBytes(StandardCharsets.US_ASCII));
    bytes.write(new byte[] {3, 0, 0, 0, (byte) 200, 1, 0, 0, '/', 0, 7, 0, 0});
    for (Path library : libraries) {
      // The file that the loader knows as /usr/lib/x lies below the made-up root.
      String name = "/" + root.relativize(library);
      bytes.write((library.getFileName() + "\0" + name + "\0").getBytes(StandardCharsets.US_ASCII));
    }
    Files.createDirectories(root.resolve("etc"));
    Files.write(root.resolve("etc/ld.so.cache"), bytes.toByteArray());
  }

  @Test
  void nothingIsFoundWhereNothingIs() {
    environment.put("LD_LIBRARY_PATH", "relative::" + root.resolve("none"));
    environment.put("PATH", "/nowhere");
    assertEquals(List.of(), cublas());
    assertEquals(List.of(), driver());
  }

  @Test
  void theLoadersOwnPlacesComeFirst() throws IOException {
    Path named = file("named/libcublas.so.13");
    Path cached = file("usr/lib/somewhere/libcublas.so.12");
    Path usual = file("usr/lib/x86_64-linux-gnu/libcublas.so.12");
    Path toolkit = file("usr/local/cuda-12.9/lib64/libcublas.so.12");
    Path wheel = file("usr/local/lib/python3.11/dist-packages/nvidia/cublas/lib/libcublas.so.12");
    file("usr/lib/somewhere/libcublasLt.so.12");
    cache(cached, root.resolve("usr/lib/somewhere/libcublasLt.so.12"));
    environment.put("LD_LIBRARY_PATH", root.resolve("none") + ":" + root.resolve("named"));
    assertEquals(List.of(named, cached, usual, toolkit, wheel), cublas());
  }

  @Test
  void toolkitsAreTheOneThatIsSetThenTheOneWithNvccThenTheNewest() throws IOException {
    Path home = file("my/cuda/targets/x86_64-linux/lib/libcublas.so.13");
    Path nvcc = file("opt/nvidia/bin/nvcc");
    Files.setPosixFilePermissions(nvcc, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path beside = file("opt/nvidia/lib64/libcublas.so.12");
    Files.createDirectories(root.resolve("links"));
    Files.createSymbolicLink(root.resolve("links/nvcc"), nvcc);
    Path older = file("usr/local/cuda-12.1/lib64/libcublas.so.12");
    Path newer = file("usr/local/cuda-12.9/lib64/libcublas.so.12");
    Path arch = file("opt/cuda/lib64/libcublas.so.12");
    environment.put("CUDA_HOME", root.resolve("my/cuda").toString());
    environment.put("PATH", root.resolve("links").toString());
    assertEquals(List.of(home, beside, newer, older, arch), cublas());
    // A library with two names counts as one.
    Files.createSymbolicLink(root.resolve("usr/local/cuda"), root.resolve("usr/local/cuda-12.1"));
    assertEquals(List.of(home, beside, older, newer, arch), cublas());
  }

  @Test
  void pythonsPackagesAreFound() throws IOException {
    Path virtual = file("venv/lib/python3.12/site-packages/nvidia/cu13/lib/libcublas.so.13");
    Path conda = file("conda/lib/libcublas.so.12");
    Path user = file("home/.local/lib/python3.11/site-packages/nvidia/cublas/lib/libcublas.so.12");
    Path python = file("python/bin/python3");
    Files.setPosixFilePermissions(python, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path onPath = file("python/lib/python3.13/site-packages/nvidia/cublas/lib/libcublas.so.12");
    environment.put("VIRTUAL_ENV", root.resolve("venv").toString());
    environment.put("CONDA_PREFIX", root.resolve("conda").toString());
    environment.put("HOME", root.resolve("home").toString());
    environment.put("PATH", root.resolve("python/bin").toString());
    assertEquals(List.of(virtual, conda, onPath, user), cublas());
  }

  @Test
  void theDriverIsWhereTheLoaderLooks() throws IOException {
    Path wsl = file("usr/lib/wsl/lib/libcuda.so.1");
    // The toolkit's stand-in for linking is no driver.
    file("usr/local/cuda/lib64/stubs/libcuda.so.1");
    assertEquals(List.of(wsl), driver());
    Path cached = file("usr/lib/nvidia/libcuda.so.1");
    cache(cached);
    assertEquals(List.of(cached, wsl), driver());
    Path real = file("usr/lib/x86_64-linux-gnu/libcuda.so.580.65.06");
    Files.createSymbolicLink(root.resolve("usr/lib/x86_64-linux-gnu/libcuda.so.1"), real.getFileName());
    assertEquals(List.of(cached, real, wsl), driver());
  }

  @Test
  void whoNamesAPlaceIsTakenAtHisWord() throws IOException {
    Path file = file("place/libcublas.so.13");
    assertEquals(List.of(file), LibrarySearch.named(root.resolve("place"), NAMES));
    assertEquals(List.of(file), LibrarySearch.named(file, NAMES));
    assertEquals(List.of(root.resolve("none")), LibrarySearch.named(root.resolve("none"), NAMES));
    assertEquals(List.of(), LibrarySearch.named(Files.createDirectory(root.resolve("empty")), NAMES));
  }
}
