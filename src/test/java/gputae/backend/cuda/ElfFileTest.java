package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads libraries, and changes one. CudaLibrariesIT tests that the changed library loads. */
class ElfFileTest {

  @TempDir
  Path folder;

  private static byte[] bridge() throws IOException {
    try (InputStream in = ElfFileTest.class.getResourceAsStream("/lib/libJCublas2-12.6.0-linux-x86_64.so")) {
      return in.readAllBytes();
    }
  }

  @Test
  void symbolsAreThoseThatAreDefined() throws IOException {
    Path file = Files.write(folder.resolve("bridge.so"), bridge());
    Set<String> symbols = ElfFile.symbols(file);
    assertTrue(
        symbols.contains("Java_jcuda_jcublas_JCublas2_cublasGemmEx_1newNative") && symbols.contains("JNI_OnLoad"),
        symbols.toString());
    // The library asks for these symbols, but does not define them.
    assertFalse(symbols.contains("cublasGemmEx"));
    assertFalse(symbols.contains("dlsym"));
  }

  @Test
  void aBridgeAsksForAnotherVersionAndForNothingElse() throws IOException {
    byte[] before = bridge();
    byte[] after = before.clone();
    ElfFile.retarget(after, "libcublas.so.12", "libcublas.so.13");
    int changed = 0;
    for (int i = 0; i < before.length; i++) {
      changed += before[i] == after[i] ? 0 : 1;
    }
    // One digit of the library's name changes, which is also the version's name, and one byte of its hash.
    assertEquals(2, changed);
    assertThrows(IOException.class, () -> ElfFile.retarget(after, "libcublas.so.12", "libcublas.so.13"));
    ElfFile.retarget(after, "libcublas.so.13", "libcublas.so.12");
    assertArrayEquals(before, after);
    assertThrows(IllegalArgumentException.class, () -> ElfFile.retarget(after, "libcublas.so.12", "libcublas.so.9"));
  }

  @Test
  void whatIsNoLibraryIsRefused() throws IOException {
    Path file = folder.resolve("x.so");
    Files.writeString(file, "short");
    assertThrows(IOException.class, () -> ElfFile.symbols(file));
    Files.write(file, new byte[1000]);
    assertThrows(IOException.class, () -> ElfFile.symbols(file));
    byte[] bytes = bridge();
    // The file is cut off at every power of two, or has a header that points to a wrong place.
    for (int length = 64; length < bytes.length; length *= 2) {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertThrows(IOException.class, () -> ElfFile.symbols(file), "length " + length);
    }
    bytes[41] ^= 0x55;
    Files.write(file, bytes);
    assertThrows(IOException.class, () -> ElfFile.symbols(file));
    assertThrows(IOException.class, () -> ElfFile.symbols(folder.resolve("none")));
  }
}
