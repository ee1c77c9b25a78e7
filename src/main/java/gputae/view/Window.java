package gputae.view;

import gputae.train.Epoch;
import gputae.train.Snapshot;
import gputae.train.TrainListener;
import java.nio.file.Path;
import java.util.List;

/**
 * A window on a latent space. Its methods never make the caller wait, unless they say so, and nothing that it does
 * changes results.
 */
public interface Window extends TrainListener, AutoCloseable {

  /** Sets the folder for screenshots; until this is called no screenshots are possible. */
  void screenshotsTo(Path folder);

  /** Replaces the list of finished epochs: at the beginning, and when a run on disk has continued. */
  void history(List<Epoch> epochs);

  /** Shows a model that the window did not request itself: one of a run on disk, or the last one of a training. */
  void show(Snapshot snapshot);

  /** Notes that the training has ended; the window stays open and shows the result. */
  void finished();

  /** Whether the window is still open for the user. */
  boolean isOpen();

  /** Waits until the user closes it. */
  void awaitClosed() throws InterruptedException;

  /** Closes the window if it is open, and waits for its threads. */
  @Override
  void close();
}
