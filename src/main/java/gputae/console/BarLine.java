package gputae.console;

import gputae.console.TrainingPulse.Reading;
import gputae.text.Numbers;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;

/**
 * The text of the progress bar for a given width: epoch, bar, losses, speed, time left. Parts that do not fit are left
 * out, the least important first, so that the line never wraps: a wrapped line cannot be drawn over.
 */
final class BarLine {

  private static final int SHORTEST_BAR = 8;
  private static final int LONGEST_BAR = 40;
  private static final String GAP = "  ";

  /** The full cell, then 1 to 7 eighths of a cell. */
  private static final String BLOCKS = "\u2588\u258f\u258e\u258d\u258c\u258b\u258a\u2589";
  private static final char TRACK = '\u2591';

  private final TrainingPulse pulse;
  private final boolean blocks;

  /** A bar of block characters if the console's character set has them, otherwise of '#'. */
  BarLine(TrainingPulse pulse, Charset console) {
    this.pulse = pulse;
    this.blocks = console.canEncode() && console.newEncoder().canEncode(BLOCKS + TRACK);
  }

  /** The line, at most {@code width} characters; each takes one column. */
  String draw(int width) {
    Reading now = pulse.read();
    String epoch = pulse.epochName(now.epoch());
    List<String> terms = now.means() != null ? pulse.terms(now.means(), false) : List.of();
    boolean finished = now.done() >= now.all();
    String time = finished ? "took " + Numbers.duration(now.elapsed()) : Double.isNaN(now.left()) ? ""
        : "left " + Numbers.duration(now.left());
    String speed = Double.isNaN(now.stepsPerSecond()) ? "" : Numbers.rate(now.stepsPerSecond()) + "/s";

    // The fields are shown in this order; they are kept in the order of their importance.
    List<String> fields = new ArrayList<>(terms);
    fields.add(Double.isNaN(now.test()) ? "" : "test " + Numbers.fourDigits(now.test()));
    fields.add(speed);
    fields.add(time);
    List<Integer> need = new ArrayList<>();
    need.add(fields.size() - 1);
    for (int i = 0; i < terms.size(); i++) {
      need.add(i);
    }
    need.add(Math.min(2, need.size()), fields.size() - 2);
    need.add(fields.size() - 3);

    int room = width - epoch.length() - 1 - SHORTEST_BAR;
    boolean[] kept = new boolean[fields.size()];
    for (int i : need) {
      int cost = fields.get(i).isEmpty() ? 0 : GAP.length() + fields.get(i).length();
      if (cost > 0 && cost <= room) {
        kept[i] = true;
        room -= cost;
      }
    }
    StringBuilder line = new StringBuilder(epoch).append(' ');
    int bar = Math.min(LONGEST_BAR, SHORTEST_BAR + Math.max(0, room));
    line.append(bar(now.all() > 0 ? Math.min(1, (double) now.done() / now.all()) : 1, bar));
    for (int i = 0; i < kept.length; i++) {
      if (kept[i]) {
        line.append(GAP).append(fields.get(i));
      }
    }
    return line.length() <= width ? line.toString() : line.substring(0, Math.max(0, width));
  }

  private String bar(double fraction, int cells) {
    StringBuilder bar = new StringBuilder();
    int eighths = (int) (fraction * cells * 8);
    if (!blocks) {
      return "#".repeat(eighths / 8) + ".".repeat(cells - eighths / 8);
    }
    bar.append(String.valueOf(BLOCKS.charAt(0)).repeat(eighths / 8));
    if (eighths % 8 > 0) {
      bar.append(BLOCKS.charAt(eighths % 8));
    }
    return bar.append(String.valueOf(TRACK).repeat(cells - bar.length())).toString();
  }
}
