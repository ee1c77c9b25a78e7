package gputae.figure;

import gputae.homology.PhDimension;
import java.io.IOException;
import java.nio.file.Path;

/** The fit behind a PH dimension: sums of death times against numbers of points, both on logarithmic axes. */
public final class DimensionFigure {

  private DimensionFigure() {}

  /**
   * Draws the sums and the fitted line.
   *
   * @param png the file, 1400 pixels wide, replaced if it exists; missing directories are made
   * @throws FigureException if this Java cannot draw text; the message says what to install
   * @throws IOException     if the file cannot be written
   */
  public static void write(Path png, PhDimension dimension) throws IOException {
    // A separate class draws, since this one must load without AWT; see Figures.
    Figures.write(png, () -> DimensionPlot.draw(dimension));
  }
}
