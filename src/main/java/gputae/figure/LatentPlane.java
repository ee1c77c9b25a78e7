package gputae.figure;

import gputae.figure.LatentFigure.Cloud;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Shape;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Draws a cloud in the plane: equal scales, unit circle, legend, and the name of every class at its median if there is
 * room.
 */
final class LatentPlane {

  // All lengths are in points, with Canvas.SCALE pixels each.
  private static final int WIDTH = 700;
  private static final int LEFT = 62;
  private static final int TOP = 62;
  private static final int BOTTOM = 52;
  private static final int RIGHT = 22;
  private static final int LEGEND = 118;
  private static final double LEGEND_LINE = 19;

  private LatentPlane() {}

  static byte[] draw(Cloud cloud, String title) throws IOException {
    double plotWidth = WIDTH - LEFT - (cloud.labelled() ? LEGEND : RIGHT);
    Range range = Range.of(cloud, plotWidth);
    int height = (int) Math.ceil(TOP + range.plotHeight() + BOTTOM);
    Canvas canvas = new Canvas(WIDTH, height);
    Rectangle2D plot = new Rectangle2D.Double(LEFT, TOP, plotWidth, range.plotHeight());
    heading(canvas, cloud, title, LEFT, WIDTH - LEFT - RIGHT);
    axes(canvas, cloud, range, plot);
    dots(canvas, cloud, range, plot);
    Shape clip = canvas.graphics.getClip();
    canvas.graphics.clip(plot);
    double radius = range.scale();
    Ellipse2D circle = new Ellipse2D.Double(range.px(0) - radius, range.py(0) - radius, 2 * radius, 2 * radius);
    if (cloud.labelled()) {
      medians(canvas, cloud, range, circle);
    }
    canvas.graphics.setColor(new Color(20, 20, 20, 230));
    canvas.graphics.setStroke(new BasicStroke(1.3f));
    canvas.graphics.draw(circle);
    canvas.graphics.setClip(clip);
    canvas.graphics.setColor(Canvas.FRAME);
    canvas.graphics.setStroke(new BasicStroke(0.8f));
    canvas.graphics.draw(plot);
    if (cloud.labelled()) {
      legend(canvas, cloud, plot);
    }
    return canvas.png();
  }

  /** Draws title and subtitle; the strip uses it too. */
  static void heading(Canvas canvas, Cloud cloud, String title, double left, double width) {
    Font large = Canvas.font(Font.BOLD, 16);
    Font small = Canvas.font(Font.PLAIN, 11);
    canvas.text(canvas.fitted(title, large, width), left, 30, 0, large, Canvas.INK);
    canvas.text(canvas.fitted(cloud.subtitle(), small, width), left, 48, 0, small, Canvas.FAINT_INK);
  }

  private static void axes(Canvas canvas, Cloud cloud, Range range, Rectangle2D plot) {
    Font font = Canvas.font(Font.PLAIN, 10.5);
    Ticks across = Ticks.of(range.xLow(), range.px1(plot.getMaxX()), 7);
    Ticks up =
        Ticks.of(range.yLow(), range.yHigh(), Math.max(3, (int) Math.round(7 * plot.getHeight() / plot.getWidth())));
    canvas.graphics.setStroke(new BasicStroke(0.8f));
    for (int i = 0; i < across.values().length; i++) {
      double x = range.px(across.values()[i]);
      canvas.graphics.setColor(Canvas.GRID);
      canvas.graphics.draw(new Line2D.Double(x, plot.getY(), x, plot.getMaxY()));
      canvas.graphics.setColor(Canvas.FRAME);
      canvas.graphics.draw(new Line2D.Double(x, plot.getMaxY(), x, plot.getMaxY() + 4));
      canvas.text(across.labels()[i], x, plot.getMaxY() + 16, 0.5, font, Canvas.FAINT_INK);
    }
    for (int i = 0; i < up.values().length; i++) {
      double y = range.py(up.values()[i]);
      canvas.graphics.setColor(Canvas.GRID);
      canvas.graphics.draw(new Line2D.Double(plot.getX(), y, plot.getMaxX(), y));
      canvas.graphics.setColor(Canvas.FRAME);
      canvas.graphics.draw(new Line2D.Double(plot.getX() - 4, y, plot.getX(), y));
      canvas.text(up.labels()[i], plot.getX() - 7, y + 3.8, 1, font, Canvas.FAINT_INK);
    }
    Font name = Canvas.font(Font.ITALIC, 13);
    canvas.text(axisName(cloud, 1), plot.getCenterX(), plot.getMaxY() + 38, 0.5, name, Canvas.INK);
    canvas.verticalText(axisName(cloud, 2), 18, plot.getCenterY(), name, Canvas.INK);
  }

  private static String axisName(Cloud cloud, int axis) {
    if (cloud.plane() == null) {
      return "z" + axis;
    }
    double share = axis == 1 ? cloud.plane().firstShare() : cloud.plane().secondShare();
    return String.format(Locale.ROOT, "principal component %d (%.0f %%)", axis, 100 * share);
  }

  private static void dots(Canvas canvas, Cloud cloud, Range range, Rectangle2D plot) {
    int s = Canvas.SCALE;
    int left = (int) Math.floor(plot.getX() * s);
    int top = (int) Math.floor(plot.getY() * s);
    DotLayer layer =
        new DotLayer(canvas.pixels(), canvas.stride(), left, top, (int) Math.ceil(plot.getMaxX() * s) - left,
            (int) Math.ceil(plot.getMaxY() * s) - top);
    int[] colours = cloud.colours();
    int n = cloud.size();
    double radius = cloud.dotRadius();
    double alpha = cloud.dotAlpha();
    int step = cloud.scatterStep();
    long at = 0;
    for (int k = 0; k < n; k++, at = (at + step) % n) {
      int i = (int) at;
      layer.dot(range.px(cloud.x()[i]) * s, range.py(cloud.y()[i]) * s, radius, colours[cloud.label()[i]], alpha);
    }
    layer.writeTo(canvas.pixels(), canvas.stride());
  }

  /**
   * Draws names at the medians of classes of at least ten points. A name that would touch an earlier one or a small
   * unit circle appears only in the legend. The same holds for long names on sparse clouds, where they would hide many
   * of the points.
   */
  private static void medians(Canvas canvas, Cloud cloud, Range range, Ellipse2D circle) {
    Font font = Canvas.font(Font.BOLD, 12);
    int[] counts = cloud.counts();
    int[] colours = cloud.colours();
    double[][] xs = new double[counts.length][];
    double[][] ys = new double[counts.length][];
    for (int c = 0; c < counts.length; c++) {
      xs[c] = new double[counts[c]];
      ys[c] = new double[counts[c]];
    }
    int[] filled = new int[counts.length];
    for (int i = 0; i < cloud.size(); i++) {
      int c = cloud.label()[i];
      xs[c][filled[c]] = cloud.x()[i];
      ys[c][filled[c]++] = cloud.y()[i];
    }
    List<Rectangle2D> taken = new ArrayList<>();
    if (circle.getWidth() < 120) {
      taken.add(circle.getBounds2D());
    }
    for (int c = 0; c < counts.length; c++) {
      if (c != cloud.noClass() && counts[c] >= 10 && (cloud.names().get(c).length() <= 2 || cloud.size() >= 2000)) {
        Arrays.sort(xs[c]);
        Arrays.sort(ys[c]);
        double x = range.px(xs[c][counts[c] / 2]);
        double y = range.py(ys[c][counts[c] / 2]);
        String name = canvas.fitted(cloud.names().get(c), font, 90);
        double half = canvas.textWidth(name, font) / 2 + 2;
        Rectangle2D box = new Rectangle2D.Double(x - half, y - 8, 2 * half, 16);
        if (taken.stream().noneMatch(box::intersects)) {
          taken.add(box);
          canvas.haloText(name, x, y, font, new Color(ClassColours.forText(colours[c])));
        }
      }
    }
  }

  private static void legend(Canvas canvas, Cloud cloud, Rectangle2D plot) {
    Font font = Canvas.font(Font.PLAIN, 11.5);
    int[] counts = cloud.counts();
    int[] colours = cloud.colours();
    int present = (int) Arrays.stream(counts).filter(n -> n > 0).count();
    double x = plot.getMaxX() + 18;
    double y = plot.getY() + 9;
    int room = (int) Math.floor((plot.getHeight() - 9) / LEGEND_LINE) - 1;
    int shown = 0;
    for (int c = 0; c < counts.length; c++) {
      if (counts[c] > 0) {
        if (present > room && shown == room - 1) {
          canvas.text("and " + (present - shown) + " more", x - 4.5, y + 4, 0, font, Canvas.FAINT_INK);
          y += LEGEND_LINE;
          break;
        }
        canvas.graphics.setColor(new Color(colours[c]));
        canvas.graphics.fill(new Ellipse2D.Double(x - 4.5, y - 4.5, 9, 9));
        canvas.text(canvas.fitted(cloud.names().get(c), font, WIDTH - x - 16), x + 12, y + 4, 0, font, Canvas.INK);
        y += LEGEND_LINE;
        shown++;
      }
    }
    y += 5;
    canvas.graphics.setColor(Canvas.INK);
    canvas.graphics.setStroke(new BasicStroke(1.3f));
    canvas.graphics.draw(new Ellipse2D.Double(x - 4.5, y - 4.5, 9, 9));
    canvas.text(cloud.plane() == null ? "unit circle" : "unit ball", x + 12, y + 4, 0, font, Canvas.INK);
  }

  /** Converts data coordinates to points on the sheet, with one scale (points per unit) for both axes. */
  private record Range(double xLow, double yLow, double yHigh, double scale, double plotHeight) {

    /**
     * The range of data and unit circle with a margin. The height of the plot follows from it, within 0.6 to 1.1 of the
     * width.
     */
    static Range of(Cloud cloud, double plotWidth) {
      double x0 = -1;
      double x1 = 1;
      double y0 = -1;
      double y1 = 1;
      for (int i = 0; i < cloud.size(); i++) {
        x0 = Math.min(x0, cloud.x()[i]);
        x1 = Math.max(x1, cloud.x()[i]);
        y0 = Math.min(y0, cloud.y()[i]);
        y1 = Math.max(y1, cloud.y()[i]);
      }
      double margin = 1.08;
      double width = (x1 - x0) * margin;
      double height = (y1 - y0) * margin;
      double plotHeight = plotWidth * Math.max(0.6, Math.min(1.1, height / width));
      double scale = Math.min(plotWidth / width, plotHeight / height);
      return new Range((x0 + x1) / 2 - plotWidth / scale / 2, (y0 + y1) / 2 - plotHeight / scale / 2,
          (y0 + y1) / 2 + plotHeight / scale / 2, scale, plotHeight);
    }

    double px(double x) {
      return LEFT + (x - xLow) * scale;
    }

    double py(double y) {
      return TOP + (yHigh - y) * scale;
    }

    /** The inverse of {@link #px}. */
    double px1(double point) {
      return xLow + (point - LEFT) / scale;
    }
  }
}
