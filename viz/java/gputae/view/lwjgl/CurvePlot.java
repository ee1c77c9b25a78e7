package gputae.view.lwjgl;

import gputae.figure.ClassColours;
import gputae.figure.Ticks;
import gputae.text.Numbers;
import gputae.view.lwjgl.Sheet.Anchor;
import gputae.view.lwjgl.Sheet.Style;

/** A panel with curves over epochs. */
final class CurvePlot {

  /** Height of a panel with a name and a value. */
  static final double LINE = 26;

  /** Height from which on a curve can be read. */
  static final double LEAST = 58;

  private static final double LEAST_BETWEEN_LABELS = 13;

  private final Sheet sheet;

  CurvePlot(Sheet sheet) {
    this.sheet = sheet;
  }

  /** Curves over epochs; the newest value of each beside the title. */
  void draw(State state, String title, double x, double y, double width, double height, double[][] epochs,
      double[][] values, int[] colours,
      String[] names) {
    sheet.card(x, y, width, height);
    double right = x + width - 9;
    for (int i = values.length - 1; i >= 0; i--) {
      if (values[i].length > 0) {
        String value = Numbers.threeDigits(values[i][values[i].length - 1]);
        String text = names[i] == null ? value : names[i] + " " + value;
        sheet.text(text, right, y + 17, Anchor.RIGHT, Style.SEMIBOLD, 11.5, ClassColours.forText(colours[i]));
        right -= sheet.width(text, Style.SEMIBOLD, 11.5) + 10;
      }
    }
    // Where there is no room for the unit the name is enough.
    String name = sheet.width(title, Style.SEMIBOLD, 11.5) <= right - x - 9 ? title : title.replaceFirst(",.*", "");
    sheet.text(sheet.fitted(name, Style.SEMIBOLD, 11.5, right - x - 9), x + 9, y + 17, Anchor.LEFT, Style.SEMIBOLD,
        11.5, Colours.INK);
    double x0 = x + 40;
    double x1 = x + width - 10;
    double y0 = y + 26;
    double y1 = y + height - 9;
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < values.length; i++) {
      // The first steps of a training are far off; once it is under way they would press the rest flat.
      double after = epochs[i].length == 0 ? 0 : Math.min(1, 0.02 * epochs[i][epochs[i].length - 1]);
      for (int j = 0; j < values[i].length; j++) {
        if (Double.isFinite(values[i][j]) && (epochs[i][j] >= after || j == values[i].length - 1)) {
          low = Math.min(low, values[i][j]);
          high = Math.max(high, values[i][j]);
        }
      }
    }
    if (!(high >= low) || y1 - y0 < 8) {
      return;
    }
    // A penalty of nothing throughout lies at the bottom of an axis that is as good as any.
    double room = low == 0 && high == 0 ? 1 : Math.max(Double.MIN_NORMAL, Math.max(high - low, 0.02 * Math.abs(high)));
    double bottom = Math.max(low >= 0 ? 0 : Double.NEGATIVE_INFINITY, low - 0.06 * room);
    double top = Math.max(high, bottom + room) + 0.06 * room;
    Ticks ticks = Ticks.of(bottom, top, y1 - y0 > 60 ? 3 : 2);
    double labelled = Double.POSITIVE_INFINITY;
    for (int i = 0; i < ticks.values().length; i++) {
      double at = y1 - (ticks.values()[i] - bottom) / (top - bottom) * (y1 - y0);
      if (labelled - at < LEAST_BETWEEN_LABELS) {
        continue;
      }
      labelled = at;
      sheet.line(x0, at, x1, at, 1, Colours.GRID, 1);
      sheet.text(ticks.labels()[i], x0 - 5, at + 3.5, Anchor.RIGHT, Style.REGULAR, 9.5, Colours.FAINT);
    }
    double span = state.subject.config().epochs();
    sheet.clip(x0 - 1, y0 - 2, x1 - x0 + 2, y1 - y0 + 4);
    for (int i = 0; i < values.length; i++) {
      double[] px = new double[values[i].length];
      double[] py = new double[values[i].length];
      for (int j = 0; j < px.length; j++) {
        px[j] = x0 + Math.min(1, epochs[i][j] / span) * (x1 - x0);
        py[j] = y1 - (values[i][j] - bottom) / (top - bottom) * (y1 - y0);
      }
      sheet.curve(px, py, 1.6, colours[i], 1);
      if (px.length > 0 && Double.isFinite(py[px.length - 1])) {
        sheet.disc(px[px.length - 1], py[px.length - 1], 2.4, colours[i], 1);
      }
    }
    sheet.unclip();
  }
}
