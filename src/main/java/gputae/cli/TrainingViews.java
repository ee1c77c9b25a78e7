package gputae.cli;

import gputae.train.Epoch;
import gputae.train.Snapshot;
import gputae.train.Step;
import gputae.train.TrainListener;
import gputae.view.Film;
import gputae.view.ViewException;
import gputae.view.Window;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** The window and the film of a training; each of them is optional. */
final class TrainingViews implements TrainListener, AutoCloseable {

  private final Window window;
  private final Film film;
  private final Path filmed;
  private final Consumer<String> warn;
  private boolean filmFailed;

  /**
   * Takes ownership of both.
   *
   * @param filmed the film, or the folder of its frames
   * @param warn   receives messages that the user must see
   */
  TrainingViews(Window window, Film film, Path filmed, Consumer<String> warn) {
    this.window = window;
    this.film = film;
    this.filmed = filmed;
    this.warn = warn;
  }

  /** Notes that the training begins after these epochs. Screenshots belong to its run. */
  void begin(List<Epoch> history, Path screenshots) {
    if (window != null) {
      window.screenshotsTo(screenshots);
      window.history(history);
    }
    if (film != null) {
      film.history(history);
    }
  }

  @Override
  public void onStep(Step step) {
    if (window != null) {
      window.onStep(step);
    }
    if (film != null) {
      film.onStep(step);
    }
  }

  @Override
  public void onEpoch(Epoch epoch) {
    if (window != null) {
      window.onEpoch(epoch);
    }
    if (film != null) {
      film.onEpoch(epoch);
    }
  }

  /** Adds a model to the film. A film that fails does not end the training. */
  void frame(Snapshot snapshot) {
    if (!filmFailed) {
      try {
        film.frame(snapshot);
      } catch (UncheckedIOException | ViewException e) {
        filmFailed = true;
        warn.accept(e.getMessage() + "; the training goes on without the film");
      }
    }
  }

  /**
   * Notes that the training has ended or was stopped: ends the film, and shows the last model in the window.
   *
   * @return whether all output that was asked for exists
   */
  boolean end(Snapshot last, Consumer<String> log) {
    if (window != null) {
      window.show(last);
      window.finished();
    }
    if (film != null) {
      // The end may lie between two regular frames.
      frame(last);
      try {
        if (!filmFailed) {
          int frames = film.finish();
          log.accept("film: " + filmed + ", " + frames + (frames == 1 ? " frame" : " frames"));
        }
      } catch (IOException | ViewException e) {
        filmFailed = true;
        warn.accept(e.getMessage());
      }
    }
    return !filmFailed;
  }

  /** Keeps the window open until the user closes it. */
  void linger(Consumer<String> log) {
    if (window != null && window.isOpen()) {
      log.accept("the window stays until it is closed");
      try {
        window.awaitClosed();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    if (window != null) {
      window.close();
    }
    if (film != null) {
      film.close();
    }
  }
}
