package gputae.view;

import gputae.backend.Backend;
import gputae.train.TrainControl;
import java.nio.file.Path;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Opens views; a service. */
public interface Viewer {

  /**
   * The viewer of this jar.
   *
   * @throws ViewException if it was built without one
   */
  static Viewer find() {
    return ServiceLoader.load(Viewer.class).findFirst()
        .orElseThrow(() -> new ViewException("this jar was built without the window (viz/)"));
  }

  /** One line: the OpenGL that is there with and without a display, or why there is none. */
  String describe();

  /**
   * Opens a window that goes on by itself on a thread of its own.
   *
   * @param backend makes what images are embedded and decoded with; the view closes it
   * @param control of the training that is watched; null for a run that cannot be controlled from here
   * @param say     takes lines for people
   * @throws ViewException where there is no display or no OpenGL
   */
  Window openWindow(Subject subject, Supplier<Backend> backend, TrainControl control, ViewOptions options,
      Consumer<String> say);

  /**
   * Prepares to draw without a display.
   *
   * @param backend makes what images are embedded and decoded with; the film closes it
   * @param frames  existing folder for a PNG a frame, or null
   * @param film    file of an animated GIF, or null
   * @throws ViewException where there is no OpenGL
   */
  Film openFilm(Subject subject, Supplier<Backend> backend, Path frames, Path film, ViewOptions options);
}
