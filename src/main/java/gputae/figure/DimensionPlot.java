package gputae.figure;

import gputae.homology.PhDimension;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;

/** Draws the sums of death times of random subsets against their sizes, and the line whose slope is the result. */
final class DimensionPlot {

  // All lengths are in points, with Canvas.SCALE pixels each.
  private static final int WIDTH = 700;
  private static final int HEIGHT = 430;
  private static final int LEFT = 84;
  private static final int RIGHT = 22;
  private static final int TOP = 62;
  private static final int BOTTOM = 52;

  private static final Color POINTS = new Color(0x3f90da);
  private static final Color LINE = new Color(0xbd1f01);

  private DimensionPlot() {}

  /** A logarithmic axis from low to high, drawn from start to end. */
  private record Axis(double low, double high, double start, double end) {

    /** An axis with a margin of a twentieth of its length at both ends. */
    static Axis around(double least, double most, double start, double end) {
      // Values that are all equal also need a range.
      double margin = most > least ? Math.pow(most / least, 0.05) : 1.1;
      return new Axis(least / margin, most * margin, start, end);
    }

    double at(double value) {
      return start + (end - start) * Math.log(value / low) / Math.log(high / low);
    }
  }

  static byte[] draw(PhDimension dimension) throws IOException {
    Canvas canvas = new Canvas(WIDTH, HEIGHT);
    Rectangle2D plot = new Rectangle2D.Double(LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    int[] sizes = dimension.sizes();
    double[] sums = dimension.sums();
    double first = fitted(dimension, sizes[0]);
    double last = fitted(dimension, sizes[sizes.length - 1]);
    double low = Math.min(Arrays.stream(sums).min().orElseThrow(), Math.min(first, last));
    double high = Math.max(Arrays.stream(sums).max().orElseThrow(), Math.max(first, last));
    Axis x = Axis.around(sizes[0], sizes[sizes.length - 1], plot.getX(), plot.getMaxX());
    Axis y = Axis.around(low, high, plot.getMaxY(), plot.getY());
    canvas.text(title(dimension), LEFT, 30, 0, Canvas.font(Font.BOLD, 16), Canvas.INK);
    canvas.text(String.format(Locale.ROOT, "slope %.4f; root mean square of the residuals %.4f, in log E",
        dimension.slope(), dimension.residual()), LEFT, 48, 0, Canvas.font(Font.PLAIN, 11), Canvas.FAINT_INK);
    axes(canvas, plot, x, y);
    canvas.graphics.setColor(LINE);
    canvas.graphics.setStroke(new BasicStroke(1.7f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    canvas.graphics.draw(new Line2D.Double(x.at(sizes[0]), y.at(first), x.at(sizes[sizes.length - 1]), y.at(last)));
    canvas.graphics.setColor(POINTS);
    for (int i = 0; i < sizes.length; i++) {
      canvas.graphics.fill(new Ellipse2D.Double(x.at(sizes[i]) - 3.5, y.at(sums[i]) - 3.5, 7, 7));
    }
    return canvas.png();
  }

  private static String title(PhDimension dimension) {
    return dimension.exists()
        ? String.format(Locale.ROOT, "PH dimension %.3f", dimension.dimension())
        : "No PH dimension: the slope is not below 1";
  }

  private static double fitted(PhDimension dimension, double size) {
    return Math.exp(dimension.intercept() + dimension.slope() * Math.log(size));
  }

  private static void axes(Canvas canvas, Rectangle2D plot, Axis x, Axis y) {
    Font font = Canvas.font(Font.PLAIN, 10.5);
    canvas.graphics.setStroke(new BasicStroke(0.8f));
    Ticks across = Ticks.of(x.low(), x.high(), 8);
    for (int i = 0; i < across.values().length; i++) {
      double at = x.at(across.values()[i]);
      canvas.graphics.setColor(Canvas.GRID);
      canvas.graphics.draw(new Line2D.Double(at, plot.getY(), at, plot.getMaxY()));
      canvas.text(across.labels()[i], at, plot.getMaxY() + 16, 0.5, font, Canvas.FAINT_INK);
    }
    Ticks up = Ticks.of(y.low(), y.high(), 6);
    for (int i = 0; i < up.values().length; i++) {
      double at = y.at(up.values()[i]);
      canvas.graphics.setColor(Canvas.GRID);
      canvas.graphics.draw(new Line2D.Double(plot.getX(), at, plot.getMaxX(), at));
      canvas.text(up.labels()[i], plot.getX() - 7, at + 3.8, 1, font, Canvas.FAINT_INK);
    }
    canvas.graphics.setColor(Canvas.FRAME);
    canvas.graphics.draw(plot);
    Font name = Canvas.font(Font.ITALIC, 12);
    canvas.text("n, iterates in a random subset (logarithmic)", plot.getCenterX(), plot.getMaxY() + 38, 0.5, name,
        Canvas.INK);
    canvas.verticalText("E(n), sum of the death times (logarithmic)", 18, plot.getCenterY(), name, Canvas.INK);
  }
}
