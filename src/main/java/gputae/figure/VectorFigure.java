package gputae.figure;

import gputae.data.Vectors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Generated vectors beside real ones: both clouds in the plane in which the real ones vary most, and for each feature
 * the median and the range of the middle 90 % of both.
 */
public final class VectorFigure {

  private VectorFigure() {}

  /**
   * Draws the figure.
   *
   * @param png       the file, 1400 pixels wide, replaced if it exists; missing directories are made
   * @param real      the real vectors
   * @param labels    uint8 [count], their classes, 255 for none; null if they have no classes
   * @param classes   names of the classes
   * @param generated vectors of the same features, whose values need not be finite
   * @param unit      what the numbers of a feature are, for the axis: "standardised"
   * @throws FigureException if this Java cannot draw text; the message says what to install
   * @throws IOException     if the file cannot be written
   */
  public static void write(Path png, Vectors real, byte[] labels, List<String> classes, Vectors generated, String unit)
      throws IOException {
    if (!real.shape().equals(generated.shape())) {
      throw new IllegalArgumentException("vectors of " + real.shape() + " and of " + generated.shape());
    }
    // A separate class draws, since this one must load without AWT; see Figures.
    Figures.write(png, () -> VectorPanels.draw(real, labels, classes, generated, unit));
  }
}
