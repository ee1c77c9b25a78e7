package gputae.figure;

import gputae.backend.Output;
import gputae.train.Epoch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The losses over the epochs, with one panel for each term of the objective. The reconstruction is shown on training
 * and test samples. Other terms that are always 0 are left out.
 */
public final class LossFigure {

  private LossFigure() {}

  /**
   * Draws the losses. Values that are not finite leave gaps; a panel without finite values says so.
   *
   * @param png    the file, 1400 pixels wide, replaced if it exists; missing directories are made
   * @param epochs in order, at least one
   * @param output what the decoder's outputs mean, which gives the reconstruction its unit
   * @throws IllegalArgumentException if there are no epochs
   * @throws FigureException          if this Java cannot draw text; the message says what to install
   * @throws IOException              if the file cannot be written
   */
  public static void write(Path png, List<Epoch> epochs, Output output) throws IOException {
    if (epochs.isEmpty()) {
      throw new IllegalArgumentException("there are no epochs to draw");
    }
    // A separate class draws, since this one must load without AWT; see Figures.
    Figures.write(png, () -> LossPanels.draw(epochs, output));
  }
}
