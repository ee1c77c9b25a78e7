package gputae.view.lwjgl;

import gputae.backend.BackendException;
import gputae.backend.NativeFolder;
import gputae.backend.Once;
import gputae.view.ViewException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lwjgl.system.Configuration;

/**
 * LWJGL's native libraries. They are unpacked like this program's own libraries, into a private folder, in which no
 * other user could have put anything. In the jar they are at a place where LWJGL does not look, since it would
 * otherwise unpack them again, over files that another process may be using.
 */
final class Natives {

  private static final String LWJGL = "liblwjgl.so";
  private static final String RESOURCES = "gputae/view/lwjgl/natives/linux/x64/org/lwjgl/";
  private static final List<String> PATHS =
      List.of(LWJGL, "glfw/libglfw.so", "opengl/liblwjgl_opengl.so", "nanovg/liblwjgl_nanovg.so");

  private Natives() {}

  private static final Once<Path> LOCATION = new Once<>();

  /**
   * Loads the libraries. Call this before the first use of LWJGL.
   *
   * @throws ViewException if they cannot be unpacked or loaded
   */
  static void load() {
    try {
      LOCATION.get(Natives::unpack);
    } catch (BackendException e) {
      throw new ViewException(e.getMessage(), e);
    }
  }

  private static Path unpack() {
    List<NativeFolder.Library> libraries = new ArrayList<>();
    for (String path : PATHS) {
      try (InputStream in = Natives.class.getClassLoader().getResourceAsStream(RESOURCES + path)) {
        if (in == null) {
          throw new BackendException("this jar does not hold " + RESOURCES + path);
        }
        libraries.add(NativeFolder.Library.of(path.substring(path.lastIndexOf('/') + 1), in.readAllBytes()));
      } catch (IOException e) {
        throw new BackendException("cannot read " + RESOURCES + path + " in the jar: " + e.getMessage(), e);
      }
    }
    // LWJGL's own library is loaded at once, which shows whether the folder allows running code. It loads the others
    // when it needs them.
    Path folder = NativeFolder.unpack("lwjgl", libraries, file -> {
      if (file.endsWith(LWJGL)) {
        System.load(file.toString());
      }
    });
    Configuration.LIBRARY_PATH.set(folder.toString());
    // This program itself tells the user what is missing; LWJGL would print five more lines.
    Configuration.DEBUG_STREAM.set(new PrintStream(OutputStream.nullOutputStream()));
    if (Runtime.version().feature() >= 25) {
      // LWJGL's default is deprecated in this Java, which would print a warning on the console.
      Configuration.MEMORY_BACKEND.set("ffm");
    }
    return folder;
  }
}
