package gputae.view.lwjgl;

import static org.lwjgl.opengl.GL33C.*;

import gputae.backend.Backend;
import gputae.train.TrainControl;
import gputae.view.Film;
import gputae.view.Subject;
import gputae.view.ViewException;
import gputae.view.ViewOptions;
import gputae.view.Viewer;
import gputae.view.Window;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The views of this jar: windows with GLFW, films with EGL. */
public final class LwjglViewer implements Viewer {

  /** For the service loader. */
  public LwjglViewer() {}

  @Override
  public String describe() {
    String screen = Display.displayOrReason();
    try (OffScreen context = new OffScreen()) {
      return glGetString(GL_VERSION) + ", " + glGetString(GL_RENDERER) + "; " + screen;
    } catch (ViewException e) {
      // If LWJGL itself is missing, both messages are the same.
      return e.getMessage().equals(screen) ? screen : e.getMessage() + "; " + screen;
    }
  }

  @Override
  public Window openWindow(Subject subject, Supplier<Backend> backend, TrainControl control, ViewOptions options,
      Consumer<String> say) {
    return new LwjglWindow(subject, backend, control, options, say);
  }

  @Override
  public Film openFilm(Subject subject, Supplier<Backend> backend, Path frames, Path film, ViewOptions options) {
    return new LwjglFilm(subject, backend, frames, film, options);
  }
}
