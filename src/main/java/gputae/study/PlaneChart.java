package gputae.study;

import gputae.figure.Ticks;
import gputae.report.Page;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Points or lines of groups in the plane, with linear axes, as SVG inside a page, in the colours of the page. */
final class PlaneChart {

  private static final double WIDTH = 640;
  private static final double HEIGHT = 380;
  private static final double LEFT = 78;
  /** Space for the names of the groups. */
  private static final double RIGHT = 190;
  private static final double TOP = 18;
  private static final double BOTTOM = 52;
  private static final double LINE = 20;

  /** How a group is drawn. */
  enum Style {
    /** A mark for each point. */
    POINTS,
    /** A line from point to point. */
    LINE,
    /** A dashed line without a colour, for something to compare with. */
    REFERENCE
  }

  /**
   * Points of one kind.
   *
   * @param x coordinates, as many as {@code y}; a line is drawn through the points in their order
   */
  record Group(String name, Style style, double[] x, double[] y) {}

  private PlaneChart() {}

  /** The chart; empty if there are fewer than two finite points. */
  static String svg(String x, String y, List<Group> groups) {
    List<double[]> points = new ArrayList<>();
    for (Group group : groups) {
      for (int i = 0; i < group.x.length; i++) {
        if (Double.isFinite(group.x[i]) && Double.isFinite(group.y[i])) {
          points.add(new double[] {group.x[i], group.y[i]});
        }
      }
    }
    if (points.size() < 2) {
      return "";
    }
    Axis across = Axis.around(points, 0, LEFT, WIDTH - RIGHT);
    Axis up = Axis.around(points, 1, HEIGHT - BOTTOM, TOP);
    StringBuilder svg = new StringBuilder();
    svg.append(String.format(Locale.ROOT, "<svg class=\"chart\" viewBox=\"0 0 %.0f %.0f\" role=\"img\"", WIDTH, HEIGHT))
        .append(" aria-label=\"").append(Page.escaped(y + " against " + x)).append("\">\n");
    Ticks ticks = Ticks.of(up.low, up.high, 6);
    for (int i = 0; i < ticks.values().length; i++) {
      double at = up.at(ticks.values()[i]);
      svg.append(rule(LEFT, at, WIDTH - RIGHT, at)).append(text("end", LEFT - 8, at + 4.5, ticks.labels()[i]));
    }
    ticks = Ticks.of(across.low, across.high, 6);
    for (int i = 0; i < ticks.values().length; i++) {
      double at = across.at(ticks.values()[i]);
      svg.append(rule(at, HEIGHT - BOTTOM, at, HEIGHT - BOTTOM + 5))
          .append(text("middle", at, HEIGHT - BOTTOM + 20, ticks.labels()[i]));
    }
    svg.append(text("middle", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x));
    svg.append(String.format(Locale.ROOT, "<g transform=\"rotate(-90 14 %.1f)\">%s</g>%n", (HEIGHT - BOTTOM + TOP) / 2,
        text("middle", 14, (HEIGHT - BOTTOM + TOP) / 2, y).strip()));
    for (int g = 0; g < groups.size(); g++) {
      Group group = groups.get(g);
      double place = TOP + 8 + g * LINE;
      if (group.style == Style.POINTS) {
        for (int i = 0; i < group.x.length; i++) {
          if (Double.isFinite(group.x[i]) && Double.isFinite(group.y[i])) {
            svg.append(mark(g, across.at(group.x[i]), up.at(group.y[i])));
          }
        }
        svg.append(mark(g, WIDTH - RIGHT + 22, place));
      } else {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < group.x.length; i++) {
          if (Double.isFinite(group.x[i]) && Double.isFinite(group.y[i])) {
            line.append(String.format(Locale.ROOT, "%.1f,%.1f ", across.at(group.x[i]), up.at(group.y[i])));
          }
        }
        String kind = group.style == Style.LINE ? "group-" + g : "reference-" + g % 2;
        svg.append(line(kind, line.toString()))
            .append(line(kind, String.format(Locale.ROOT, "%.1f,%.1f %.1f,%.1f", WIDTH - RIGHT + 8, place,
                WIDTH - RIGHT + 30, place)));
      }
      svg.append(text("start", WIDTH - RIGHT + 34, place + 4.5, group.name));
    }
    return svg.append("</svg>\n").toString();
  }

  private record Axis(double low, double high, double start, double end) {

    /** An axis that holds a coordinate of all points, with a margin at both ends. */
    static Axis around(List<double[]> points, int coordinate, double start, double end) {
      double least = points.stream().mapToDouble(point -> point[coordinate]).min().orElseThrow();
      double most = points.stream().mapToDouble(point -> point[coordinate]).max().orElseThrow();
      // Values that are all equal also need a range.
      double margin = most > least ? 0.06 * (most - least) : Math.max(1e-3, 0.1 * Math.abs(most));
      return new Axis(least - margin, most + margin, start, end);
    }

    double at(double value) {
      return start + (end - start) * (value - low) / (high - low);
    }
  }

  private static String rule(double x1, double y1, double x2, double y2) {
    return String.format(Locale.ROOT, "<line class=\"rule\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>%n", x1,
        y1, x2, y2);
  }

  private static String text(String anchor, double x, double y, String text) {
    return String.format(Locale.ROOT, "<text text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>%n", anchor, x, y,
        Page.escaped(text));
  }

  private static String line(String kind, String points) {
    return "<polyline class=\"" + kind + "\" points=\"" + points.strip() + "\"/>\n";
  }

  private static String mark(int group, double x, double y) {
    return String.format(Locale.ROOT, "<circle class=\"group-%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>%n", group, x, y);
  }
}
