package gputae;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The licence notices in the jar cover every native library in it. */
class NoticesTest {

  private static String resource(String name) throws IOException {
    try (InputStream in = NoticesTest.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void everyBundledLibraryIsNamed() throws IOException, URISyntaxException {
    String notices = resource("/META-INF/THIRD-PARTY.txt");
    Path natives =
        Path.of(NoticesTest.class.getResource("/gputae/native/linux-x86_64/libgputae.so").toURI()).getParent();
    try (Stream<Path> files = Files.list(natives)) {
      List<String> libraries =
          files.map(file -> file.getFileName().toString()).filter(name -> name.contains(".so")).sorted().toList();
      assertEquals(List.of("libdnnl.so.3", "libgomp.so.1", "libgputae.so"), libraries,
          "a new library needs a notice, and NativeLibraries must know it");
      libraries.forEach(name -> assertTrue(notices.contains(name), name));
    }
  }

  @Test
  void jcudasLibrariesAreNamed() throws IOException {
    String notices = resource("/META-INF/THIRD-PARTY.txt");
    for (String name : List.of("libJCudaDriver-12.6.0-linux-x86_64.so", "libJCublas2-12.6.0-linux-x86_64.so")) {
      assertTrue(NoticesTest.class.getResource("/lib/" + name) != null && notices.contains(name), name);
    }
  }

  @Test
  void theWindowsLibrariesAndItsFontAreNamed() throws IOException {
    String notices = resource("/META-INF/THIRD-PARTY.txt");
    for (String name : List.of("liblwjgl.so", "glfw/libglfw.so", "opengl/liblwjgl_opengl.so",
        "nanovg/liblwjgl_nanovg.so")) {
      assertTrue(NoticesTest.class.getResource("/gputae/view/lwjgl/natives/linux/x64/org/lwjgl/" + name) != null
          && notices.contains(name.substring(name.indexOf('/') + 1)), name);
    }
    assertTrue(resource("/com/formdev/flatlaf/fonts/inter/LICENSE.txt").contains("SIL OPEN FONT LICENSE")
        && notices.contains("The Inter Project Authors"));
    assertTrue(notices.contains("zlib License") && notices.contains("Lightweight Java Game Library"));
  }

  @Test
  void theLicencesAreThere() throws IOException {
    assertTrue(resource("/META-INF/LICENSE").contains("Apache License"));
    assertTrue(resource("/META-INF/licenses/GPL-3.0.txt").contains("GNU GENERAL PUBLIC LICENSE"));
    assertTrue(
        resource("/META-INF/licenses/GCC-Runtime-Library-Exception-3.1.txt").contains("GCC RUNTIME LIBRARY EXCEPTION"));
  }
}
