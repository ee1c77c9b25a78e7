package gputae.view;

import gputae.train.Epoch;
import gputae.train.Snapshot;
import gputae.train.TrainListener;
import java.io.IOException;
import java.util.List;

/**
 * Draws a frame for every model that it receives. Frames stay in order and none is left out: a caller that is faster
 * than the drawing waits.
 */
public interface Film extends TrainListener, AutoCloseable {

  /** Gives the epochs that were done before the first frame. */
  void history(List<Epoch> epochs);

  /**
   * Draws the model. A model at the same step as the previous frame adds no frame.
   *
   * @throws java.io.UncheckedIOException if an earlier frame could not be written
   */
  void frame(Snapshot snapshot);

  /**
   * Waits for the last frame and ends the film.
   *
   * @return the number of frames
   * @throws IOException if a frame or the film could not be written
   */
  int finish() throws IOException;

  /** Frees everything. An unfinished film is deleted; frames are kept. */
  @Override
  void close();
}
