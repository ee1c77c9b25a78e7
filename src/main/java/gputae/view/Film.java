package gputae.view;

import gputae.train.Epoch;
import gputae.train.Snapshot;
import gputae.train.TrainListener;
import java.io.IOException;
import java.util.List;

/**
 * Draws a frame for every model it is given. Frames never overtake one another and none is left out: who is quicker
 * than the drawing waits.
 */
public interface Film extends TrainListener, AutoCloseable {

  /** Epochs that were done before the first frame. */
  void history(List<Epoch> epochs);

  /**
   * Draws the model; one at the step of the frame before is that frame.
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

  /** Frees everything; a film that was not finished is not left behind, frames are. */
  @Override
  void close();
}
