package gputae.view.lwjgl;

import gputae.data.Dataset;
import gputae.data.Split;
import gputae.figure.ClassColours;
import gputae.objective.Reconstruction;
import gputae.objective.Term;
import gputae.objective.TermKind;
import gputae.objective.Terms;
import gputae.text.Numbers;
import gputae.view.lwjgl.Sheet.Anchor;
import gputae.view.lwjgl.Sheet.Style;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Everything of a picture that is not the cloud: axes and legend around it, and the panels beside it. Lengths are
 * points.
 */
final class Panels {

  private static final double PAD = 14;
  private static final double GAP = 10;
  private static final double PLOT_GAP = 6;
  private static final double LEGEND_LINE = 18;

  /** Places of the buttons drawn last: x, y, width, height each. */
  private final List<double[]> buttons = new ArrayList<>();

  private final Sheet sheet;
  private final Axes axes;
  private final CurvePlot plot;
  private final DeathHistogram deaths;
  private final DecodedSamples samples;
  private final PointedPlace pointed;

  /** The lines of the legend, one per class; none if no test image has a class. */
  private final List<String> classes;
  private final int[] colours;

  Panels(Sheet sheet, Dataset dataset) {
    this.sheet = sheet;
    axes = new Axes(sheet);
    plot = new CurvePlot(sheet);
    deaths = new DeathHistogram(sheet);
    samples = new DecodedSamples(sheet);
    pointed = new PointedPlace(sheet);
    Split test = dataset.test();
    List<String> names = new ArrayList<>();
    if (test.labels() != null) {
      names.addAll(dataset.classes());
    }
    if (test.labels() == null || test.classified() == test.count()) {
      colours = ClassColours.of(names.size());
    } else {
      colours = ClassColours.withNoClass(names.size());
      names.add("no class");
    }
    classes = List.copyOf(names);
  }

  /** How wide the panels beside the cloud are. */
  static double panelWidth(double width, double height) {
    return Math.min(Math.max(300, 0.34 * width), Math.max(120, width - 0.55 * height));
  }

  /** The number of the button at a place, or -1. */
  int button(double x, double y) {
    for (int i = 0; i < buttons.size(); i++) {
      double[] place = buttons.get(i);
      if (x >= place[0] && x < place[0] + place[2] && y >= place[1] && y < place[1] + place[3]) {
        return i;
      }
    }
    return -1;
  }

  /**
   * What lies behind the points: grid lines. To be called between {@code begin} and {@code end} of a sheet of its own.
   */
  void behind(State state, Camera camera, double width, double height) {
    axes.grid(state, camera, width, height);
  }

  /** Everything before the points; {@code width} and {@code height} of the whole picture. */
  void draw(State state, Camera camera, double width, double height) {
    double panel = panelWidth(width, height);
    double cloud = width - panel;
    sheet.clip(0, 0, cloud, height);
    axes.labels(state, camera, cloud, height);
    legend(height);
    pointer(state, camera);
    toolbar(state, height);
    sheet.unclip();
    notice(state, cloud, height);
    side(state, cloud, panel, height);
  }

  private void legend(double height) {
    int room = (int) Math.max(1, (height - 130) / LEGEND_LINE);
    int shown = classes.size() <= room ? classes.size() : room - 1;
    double widest = sheet.width("unit ball", Style.REGULAR, 12.5);
    for (int c = 0; c < shown; c++) {
      widest = Math.max(widest, Math.min(130, sheet.width(classes.get(c), Style.REGULAR, 12.5)));
    }
    int lines = shown + (shown < classes.size() ? 1 : 0) + 1;
    sheet.box(10, 10, widest + 40, lines * LEGEND_LINE + 12, 6, Colours.BACKGROUND, 0.82);
    double y = 26;
    for (int c = 0; c < shown; c++, y += LEGEND_LINE) {
      sheet.disc(23, y, 5, colours[c], 1);
      sheet.text(sheet.fitted(classes.get(c), Style.REGULAR, 12.5, 130), 35, y + 4.5, Anchor.LEFT, Style.REGULAR, 12.5,
          Colours.INK);
    }
    if (shown < classes.size()) {
      sheet.text("and " + (classes.size() - shown) + " more", 35, y + 4.5, Anchor.LEFT, Style.REGULAR, 12.5,
          Colours.FAINT);
      y += LEGEND_LINE;
    }
    sheet.circle(23, y, 5, 1.4, Colours.INK, 0.9);
    sheet.text("unit ball", 35, y + 4.5, Anchor.LEFT, Style.REGULAR, 12.5, Colours.INK);
  }

  private void pointer(State state, Camera camera) {
    if (state.pointer == null || state.now == null) {
      return;
    }
    if (state.pointer.embedding() >= 0) {
      int i = 3 * state.pointer.embedding();
      float[] positions = state.now.positions();
      double[] at = camera.pixel(positions[i], positions[i + 1], positions[i + 2]);
      if (state.mixture >= 1) {
        sheet.circle(at[0], at[1], 8, 2, Colours.INK, 1);
      }
    }
  }

  private void toolbar(State state, double height) {
    buttons.clear();
    double x = 12;
    // The labels of the axis are below.
    double y = height - 54;
    for (State.Button button : state.buttons) {
      double label = sheet.width(button.label(), Style.SEMIBOLD, 12);
      double key = sheet.width(button.key(), Style.REGULAR, 11);
      double width = label + key + 28;
      sheet.box(x, y, width, 26, 6, button.active() ? Colours.ACCENT : Colours.CARD, 0.95);
      sheet.frame(x + 0.5, y + 0.5, width - 1, 25, 6, 1, button.active() ? Colours.ACCENT : Colours.LINE, 1);
      sheet.text(button.label(), x + 10, y + 17.5, Anchor.LEFT, Style.SEMIBOLD, 12,
          button.active() ? Colours.BACKGROUND : Colours.INK);
      sheet.text(button.key(), x + width - 10, y + 17.5, Anchor.RIGHT, Style.REGULAR, 11,
          button.active() ? Colours.LINE : Colours.FAINT);
      buttons.add(new double[] {x, y, width, 26});
      x += width + 6;
    }
  }

  private void notice(State state, double width, double height) {
    if (state.noticeOpacity > 0 && !state.notice.isEmpty()) {
      String text = sheet.fitted(state.notice, Style.REGULAR, 13, width - 60);
      double wide = sheet.width(text, Style.REGULAR, 13) + 28;
      sheet.box((width - wide) / 2, height - 100, wide, 30, 8, Colours.INK, 0.85 * state.noticeOpacity);
      sheet.text(text, width / 2, height - 80.5, Anchor.CENTRE, Style.REGULAR, 13, Colours.BACKGROUND);
    }
  }

  private void side(State state, double left, double width, double height) {
    sheet.box(left, 0, width, height, 0, Colours.PANEL, 1);
    sheet.line(left + 0.5, 0, left + 0.5, height, 1, Colours.LINE, 1);
    double x = left + PAD;
    double inner = width - 2 * PAD;
    double y = heading(state, x, inner);
    double rest = height - y - PAD;
    List<TermKind<?>> terms = state.subject.config().objective().terms().stream().<TermKind<?>>map(Term::kind)
        .filter(kind -> !kind.equals(Reconstruction.KIND)).toList();
    int plots = 1 + terms.size();
    double pointer = state.interactive ? Math.max(84, Math.min(132, 0.17 * rest)) + GAP : 0;
    double histogram = Math.max(72, Math.min(130, 0.17 * rest));
    double least = plots * CurvePlot.LINE + (plots - 1) * PLOT_GAP;
    double generated =
        Math.min(Math.min(0.31 * rest, samples.height(state, inner)), rest - pointer - histogram - 2 * GAP - least);
    double curves = rest - pointer - generated - histogram - 2 * GAP;
    // Where there is no room for every curve, the last have their newest value only.
    double each = (curves - (plots - 1) * PLOT_GAP) / plots;
    int whole =
        each >= CurvePlot.LEAST ? plots : Math.max(0, (int) ((curves - least) / (CurvePlot.LEAST - CurvePlot.LINE)));
    if (whole > 0 && whole < plots) {
      each = CurvePlot.LINE + (curves - least) / whole;
    }
    Curves.Copy c = state.curves;
    double[] heights = new double[plots];
    for (int i = 0; i < plots; i++) {
      heights[i] = i < whole ? each : CurvePlot.LINE;
    }
    int next = 0;
    plot.draw(state, "reconstruction, " + state.subject.config().output().unit(), x, y, inner, heights[next],
        new double[][] {c.epochs(), c.testEpochs()},
        new double[][] {c.of(Reconstruction.KIND), c.testValues()}, new int[] {Colours.TRAIN, Colours.TEST},
        new String[] {"training", "test"});
    y += heights[next++] + PLOT_GAP;
    for (TermKind<?> kind : terms) {
      one(state, kind.caption(), x, y, inner, heights[next], c.of(kind), Colours.ofTerm(Terms.all().indexOf(kind)));
      y += heights[next++] + PLOT_GAP;
    }
    y += GAP - PLOT_GAP;
    deaths.draw(state, x, y, inner, histogram);
    y += histogram + GAP;
    samples.draw(state, x, y, inner, generated);
    y += generated + GAP;
    if (state.interactive) {
      pointed.draw(state, x, y, inner, pointer - GAP);
    }
  }

  private double heading(State state, double x, double width) {
    double size =
        Math.max(11.5, Math.min(15.5, 15.5 * width / sheet.width(state.subject.title(), Style.SEMIBOLD, 15.5)));
    sheet.text(sheet.fitted(state.subject.title(), Style.SEMIBOLD, size, width), x, 29, Anchor.LEFT, Style.SEMIBOLD,
        size, Colours.INK);
    sheet.text(sheet.fitted(state.subject.device(), Style.REGULAR, 11, width), x, 46, Anchor.LEFT, Style.REGULAR, 11,
        Colours.FAINT);
    int epochs = state.subject.config().epochs();
    int perEpoch = state.subject.stepsPerEpoch();
    long step = Math.max(state.now == null ? 0 : state.now.step(), state.interactive ? state.curves.step() : 0);
    double done = (double) step / perEpoch;
    String epoch =
        String.format(Locale.ROOT, "epoch %d of %d", Math.min(epochs, (int) Math.floor(done + 1e-9)), epochs);
    sheet.text(epoch, x, 70, Anchor.LEFT, Style.SEMIBOLD, 13, Colours.INK);
    String right = String.format(Locale.ROOT, "step %,d", step);
    if (!state.status.isEmpty()) {
      right += " \u00b7 " + state.status;
    } else if (Double.isFinite(state.stepsPerSecond)) {
      right += " \u00b7 " + Numbers.rate(state.stepsPerSecond) + " steps/s";
    }
    sheet.text(right, x + width, 70, Anchor.RIGHT, Style.REGULAR, 12, Colours.FAINT);
    sheet.box(x, 79, width, 4, 2, Colours.LINE, 1);
    sheet.box(x, 79, Math.max(4, width * Math.min(1, done / epochs)), 4, 2, Colours.ACCENT, 1);
    return 79 + 4 + GAP + 2;
  }

  private void one(State state, String title, double x, double y, double width, double height, double[] values,
      int colour) {
    plot.draw(state, title, x, y, width, height, new double[][] {state.curves.epochs()}, new double[][] {values},
        new int[] {colour}, new String[] {null});
  }
}
