package gputae.paper;

import gputae.paper.PaperResults.Timing;
import gputae.report.Page;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Time of a training step against the batch size, both on logarithmic axes, as SVG inside a page, in the colours of the
 * page.
 */
final class CostChart {

  private static final double WIDTH = 640;
  private static final double HEIGHT = 340;
  private static final double LEFT = 62;
  /** Space for the names of the lines at their ends. */
  private static final double RIGHT = 200;
  private static final double TOP = 26;
  private static final double BOTTOM = 46;
  private static final double NAME_HEIGHT = 17;

  private record Line(String name, String style, double[] batches, double[] times) {}

  private CostChart() {}

  /** The chart; empty if no line has two points. */
  static String svg(List<Timing> timings) {
    List<Line> lines = new ArrayList<>();
    line(lines, timings, "AE + Reg, PyTorch + GUDHI", "peer",
        t -> t.peer() == null ? Double.NaN : t.peer().regularised());
    line(lines, timings, "AE, PyTorch", "peer plain", t -> t.peer() == null ? Double.NaN : t.peer().plain());
    line(lines, timings, "AE + Reg, gpu-tae", "own", t -> t.own() == null ? Double.NaN : t.own().regularised());
    line(lines, timings, "AE, gpu-tae", "own plain", t -> t.own() == null ? Double.NaN : t.own().plain());
    if (lines.stream().noneMatch(line -> line.times().length > 1)) {
      return "";
    }
    double[] batches =
        lines.stream().flatMapToDouble(line -> Arrays.stream(line.batches())).sorted().distinct().toArray();
    double low = lines.stream().flatMapToDouble(line -> Arrays.stream(line.times())).min().getAsDouble();
    double high = lines.stream().flatMapToDouble(line -> Arrays.stream(line.times())).max().getAsDouble();
    List<Double> ticks = ticks(low, high);
    Axis x = new Axis(batches[0], batches[batches.length - 1], LEFT + 10, WIDTH - RIGHT - 10);
    Axis y = new Axis(Math.min(low, ticks.get(0)), Math.max(high, ticks.get(ticks.size() - 1)), HEIGHT - BOTTOM, TOP);
    StringBuilder svg = new StringBuilder();
    svg.append(String.format(Locale.ROOT, "<svg class=\"chart\" viewBox=\"0 0 %.0f %.0f\" role=\"img\"", WIDTH, HEIGHT))
        .append(" aria-label=\"Microseconds of a step against the batch size\">\n");
    for (double tick : ticks) {
      svg.append(segment("rule", LEFT, y.at(tick), WIDTH - RIGHT, y.at(tick)))
          .append(text("end", LEFT - 8, y.at(tick) + 4.5, "", time(tick)));
    }
    for (double batch : batches) {
      svg.append(segment("rule", x.at(batch), HEIGHT - BOTTOM, x.at(batch), HEIGHT - BOTTOM + 5))
          .append(text("middle", x.at(batch), HEIGHT - BOTTOM + 20, "", String.format(Locale.ROOT, "%.0f", batch)));
    }
    svg.append(text("middle", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, "", "images per step"));
    for (Line line : lines) {
      StringBuilder points = new StringBuilder();
      for (int i = 0; i < line.times().length; i++) {
        points.append(String.format(Locale.ROOT, "%s%.1f,%.1f", i == 0 ? "" : " ", x.at(line.batches()[i]),
            y.at(line.times()[i])));
        svg.append(String.format(Locale.ROOT, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n", line.style(),
            x.at(line.batches()[i]), y.at(line.times()[i])));
      }
      svg.append("<polyline class=\"").append(line.style()).append("\" points=\"").append(points).append("\"/>\n");
    }
    names(svg, lines, x, y);
    return svg.append("</svg>\n").toString();
  }

  private record Axis(double low, double high, double start, double end) {
    double at(double value) {
      return high == low ? (start + end) / 2 : start + (end - start) * Math.log(value / low) / Math.log(high / low);
    }
  }

  private static void line(List<Line> lines, List<Timing> timings, String name, String style,
      ToDoubleFunction<Timing> time) {
    List<Timing> measured =
        timings.stream().filter(t -> time.applyAsDouble(t) > 0).sorted(Comparator.comparingInt(Timing::batch)).toList();
    if (!measured.isEmpty()) {
      lines.add(new Line(name, style, measured.stream().mapToDouble(Timing::batch).toArray(),
          measured.stream().mapToDouble(time).toArray()));
    }
  }

  /**
   * Draws names beside the last points, moved apart where they would overlap. The name of a line that ends before the
   * others is above its last point.
   */
  private static void names(StringBuilder svg, List<Line> lines, Axis x, Axis y) {
    double end = lines.stream().mapToDouble(line -> last(line.batches())).max().orElseThrow();
    for (Line line : lines) {
      if (last(line.batches()) < end) {
        svg.append(
            text("end", x.at(last(line.batches())) + 4, y.at(last(line.times())) - 10, line.style(), line.name()));
      }
    }
    List<Line> downwards = lines.stream().filter(line -> last(line.batches()) == end)
        .sorted(Comparator.comparingDouble(line -> y.at(last(line.times())))).toList();
    double[] places = downwards.stream().mapToDouble(line -> y.at(last(line.times()))).toArray();
    for (int i = 1; i < places.length; i++) {
      places[i] = Math.max(places[i], places[i - 1] + NAME_HEIGHT);
    }
    double limit = HEIGHT - BOTTOM;
    for (int i = places.length - 1; i >= 0; i--) {
      places[i] = Math.min(places[i], limit);
      limit = places[i] - NAME_HEIGHT;
    }
    for (int i = 0; i < places.length; i++) {
      Line line = downwards.get(i);
      svg.append(text("start", x.at(last(line.batches())) + 10, places[i] + 4.5, line.style(), line.name()));
    }
  }

  private static double last(double[] values) {
    return values[values.length - 1];
  }

  /** 1, 2 and 5 times powers of ten within the range; only the powers of ten if they are enough. */
  private static List<Double> ticks(double low, double high) {
    List<Double> ticks = new ArrayList<>();
    boolean powers = high / low > 100;
    for (double power = Math.pow(10, Math.floor(Math.log10(low))); power <= high * 10; power *= 10) {
      for (double factor : powers ? new double[] {1} : new double[] {1, 2, 5}) {
        double tick = power * factor;
        if (tick >= low / (powers ? 3.2 : 1.6) && tick <= high * (powers ? 3.2 : 1.6)) {
          ticks.add(tick);
        }
      }
    }
    return ticks;
  }

  private static String time(double microseconds) {
    return microseconds >= 1e6 ? String.format(Locale.ROOT, "%.0f s", microseconds / 1e6)
        : microseconds >= 1000 ? String.format(Locale.ROOT, "%.0f ms", microseconds / 1000)
        : String.format(Locale.ROOT, "%.0f \u00b5s", microseconds);
  }

  private static String segment(String style, double x1, double y1, double x2, double y2) {
    return String.format(Locale.ROOT, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", style,
        x1, y1, x2, y2);
  }

  private static String text(String anchor, double x, double y, String style, String text) {
    return String.format(Locale.ROOT, "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", style,
        anchor, x, y, Page.escaped(text));
  }
}
