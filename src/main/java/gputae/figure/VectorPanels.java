package gputae.figure;

import gputae.data.Split;
import gputae.data.Vectors;
import gputae.linear.FloatPoints;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Draws {@link VectorFigure}. */
final class VectorPanels {

  private static final int WIDTH = 700;
  private static final int LEFT = 58;
  private static final int RIGHT = 22;
  private static final int TOP = 44;
  private static final int SQUARE = 290;
  private static final int GAP = 78;
  private static final int CURVES = 210;
  private static final int BOTTOM = 54;

  /** With at most this number of features, each has its name at the axis. */
  private static final int NAMED = 14;

  /** Points per cloud in a picture; more would only hide each other. */
  private static final int MOST_POINTS = 5_000;

  private static final int REAL = 0x3f90da;
  private static final int GENERATED = 0xe76300;
  private static final double DOT = 2.4;

  private VectorPanels() {}

  static byte[] draw(Vectors real, byte[] labels, List<String> classes, Vectors generated, String unit)
      throws IOException {
    Vectors shown = finite(generated);
    Canvas canvas = new Canvas(WIDTH, TOP + SQUARE + GAP + CURVES + BOTTOM);
    Plane plane = Plane.of(real);
    Rectangle2D left = new Rectangle2D.Double(LEFT, TOP, SQUARE, SQUARE);
    Rectangle2D right = new Rectangle2D.Double(WIDTH - RIGHT - SQUARE, TOP, SQUARE, SQUARE);
    double[][] realPoints = plane.points(some(real));
    double[][] generatedPoints = shown == null ? new double[2][0] : plane.points(some(shown));
    Axes axes = Axes.around(realPoints, generatedPoints);
    int[] colours = labels == null ? null : ClassColours.withNoClass(classes.size());
    scatter(canvas, left, axes, realPoints,
        i -> colours == null ? REAL : colours[Split.isClass(labels[i]) ? labels[i] & 0xff : classes.size()]);
    scatter(canvas, right, axes, generatedPoints, i -> GENERATED);
    canvas.text(String.format(Locale.ROOT, "%,d test vectors%s", real.count(),
        labels == null ? "" : ", coloured by class"), left.getX(), TOP - 12, 0, Canvas.font(Font.BOLD, 12), Canvas.INK);
    int lost = generated.count() - (shown == null ? 0 : shown.count());
    canvas.text(String.format(Locale.ROOT, "%,d generated vectors%s", generated.count(),
        lost == 0 ? "" : String.format(Locale.ROOT, ", %,d not finite", lost)), right.getX(), TOP - 12, 0,
        Canvas.font(Font.BOLD, 12), Canvas.INK);
    for (Rectangle2D plot : List.of(left, right)) {
      canvas.text(canvas.fitted(plane.across, Canvas.font(Font.ITALIC, 11), SQUARE), plot.getCenterX(),
          plot.getMaxY() + 32, 0.5, Canvas.font(Font.ITALIC, 11), Canvas.INK);
    }
    canvas.verticalText(canvas.fitted(plane.up, Canvas.font(Font.ITALIC, 11), SQUARE), LEFT - 38,
        left.getCenterY(), Canvas.font(Font.ITALIC, 11), Canvas.INK);
    curves(canvas, real, shown, unit,
        new Rectangle2D.Double(LEFT, TOP + SQUARE + GAP, WIDTH - LEFT - RIGHT, CURVES));
    return canvas.png();
  }

  /** The vectors whose numbers are all finite; null if there are none. */
  private static Vectors finite(Vectors vectors) {
    FloatPoints points = new FloatPoints(vectors.values(), vectors.size());
    int[] kept = IntStream.range(0, vectors.count()).filter(points::isFinite).toArray();
    return kept.length == 0 ? null : kept.length == vectors.count() ? vectors : vectors.take(kept);
  }

  private static Vectors some(Vectors vectors) {
    return vectors.count() <= MOST_POINTS ? vectors : vectors.take(IntStream.range(0, MOST_POINTS).toArray());
  }

  /**
   * The plane of the picture.
   *
   * @param first  direction to the right; null if there is a single feature
   * @param second direction upwards
   */
  private record Plane(double[] first, double[] second, String across, String up) {

    static Plane of(Vectors real) {
      int p = real.size();
      List<String> names = real.shape().names();
      if (p == 1) {
        return new Plane(new double[] {1}, null, names.get(0), "scattered by number");
      }
      if (p == 2) {
        return new Plane(new double[] {1, 0}, new double[] {0, 1}, names.get(0), names.get(1));
      }
      PrincipalPlane plane = PrincipalPlane.of(new FloatPoints(real.values(), p));
      return new Plane(plane.first(), plane.second(), component("first", plane.firstShare()),
          component("second", plane.secondShare()));
    }

    private static String component(String which, double share) {
      return String.format(Locale.ROOT, "%s principal component (%.0f %% of the variance)", which, 100 * share);
    }

    /** Coordinates to the right and upwards, each [count]. */
    double[][] points(Vectors vectors) {
      double[][] points = new double[2][vectors.count()];
      for (int i = 0; i < vectors.count(); i++) {
        for (int k = 0; k < vectors.size(); k++) {
          points[0][i] += first[k] * vectors.value(i, k);
          points[1][i] += second == null ? 0 : second[k] * vectors.value(i, k);
        }
        // Multiples of the golden ratio, modulo 1, fill an interval evenly.
        points[1][i] = second == null ? i * 0.6180339887498949 % 1 : points[1][i];
      }
      return points;
    }
  }

  /** What the scatter plots show. */
  private record Axes(double left, double right, double low, double high) {

    static Axes around(double[][] a, double[][] b) {
      double[] x = range(a[0], b[0]);
      double[] y = range(a[1], b[1]);
      return new Axes(x[0], x[1], y[0], y[1]);
    }

    /** The range of the real points, and of nearly all generated ones: a few far away would hide all others. */
    private static double[] range(double[] real, double[] generated) {
      double[] sorted = generated.clone();
      Arrays.sort(sorted);
      double low = Arrays.stream(real).min().orElse(0);
      double high = Arrays.stream(real).max().orElse(1);
      if (sorted.length > 0) {
        low = Math.min(low, quantile(sorted, 0.01));
        high = Math.max(high, quantile(sorted, 0.99));
      }
      double margin = high > low ? 0.04 * (high - low) : Math.max(1e-3, 0.1 * Math.abs(high));
      return new double[] {low - margin, high + margin};
    }

    double x(double value, Rectangle2D plot) {
      return plot.getX() + (value - left) / (right - left) * plot.getWidth();
    }

    double y(double value, Rectangle2D plot) {
      return plot.getMaxY() - (value - low) / (high - low) * plot.getHeight();
    }
  }

  /** Sorted values at a share of their number. */
  private static double quantile(double[] sorted, double share) {
    return sorted[(int) Math.round(share * (sorted.length - 1))];
  }

  private interface Colour {
    int of(int point);
  }

  private static void scatter(Canvas canvas, Rectangle2D plot, Axes axes, double[][] points, Colour colour) {
    grid(canvas, plot, Ticks.of(axes.left(), axes.right(), 5), value -> axes.x(value, plot), true);
    grid(canvas, plot, Ticks.of(axes.low(), axes.high(), 5), value -> axes.y(value, plot), false);
    int scale = Canvas.SCALE;
    DotLayer dots = new DotLayer(canvas.pixels(), canvas.stride(), (int) (plot.getX() * scale),
        (int) (plot.getY() * scale), (int) (plot.getWidth() * scale), (int) (plot.getHeight() * scale));
    int count = points[0].length;
    double alpha = Math.max(0.25, Math.min(0.85, 1.7 - 0.35 * Math.log10(Math.max(1, count))));
    for (int i = 0; i < count; i++) {
      dots.dot(axes.x(points[0][i], plot) * scale, axes.y(points[1][i], plot) * scale, DOT * (count > 500 ? 1 : 1.5),
          colour.of(i), alpha);
    }
    dots.writeTo(canvas.pixels(), canvas.stride());
    frame(canvas, plot);
  }

  private static void grid(Canvas canvas, Rectangle2D plot, Ticks ticks, ToDoubleFunction<Double> place,
      boolean vertical) {
    Font font = Canvas.font(Font.PLAIN, 10);
    canvas.graphics.setStroke(new BasicStroke(0.8f));
    for (int i = 0; i < ticks.values().length; i++) {
      double at = place.applyAsDouble(ticks.values()[i]);
      canvas.graphics.setColor(Canvas.GRID);
      if (vertical) {
        canvas.graphics.draw(new Line2D.Double(at, plot.getY(), at, plot.getMaxY()));
        canvas.text(ticks.labels()[i], at, plot.getMaxY() + 15, 0.5, font, Canvas.FAINT_INK);
      } else {
        canvas.graphics.draw(new Line2D.Double(plot.getX(), at, plot.getMaxX(), at));
        canvas.text(ticks.labels()[i], plot.getX() - 6, at + 3.5, 1, font, Canvas.FAINT_INK);
      }
    }
  }

  private static void frame(Canvas canvas, Rectangle2D plot) {
    canvas.graphics.setColor(Canvas.FRAME);
    canvas.graphics.setStroke(new BasicStroke(0.8f));
    canvas.graphics.draw(plot);
  }

  /** The quantiles of each feature: [3][features] at 5, 50 and 95 %. */
  private static double[][] quantiles(Vectors vectors) {
    double[][] quantiles = new double[3][vectors.size()];
    double[] values = new double[vectors.count()];
    for (int k = 0; k < vectors.size(); k++) {
      for (int i = 0; i < values.length; i++) {
        values[i] = vectors.value(i, k);
      }
      Arrays.sort(values);
      quantiles[0][k] = quantile(values, 0.05);
      quantiles[1][k] = quantile(values, 0.5);
      quantiles[2][k] = quantile(values, 0.95);
    }
    return quantiles;
  }

  private static void curves(Canvas canvas, Vectors real, Vectors generated, String unit, Rectangle2D plot) {
    double[][] first = quantiles(real);
    double[][] second = generated == null ? first : quantiles(generated);
    double low = Math.min(Arrays.stream(first[0]).min().orElseThrow(), Arrays.stream(second[0]).min().orElseThrow());
    double high = Math.max(Arrays.stream(first[2]).max().orElseThrow(), Arrays.stream(second[2]).max().orElseThrow());
    double margin = high > low ? 0.06 * (high - low) : 1;
    Axes axes = new Axes(0.5, real.size() + 0.5, low - margin, high + margin);
    grid(canvas, plot, Ticks.of(axes.low(), axes.high(), 5), value -> axes.y(value, plot), false);
    names(canvas, real, axes, plot);
    ranges(canvas, axes, plot, first, REAL, -1);
    if (generated != null) {
      ranges(canvas, axes, plot, second, GENERATED, 1);
    }
    frame(canvas, plot);
    Font bold = Canvas.font(Font.BOLD, 12);
    String heading = "Features: median and middle 90 % of ";
    double at = plot.getX();
    canvas.text(heading, at, plot.getY() - 12, 0, bold, Canvas.INK);
    at += canvas.textWidth(heading, bold);
    canvas.text("test vectors", at, plot.getY() - 12, 0, bold, new Color(ClassColours.forText(REAL)));
    at += canvas.textWidth("test vectors ", bold);
    canvas.text("and ", at, plot.getY() - 12, 0, bold, Canvas.INK);
    at += canvas.textWidth("and ", bold);
    canvas.text("generated vectors", at, plot.getY() - 12, 0, bold, new Color(ClassColours.forText(GENERATED)));
    canvas.verticalText(unit, LEFT - 38, plot.getCenterY(), Canvas.font(Font.ITALIC, 11), Canvas.INK);
  }

  private static void names(Canvas canvas, Vectors real, Axes axes, Rectangle2D plot) {
    Font font = Canvas.font(Font.PLAIN, 10);
    if (real.size() <= NAMED) {
      double room = plot.getWidth() / real.size() - 4;
      for (int k = 0; k < real.size(); k++) {
        canvas.text(canvas.fitted(real.shape().names().get(k), font, room), axes.x(k + 1, plot),
            plot.getMaxY() + 15, 0.5, font, Canvas.FAINT_INK);
      }
    } else {
      grid(canvas, plot, Ticks.of(1, real.size(), 10), value -> axes.x(value, plot), true);
      canvas.text("number of the feature", plot.getCenterX(), plot.getMaxY() + 32, 0.5, Canvas.font(Font.ITALIC, 11),
          Canvas.INK);
    }
  }

  /** Few features get a bar each, many a band. */
  private static void ranges(Canvas canvas, Axes axes, Rectangle2D plot, double[][] quantiles, int colour,
      int side) {
    if (quantiles[0].length <= NAMED) {
      bars(canvas, axes, plot, quantiles, colour, side);
    } else {
      band(canvas, axes, plot, quantiles, colour);
    }
  }

  private static Color light(int colour) {
    return new Color(colour >> 16 & 255, colour >> 8 & 255, colour & 255, 60);
  }

  private static void bars(Canvas canvas, Axes axes, Rectangle2D plot, double[][] quantiles, int colour,
      int side) {
    double width = Math.min(36, 0.28 * plot.getWidth() / quantiles[0].length);
    for (int k = 0; k < quantiles[0].length; k++) {
      double left = axes.x(k + 1, plot) + side * 0.56 * width - width / 2;
      double top = axes.y(quantiles[2][k], plot);
      canvas.graphics.setColor(light(colour));
      canvas.graphics.fill(new Rectangle2D.Double(left, top, width, axes.y(quantiles[0][k], plot) - top));
      canvas.graphics.setColor(new Color(colour));
      canvas.graphics.setStroke(new BasicStroke(2f));
      double median = axes.y(quantiles[1][k], plot);
      canvas.graphics.draw(new Line2D.Double(left, median, left + width, median));
    }
  }

  private static void band(Canvas canvas, Axes axes, Rectangle2D plot, double[][] quantiles, int colour) {
    int p = quantiles[0].length;
    Path2D area = new Path2D.Double();
    Path2D median = new Path2D.Double();
    for (int k = 0; k < p; k++) {
      double x = axes.x(k + 1, plot);
      if (k == 0) {
        area.moveTo(x, axes.y(quantiles[2][k], plot));
        median.moveTo(x, axes.y(quantiles[1][k], plot));
      } else {
        area.lineTo(x, axes.y(quantiles[2][k], plot));
        median.lineTo(x, axes.y(quantiles[1][k], plot));
      }
    }
    for (int k = p - 1; k >= 0; k--) {
      area.lineTo(axes.x(k + 1, plot), axes.y(quantiles[0][k], plot));
    }
    area.closePath();
    canvas.graphics.setColor(light(colour));
    canvas.graphics.fill(area);
    canvas.graphics.setColor(new Color(colour));
    canvas.graphics.setStroke(new BasicStroke(1.6f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    canvas.graphics.draw(median);
  }
}
