package gputae.figure;

import gputae.backend.Output;
import gputae.objective.Reconstruction;
import gputae.objective.TermKind;
import gputae.text.Numbers;
import gputae.train.Epoch;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Draws the losses as panels above one common axis of epochs. The edges of the panels are aligned, so a kink in one can
 * be followed into the others. Each curve has its name and its last value at its end; a name that is too long for the
 * margin is left to the title.
 */
final class LossPanels {

  // All lengths are in points, with Canvas.SCALE pixels each.
  private static final int WIDTH = 700;
  private static final int LEFT = 66;
  private static final int RIGHT = 118;
  private static final int FIRST_PANEL = 230;
  private static final int PANEL = 130;
  /** Height above a panel, for its title. */
  private static final int HEADING = 34;
  private static final int BOTTOM = 50;
  private static final double LABEL_LINE = 14;
  /** Up to this number of epochs every value gets a marker; with more epochs the markers would overlap. */
  private static final int MARKED_EPOCHS = 40;

  private record Line(String name, int colour, ToDoubleFunction<Epoch> value) {}

  private record Panel(String title, List<Line> lines) {}

  private static final int TEST_COLOUR = 0xe76300;
  /**
   * Colours of the terms, in the order of columns. People with any kind of colour vision can distinguish them (Petroff
   * 2021).
   */
  private static final int[] COLOURS = {
    0x3f90da, 0xbd1f01, 0x832db6, 0x717581, 0xa96b59, 0xb9ac70, 0x92dadd, 0xffa90e, 0x94a4a2
  };

  private LossPanels() {}

  static byte[] draw(List<Epoch> epochs, Output output) throws IOException {
    List<Panel> panels = new ArrayList<>();
    List<TermKind<?>> columns = epochs.get(0).losses().columns();
    for (int c = 0; c < columns.size(); c++) {
      TermKind<?> kind = columns.get(c);
      int colour = COLOURS[c % COLOURS.length];
      // The reconstruction is always shown, so that a figure is never empty.
      if (kind.equals(Reconstruction.KIND)) {
        panels.add(new Panel(Reconstruction.heading(output), List.of(new Line("training", colour, e -> e.loss(kind)),
            new Line("test", TEST_COLOUR, Epoch::testReconstruction))));
      } else if (epochs.stream().anyMatch(e -> e.loss(kind) != 0)) {
        panels.add(new Panel(kind.heading(), List.of(new Line(kind.curve(), colour, e -> e.loss(kind)))));
      }
    }
    Canvas canvas = new Canvas(WIDTH, panels.size() * HEADING + FIRST_PANEL + (panels.size() - 1) * PANEL + BOTTOM);
    double y = 0;
    Rectangle2D plot = null;
    for (int i = 0; i < panels.size(); i++) {
      Panel panel = panels.get(i);
      double height = i == 0 ? FIRST_PANEL : PANEL;
      plot = new Rectangle2D.Double(LEFT, y + HEADING, WIDTH - LEFT - RIGHT, height);
      panel(canvas, panel, epochs, plot);
      y += HEADING + height;
    }
    Font font = Canvas.font(Font.PLAIN, 10.5);
    Ticks ticks = epochTicks(epochs);
    for (int i = 0; i < ticks.values().length; i++) {
      canvas.text(ticks.labels()[i], across(ticks.values()[i], epochs), y + 17, 0.5, font, Canvas.FAINT_INK);
    }
    canvas.text("epoch", plot.getCenterX(), y + 37, 0.5, Canvas.font(Font.ITALIC, 12), Canvas.INK);
    return canvas.png();
  }

  private static void panel(Canvas canvas, Panel panel, List<Epoch> epochs, Rectangle2D plot) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (Line line : panel.lines()) {
      for (Epoch epoch : epochs) {
        double v = line.value().applyAsDouble(epoch);
        if (Double.isFinite(v)) {
          low = Math.min(low, v);
          high = Math.max(high, v);
        }
      }
    }
    canvas.text(panel.title(), LEFT, plot.getY() - 9, 0, Canvas.font(Font.BOLD, 12), Canvas.INK);
    Font font = Canvas.font(Font.PLAIN, 10.5);
    if (low > high) {
      canvas.text("no finite values", plot.getCenterX(), plot.getCenterY() + 4, 0.5, font, Canvas.FAINT_INK);
      frame(canvas, plot);
      return;
    }
    // A constant curve also needs a range; a tenth of its size keeps the ticks readable.
    double size = Math.max(Math.abs(low), Math.abs(high));
    double margin = high > low ? Math.max(0.07 * (high - low), 1e-4 * size) : size == 0 ? 1 : 0.1 * size;
    Axis axis = new Axis(low - margin, high + margin, plot);
    canvas.graphics.setStroke(new BasicStroke(0.8f));
    for (double x : epochTicks(epochs).values()) {
      canvas.graphics.setColor(Canvas.GRID);
      canvas.graphics.draw(new Line2D.Double(across(x, epochs), plot.getY(), across(x, epochs), plot.getMaxY()));
    }
    Ticks ticks = Ticks.of(axis.low(), axis.high(), plot.getHeight() > 150 ? 6 : 4);
    for (int i = 0; i < ticks.values().length; i++) {
      double y = axis.up(ticks.values()[i]);
      canvas.graphics.setColor(Canvas.GRID);
      canvas.graphics.draw(new Line2D.Double(plot.getX(), y, plot.getMaxX(), y));
      canvas.text(ticks.labels()[i], plot.getX() - 7, y + 3.8, 1, font, Canvas.FAINT_INK);
    }
    frame(canvas, plot);
    for (Line line : panel.lines()) {
      curve(canvas, line, epochs, axis);
    }
    names(canvas, panel, epochs, axis);
  }

  private static void frame(Canvas canvas, Rectangle2D plot) {
    canvas.graphics.setColor(Canvas.FRAME);
    canvas.graphics.setStroke(new BasicStroke(0.8f));
    canvas.graphics.draw(plot);
  }

  private static void curve(Canvas canvas, Line line, List<Epoch> epochs, Axis axis) {
    Path2D path = new Path2D.Double();
    canvas.graphics.setColor(new Color(line.colour()));
    for (int i = 0; i < epochs.size(); i++) {
      if (finite(line, epochs, i)) {
        double x = across(epochs.get(i).epoch(), epochs);
        double y = axis.up(line.value().applyAsDouble(epochs.get(i)));
        if (finite(line, epochs, i - 1)) {
          path.lineTo(x, y);
        } else {
          path.moveTo(x, y);
        }
        boolean alone = !finite(line, epochs, i - 1) && !finite(line, epochs, i + 1);
        if (alone || epochs.size() <= MARKED_EPOCHS) {
          canvas.graphics.fill(new Ellipse2D.Double(x - 2.8, y - 2.8, 5.6, 5.6));
        }
      }
    }
    canvas.graphics.setStroke(new BasicStroke(1.7f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    canvas.graphics.draw(path);
  }

  private static boolean finite(Line line, List<Epoch> epochs, int i) {
    return i >= 0 && i < epochs.size() && Double.isFinite(line.value().applyAsDouble(epochs.get(i)));
  }

  /**
   * Draws the name and the last finite value of every curve at its right end, moved apart if they would touch. At most
   * two curves share a panel.
   */
  private static void names(Canvas canvas, Panel panel, List<Epoch> epochs, Axis axis) {
    List<String> texts = new ArrayList<>();
    List<Double> heights = new ArrayList<>();
    List<Line> lines = new ArrayList<>();
    for (Line line : panel.lines()) {
      int last = epochs.size() - 1;
      while (last >= 0 && !finite(line, epochs, last)) {
        last--;
      }
      if (last >= 0) {
        double v = line.value().applyAsDouble(epochs.get(last));
        texts.add(label(canvas, line.name(), Numbers.fourDigits(v)));
        heights.add(axis.up(v));
        lines.add(line);
      }
    }
    if (heights.size() == 2 && Math.abs(heights.get(0) - heights.get(1)) < LABEL_LINE) {
      double middle = (heights.get(0) + heights.get(1)) / 2;
      double side = heights.get(0) < heights.get(1) ? -0.5 : 0.5;
      heights.set(0, middle + side * LABEL_LINE);
      heights.set(1, middle - side * LABEL_LINE);
    }
    for (int i = 0; i < texts.size(); i++) {
      canvas.text(texts.get(i), axis.plot().getMaxX() + 8, heights.get(i) + 4, 0, Canvas.font(Font.BOLD, 11),
          new Color(ClassColours.forText(lines.get(i).colour())));
    }
  }

  private static String label(Canvas canvas, String name, String value) {
    String both = name + " " + value;
    return canvas.textWidth(both, Canvas.font(Font.BOLD, 11)) <= RIGHT - 12 ? both : value;
  }

  /** Ticks at whole epochs inside the range of the data. */
  private static Ticks epochTicks(List<Epoch> epochs) {
    int first = epochs.get(0).epoch();
    int last = epochs.get(epochs.size() - 1).epoch();
    if (first == last) {
      return new Ticks(new double[] {first}, new String[] {String.format(Locale.ROOT, "%d", first)});
    }
    return Ticks.of(first, last, Math.min(10, last - first));
  }

  /** The point of an epoch on the horizontal axis; a single epoch is in the middle. */
  private static double across(double epoch, List<Epoch> epochs) {
    double first = epochs.get(0).epoch();
    double last = epochs.get(epochs.size() - 1).epoch();
    double fraction = first == last ? 0.5 : 0.015 + 0.97 * (epoch - first) / (last - first);
    return LEFT + fraction * (WIDTH - LEFT - RIGHT);
  }

  /** The vertical axis of one panel. */
  private record Axis(double low, double high, Rectangle2D plot) {
    double up(double value) {
      return plot.getMaxY() - (value - low) / (high - low) * plot.getHeight();
    }
  }
}
