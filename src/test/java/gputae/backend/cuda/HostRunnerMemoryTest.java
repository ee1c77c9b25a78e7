package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.cuda.HostRunner.Order;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The memory of the host runner, its libraries and how they are built. */
class HostRunnerMemoryTest extends HostRunnerCase {

  @Test
  void memoryIsAccountedFor() {
    open(Order.FORWARD, 1);
    assertEquals(MEMORY, driver.freeMemory());
    long x = driver.allocate(1);
    long y = driver.allocate(257);
    assertEquals(0, x % 256);
    assertEquals(0, y % 256);
    assertEquals(MEMORY - 256 - 512, driver.freeMemory());
    assertEquals(0, driver.allocate(MEMORY));
    long rest = driver.allocate(driver.freeMemory());
    assertNotEquals(0, rest);
    assertEquals(0, driver.freeMemory());
    assertEquals(0, driver.allocate(1));
    driver.free(x);
    driver.free(rest);
    assertEquals("free: nothing is allocated at 0x" + Long.toHexString(x), failure(() -> driver.free(x)));
    assertEquals(MEMORY - 512, driver.freeMemory());
    assertSays(failure(() -> driver.allocate(-1)), "allocate: -1 bytes");
  }

  @Test
  void copiesRefuseNullAndObjects() {
    open(Order.FORWARD, 1);
    long x = driver.allocate(8);
    assertSays(failure(() -> driver.upload(new String[1], 0, x, 4)), "upload: not an array of primitives");
    assertSays(failure(() -> driver.download(0, new float[1], 0, 4)), "download: 4 bytes at address 0");
    assertSays(failure(() -> driver.copy(x, 0, 4)), "copy: 4 bytes at address 0");
    assertSays(failure(() -> driver.clear(x, -1)), "clear: -1 bytes");
    // Zero bytes at address 0 are allowed.
    driver.copy(0, 0, 0);
    driver.clear(0, 0);
    driver.upload(new long[] {5, 6}, 8, x, 8);
    long[] read = new long[2];
    driver.download(x, read, 8, 8);
    assertArrayEquals(new long[] {0, 6}, read);
  }

  @Test
  void aClosedDriverRefusesCalls() {
    open(Order.FORWARD, 2);
    long x = driver.allocate(4);
    driver.close();
    driver.close();
    for (Runnable call : List.<Runnable>of(() -> driver.allocate(4), () -> driver.free(x), driver::synchronise,
        () -> driver.clear(x, 4),
        () -> driver.launch("nothing", 1, 1, 1, 0, new Arguments()), () -> driver.replay(1), () -> driver.join(1),
        driver::freeMemory)) {
      assertSays(failure(call), "the host runner is closed");
    }
  }

  @Test
  void wrongSettingsAreRefused() {
    assertSays(failure(() -> open(Order.FORWARD, 0)), "1 to 64 threads, not 0");
    assertSays(failure(() -> new HostRunner(libraries.resolve("nowhere"), Order.FORWARD, 0, 1, LIMITS, MEMORY)),
        "cannot load ", "nowhere");
    assertSays(failure(() -> new HostRunner(libraries, Order.FORWARD, 0, 1, LIMITS, -1)), "-1 bytes");
  }

  @Test
  void developmentLibrariesAreFoundOrAskedFor() {
    String before = System.getProperty("gputae.host.runner");
    try {
      System.setProperty("gputae.host.runner", libraries.toString());
      assertEquals(libraries, HostRunner.developmentLibraries());
      System.setProperty("gputae.host.runner", libraries.resolve("nowhere").toString());
      assertSays(failure(HostRunner::developmentLibraries), "works in a development build only", "mvn package",
          "nowhere");
    } finally {
      if (before == null) {
        System.clearProperty("gputae.host.runner");
      } else {
        System.setProperty("gputae.host.runner", before);
      }
    }
  }

  /** Several versions of the kernels can be loaded together, as mutation tests need; nothing is compiled twice. */
  @Test
  void librariesAreBuiltOnceAndLoadedSideBySide(@TempDir Path folder) throws Exception {
    Path kernels = Files.createDirectory(folder.resolve("kernels"));
    Path output = Files.createDirectory(folder.resolve("output"));
    // The engine and the bridge, which do not depend on the kernels, are there already.
    for (String same : List.of("flags", "engine.o", "libgputae_host_runner.so")) {
      Files.copy(libraries.resolve(same), output.resolve(same), StandardCopyOption.COPY_ATTRIBUTES);
    }
    write(kernels, "1");
    assertBuilds(kernels, output, FLAGS);
    Path library = output.resolve("libgputae_host_kernels.so");
    FileTime built = Files.getLastModifiedTime(library);
    assertBuilds(kernels, output, FLAGS);
    assertEquals(built, Files.getLastModifiedTime(library));
    try (HostRunner first = new HostRunner(output, Order.FORWARD, 0, 1, LIMITS, MEMORY)) {
      write(kernels, "2");
      assertBuilds(kernels, output, FLAGS);
      assertTrue(Files.getLastModifiedTime(library).compareTo(built) > 0);
      try (HostRunner second = new HostRunner(output, Order.FORWARD, 0, 1, LIMITS, MEMORY)) {
        for (HostRunner runner : List.of(first, second, first)) {
          long out = runner.allocate(4);
          runner.launch("version", 1, 1, 1, 0, pointers(out));
          int[] read = new int[1];
          runner.download(out, read, 0, 4);
          assertEquals(runner == first ? 1 : 2, read[0]);
        }
      }
    }
  }

  private static void write(Path kernels, String value) throws IOException {
    Files.writeString(kernels.resolve("version.cu"), "// __global__ in a comment counts for nothing\n"
        + "extern \"C\" __global__ void version(int* out) { *out = " + value + "; }\n");
  }

  /** A kernel that is not declared as build.sh expects would be missing from its table. */
  @Test
  void otherDeclarationsAreRefused(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("hidden.cu"), "__global__ void hidden(int* out) { *out = 1; }\n");
    assertSays(build(folder, folder.resolve("output"), null), "1: gpu-tae: ",
        "hidden.cu: a kernel is not declared as: extern \"C\" __global__ void NAME(");
  }

  /** Launches one kernel in a separate process, which AddressSanitizer or UndefinedBehaviorSanitizer must end. */
  static final class Fault {
    public static void main(String[] arguments) {
      try (HostRunner runner = new HostRunner(Path.of(arguments[0]), Order.FORWARD, 0, 1, LIMITS, MEMORY)) {
        Arguments passed = new Arguments();
        if (arguments[1].equals("write_at")) {
          passed.pointer(runner.allocate(100));
        }
        runner.launch(arguments[1], 1, 1, 1, 100, passed.int64(Long.parseLong(arguments[2])));
      }
      System.out.println("ended well");
    }
  }

  /** Mistakes that the ordinary build notices late or never. The same flags and environment serve for a run by hand. */
  @Test
  @Tag("thorough")
  void sanitizersSeeWrongPointers(@TempDir Path output) throws Exception {
    String said = run(HostRunners.Build.SANITIZED.of(Path.of("src/test/cuda"), output));
    assertTrue(said.startsWith("0: "), said);
    for (String[] fault : new String[][] {
      {"write_at", "99", "0: ended well"}, {"write_at", "100", "AddressSanitizer", "write_at"},
      {"write_at", "-1", "AddressSanitizer", "write_at"},
      {"write_shared_at", "99", "0: ended well"}, {"write_shared_at", "100", "AddressSanitizer", "write_shared_at"},
      {"write_static_at", "63", "0: ended well"}, {"write_static_at", "64", "runtime error: index 64 out of bounds"}
    }) {
      ProcessBuilder builder = HostRunners.java(List.of(), Fault.class, List.of(output.toString(), fault[0], fault[1]));
      assertSays(run(HostRunners.Build.SANITIZED.run(builder)), Arrays.copyOfRange(fault, 2, fault.length));
    }
  }
}
