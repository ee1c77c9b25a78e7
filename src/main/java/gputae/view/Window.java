package gputae.view;

import gputae.train.Epoch;
import gputae.train.Snapshot;
import gputae.train.TrainListener;
import java.nio.file.Path;
import java.util.List;

/**
 * A window on a latent space. It takes what it is told without making anybody wait, and nothing that it does changes
 * results.
 */
public interface Window extends TrainListener, AutoCloseable {

  /** Where screenshots go; until this is called there are none. */
  void screenshotsTo(Path folder);

  /** Replaces the finished epochs that are known: at the beginning, and where a run on disk has gone on. */
  void history(List<Epoch> epochs);

  /** Shows a model that the window did not ask for itself: of a run on disk, or the last of a training. */
  void show(Snapshot snapshot);

  /** Says that the training is over; the window stays and shows what came of it. */
  void finished();

  /** Whether the user can see it still. */
  boolean isOpen();

  /** Waits until the user closes it. */
  void awaitClosed() throws InterruptedException;

  /** Closes it if it is open, and waits for its threads. */
  @Override
  void close();
}
