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
 * LWJGL's native libraries, unpacked as this program's own are: into a private folder, never one where another user
 * could have put something. The jar holds them where LWJGL does not look, since it would unpack them once more, over
 * files that another process may be running from.
 */
final class Natives {

  private static final String LWJGL = "liblwjgl.so";
  private static final String RESOURCES = "gputae/view/lwjgl/natives/linux/x64/org/lwjgl/";
  private static final List<String> PATHS =
      List.of(LWJGL, "glfw/libglfw.so", "opengl/liblwjgl_opengl.so", "nanovg/liblwjgl_nanovg.so");

  private Natives() {}

  private static final Once<Path> LOCATION = new Once<>();

  /**
   * Must come before the first use of LWJGL.
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
    // LWJGL's own is loaded at once, which shows whether programs may run from the folder; it loads the others when it
    // needs them.
    Path folder = NativeFolder.unpack("lwjgl", libraries, file -> {
      if (file.endsWith(LWJGL)) {
        System.load(file.toString());
      }
    });
    Configuration.LIBRARY_PATH.set(folder.toString());
    // Whoever asks for OpenGL hears from us what is missing; LWJGL would print five lines more.
    Configuration.DEBUG_STREAM.set(new PrintStream(OutputStream.nullOutputStream()));
    if (Runtime.version().feature() >= 25) {
      // What it takes by default is deprecated there, and Java says so on the console.
      Configuration.MEMORY_BACKEND.set("ffm");
    }
    return folder;
  }
}
