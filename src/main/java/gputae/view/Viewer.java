package gputae.view;

import gputae.backend.Backend;
import gputae.train.TrainControl;
import java.nio.file.Path;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Opens views. Implementations are found as a service. */
public interface Viewer {

  /**
   * The viewer of this jar.
   *
   * @throws ViewException if the jar was built without a viewer
   */
  static Viewer find() {
    return ServiceLoader.load(Viewer.class).findFirst()
        .orElseThrow(() -> new ViewException("this jar was built without the window (viz/)"));
  }

  /** One line that describes the OpenGL with and without a display, or says why there is none. */
  String describe();

  /**
   * Opens a window that runs on its own thread.
   *
   * @param backend makes the backend that embeds and decodes images; the view closes it
   * @param control control of the watched training; null for a run that cannot be controlled from here
   * @param say     receives messages for the user
   * @throws ViewException if there is no display or no OpenGL
   */
  Window openWindow(Subject subject, Supplier<Backend> backend, TrainControl control, ViewOptions options,
      Consumer<String> say);

  /**
   * Prepares drawing without a display.
   *
   * @param backend makes the backend that embeds and decodes images; the film closes it
   * @param frames  existing folder for one PNG per frame, or null
   * @param film    file of an animated GIF, or null
   * @throws ViewException if there is no OpenGL
   */
  Film openFilm(Subject subject, Supplier<Backend> backend, Path frames, Path film, ViewOptions options);
}
