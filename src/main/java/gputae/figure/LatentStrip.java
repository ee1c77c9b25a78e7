package gputae.figure;

import gputae.figure.LatentFigure.Cloud;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Draws a one-dimensional cloud with one row per class. The dots are spread over the height of the row, so that density
 * is visible; the unit ball is the band from -1 to 1.
 */
final class LatentStrip {

  private static final int WIDTH = 700;
  private static final int LEFT = 62;
  private static final int RIGHT = 22;
  private static final int TOP = 62;
  private static final int BOTTOM = 52;
  private static final int ROW = 44;
  private static final int ONLY_ROW = 180;
  /** Rows become lower beyond this height, so that the sheet fits a page. */
  private static final int MOST_HEIGHT = 1200;

  private LatentStrip() {}

  static byte[] draw(Cloud cloud, String title) throws IOException {
    int[] counts = cloud.counts();
    int[] colours = cloud.colours();
    int[] rowOf = new int[counts.length];
    List<Integer> rows = new ArrayList<>();
    for (int c = 0; c < counts.length; c++) {
      if (counts[c] > 0) {
        rowOf[c] = rows.size();
        rows.add(c);
      }
    }
    double row = rows.size() <= 1 ? ONLY_ROW : Math.min(ROW, (double) MOST_HEIGHT / rows.size());
    double height = row * Math.max(1, rows.size());
    Canvas canvas = new Canvas(WIDTH, (int) Math.ceil(TOP + height + BOTTOM));
    Font font = Canvas.font(Font.PLAIN, 10.5);
    double left = LEFT;
    for (int c : rows) {
      left = cloud.labelled()
          ? Math.max(left, 16 + canvas.textWidth(canvas.fitted(cloud.names().get(c), font, 110), font) + 10) : left;
    }
    LatentPlane.heading(canvas, cloud, title, left, WIDTH - left - RIGHT);

    double low = -1;
    double high = 1;
    for (double x : cloud.x()) {
      low = Math.min(low, x);
      high = Math.max(high, x);
    }
    double margin = 0.04 * (high - low);
    low -= margin;
    high += margin;
    double scale = (WIDTH - left - RIGHT) / (high - low);
    Rectangle2D plot = new Rectangle2D.Double(left, TOP, WIDTH - left - RIGHT, height);

    double ballLeft = left + (-1 - low) * scale;
    double ballRight = left + (1 - low) * scale;
    canvas.graphics.setColor(new Color(0xf4f6f9));
    canvas.graphics.fill(new Rectangle2D.Double(ballLeft, TOP, ballRight - ballLeft, height));
    canvas.graphics.setStroke(new BasicStroke(0.8f));
    Ticks ticks = Ticks.of(low, high, 7);
    for (int i = 0; i < ticks.values().length; i++) {
      double x = left + (ticks.values()[i] - low) * scale;
      canvas.graphics.setColor(Canvas.GRID);
      canvas.graphics.draw(new Line2D.Double(x, plot.getY(), x, plot.getMaxY()));
      canvas.graphics.setColor(Canvas.FRAME);
      canvas.graphics.draw(new Line2D.Double(x, plot.getMaxY(), x, plot.getMaxY() + 4));
      canvas.text(ticks.labels()[i], x, plot.getMaxY() + 16, 0.5, font, Canvas.FAINT_INK);
    }
    for (int r = 0; r < rows.size(); r++) {
      double y = TOP + row * r;
      if (r > 0) {
        canvas.graphics.setColor(Canvas.GRID);
        canvas.graphics.draw(new Line2D.Double(left, y, plot.getMaxX(), y));
      }
      if (cloud.labelled() && row >= 9) {
        canvas.text(canvas.fitted(cloud.names().get(rows.get(r)), font, 110), left - 8, y + row / 2 + 3.8, 1, font,
            Canvas.INK);
      }
    }
    canvas.text("z1", plot.getCenterX(), plot.getMaxY() + 38, 0.5, Canvas.font(Font.ITALIC, 13), Canvas.INK);

    int s = Canvas.SCALE;
    int x0 = (int) Math.floor(plot.getX() * s);
    DotLayer layer = new DotLayer(canvas.pixels(), canvas.stride(), x0, TOP * s,
        (int) Math.ceil(plot.getMaxX() * s) - x0, (int) Math.ceil(height * s));
    double radius = Math.min(cloud.dotRadius(), 3);
    for (int i = 0; i < cloud.size(); i++) {
      // Multiples of the golden section, modulo 1, are spread evenly over the row and give the same picture for the
      // same cloud.
      double spread = i * 0.6180339887498949 % 1;
      double y = TOP + row * (rowOf[cloud.label()[i]] + 0.12 + 0.76 * spread);
      layer.dot((left + (cloud.x()[i] - low) * scale) * s, y * s, radius, colours[cloud.label()[i]],
          0.7 * cloud.dotAlpha());
    }
    layer.writeTo(canvas.pixels(), canvas.stride());

    canvas.graphics.setColor(new Color(20, 20, 20, 230));
    canvas.graphics.setStroke(new BasicStroke(1.3f));
    canvas.graphics.draw(new Line2D.Double(ballLeft, TOP, ballLeft, plot.getMaxY()));
    canvas.graphics.draw(new Line2D.Double(ballRight, TOP, ballRight, plot.getMaxY()));
    canvas.graphics.setColor(Canvas.FRAME);
    canvas.graphics.setStroke(new BasicStroke(0.8f));
    canvas.graphics.draw(plot);
    return canvas.png();
  }
}
