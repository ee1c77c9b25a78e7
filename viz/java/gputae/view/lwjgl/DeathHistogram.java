package gputae.view.lwjgl;

import gputae.figure.Ticks;
import gputae.text.Numbers;
import gputae.view.lwjgl.Sheet.Anchor;
import gputae.view.lwjgl.Sheet.Style;
import java.util.Locale;

/** A panel with the death times of the next batch, in the colours of its tree's edges. */
final class DeathHistogram {

  private static final int BARS = 36;

  private final Sheet sheet;

  DeathHistogram(Sheet sheet) {
    this.sheet = sheet;
  }

  void draw(State state, double x, double y, double width, double height) {
    sheet.card(x, y, width, height);
    sheet.text("death times of the next batch (H\u2080)", x + 9, y + 17, Anchor.LEFT, Style.SEMIBOLD, 11.5,
        Colours.INK);
    Observation.Batch batch = state.now == null ? null : state.now.batch();
    if (batch == null || batch.lengths().length == 0) {
      return;
    }
    double[] deaths = batch.lengths();
    double longest = Math.max(Double.MIN_NORMAL, deaths[deaths.length - 1]);
    int[] counts = new int[BARS];
    int most = 1;
    for (double death : deaths) {
      int bar = (int) Math.min(BARS - 1, death / longest * BARS);
      most = Math.max(most, ++counts[bar]);
    }
    String text = String.format(Locale.ROOT, "%d edges, longest %s", deaths.length, Numbers.threeDigits(longest));
    double room = width - 24 - sheet.width("death times of the next batch (H\u2080)", Style.SEMIBOLD, 11.5);
    if (sheet.width(text, Style.REGULAR, 11) > room) {
      text = String.format(Locale.ROOT, "%d edges", deaths.length);
    }
    sheet.text(sheet.fitted(text, Style.REGULAR, 11, room), x + width - 9, y + 17, Anchor.RIGHT, Style.REGULAR, 11,
        Colours.FAINT);
    double x0 = x + 10;
    double x1 = x + width - 10;
    double y0 = y + 25;
    double y1 = y + height - 20;
    for (int bar = 0; bar < BARS; bar++) {
      double w = (x1 - x0) / BARS;
      double h = (double) counts[bar] / most * (y1 - y0);
      if (counts[bar] > 0) {
        sheet.box(x0 + bar * w + 0.5, y1 - h, w - 1, h, 0, Colours.ofDeath((bar + 0.5) / BARS), 1);
      }
    }
    sheet.line(x0, y1 + 0.5, x1, y1 + 0.5, 1, Colours.LINE, 1);
    Ticks ticks = Ticks.of(0, longest, 5);
    for (int i = 0; i < ticks.values().length; i++) {
      double at = x0 + ticks.values()[i] / longest * (x1 - x0);
      Anchor anchor = i == 0 ? Anchor.LEFT : at > x1 - 14 ? Anchor.RIGHT : Anchor.CENTRE;
      sheet.text(ticks.labels()[i], at, y1 + 13, anchor, Style.REGULAR, 9.5, Colours.FAINT);
    }
  }
}
