package gputae.view.lwjgl;

import gputae.data.Images;
import gputae.figure.ClassColours;
import gputae.figure.Ticks;
import gputae.model.Prior;
import gputae.objective.Reconstruction;
import gputae.objective.Term;
import gputae.objective.TermKind;
import gputae.objective.Terms;
import gputae.text.Numbers;
import gputae.train.ModelKind;
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

  /** Height of a card with a name and a value. */
  private static final double LINE_CARD = 26;

  /** Height from which on a curve can be read. */
  private static final double LEAST_PLOT = 58;

  private static final int BARS = 36;
  private static final double LEGEND_LINE = 18;
  private static final double LEAST_BETWEEN_LABELS = 13;

  /** Places of the buttons drawn last: x, y, width, height each. */
  private final List<double[]> buttons = new ArrayList<>();

  private final Sheet sheet;
  private Observation drawnGenerated;
  private State.Pointer drawnPointer;
  private int columns;

  Panels(Sheet sheet) {
    this.sheet = sheet;
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
    if (camera.orbits()) {
      return;
    }
    Axes axes = new Axes(camera, width, height);
    for (double x : axes.across.values()) {
      sheet.line(axes.px(x), 0, axes.px(x), height, 1, Colours.GRID, 1);
    }
    if (state.subject.config().latent() > 1) {
      for (double y : axes.up.values()) {
        sheet.line(0, axes.py(y), width, axes.py(y), 1, Colours.GRID, 1);
      }
    }
  }

  /** Everything before the points; {@code width} and {@code height} of the whole picture. */
  void draw(State state, Camera camera, double width, double height) {
    double panel = panelWidth(width, height);
    double cloud = width - panel;
    sheet.clip(0, 0, cloud, height);
    axisLabels(state, camera, cloud, height);
    legend(state, height);
    pointer(state, camera);
    toolbar(state, height);
    sheet.unclip();
    notice(state, cloud, height);
    side(state, cloud, panel, height);
  }

  /** Ticks of a flat view. */
  private static final class Axes {
    private final Camera camera;
    private final Ticks across;
    private final Ticks up;

    Axes(Camera camera, double width, double height) {
      this.camera = camera;
      double[] low = camera.at(0, height);
      double[] high = camera.at(width, 0);
      across = Ticks.of(low[0], high[0], (int) Math.max(2, width / 110));
      up = Ticks.of(low[1], high[1], (int) Math.max(2, height / 110));
    }

    double px(double x) {
      return camera.pixel(x, 0, 0)[0];
    }

    double py(double y) {
      return camera.pixel(0, y, 0)[1];
    }
  }

  private void axisLabels(State state, Camera camera, double width, double height) {
    Projection projection = state.now == null ? null : state.now.projection();
    int latent = state.subject.config().latent();
    if (!camera.orbits()) {
      Axes axes = new Axes(camera, width, height);
      for (int i = 0; i < axes.across.values().length; i++) {
        double x = axes.px(axes.across.values()[i]);
        if (x > 24 && x < width - 20) {
          sheet.text(axes.across.labels()[i], x, height - 8, Anchor.CENTRE, Style.REGULAR, 11, Colours.FAINT);
        }
      }
      if (latent > 1) {
        for (int i = 0; i < axes.up.values().length; i++) {
          double y = axes.py(axes.up.values()[i]);
          if (y > 16 && y < height - 30) {
            sheet.text(axes.up.labels()[i], width - 8, y - 4, Anchor.RIGHT, Style.REGULAR, 11, Colours.FAINT);
          }
        }
      }
      return;
    }
    // Named at their ends, a little outside the ball.
    for (int axis = 0; axis < 3; axis++) {
      double[] end = new double[3];
      end[axis] = 1.13;
      double[] from = camera.pixel(axis == 0 ? 1 : 0, axis == 1 ? 1 : 0, axis == 2 ? 1 : 0);
      double[] to = camera.pixel(end[0], end[1], end[2]);
      if (Double.isFinite(from[0] + to[0])) {
        sheet.line(from[0], from[1], to[0], to[1], 1.2, Colours.FAINT, 0.8);
        String name = projection == null || projection.identity() ? "z" + (axis + 1)
            : format("%d (%.0f %%)", axis + 1, 100 * projection.share(axis));
        sheet.text(name, to[0], to[1] - 5, Anchor.CENTRE, Style.SEMIBOLD, 12, Colours.FAINT);
      }
    }
    if (projection != null && !projection.identity()) {
      sheet.text(
          format("%d latent dimensions seen along their principal components: %.0f %% of the variance", latent,
              100 * projection.share()),
          12,
          height - (state.interactive ? 64 : 10), Anchor.LEFT, Style.REGULAR, 11.5, Colours.FAINT);
    }
  }

  private void legend(State state, double height) {
    List<String> classes =
        state.subject.dataset().test().labels() == null ? List.of() : state.subject.dataset().classes();
    int[] colours = ClassColours.of(Math.max(1, classes.size()));
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
    double least = plots * LINE_CARD + (plots - 1) * PLOT_GAP;
    double generated =
        Math.min(Math.min(0.31 * rest, generatedHeight(state, inner)), rest - pointer - histogram - 2 * GAP - least);
    double curves = rest - pointer - generated - histogram - 2 * GAP;
    // Where there is no room for every curve, the last have their newest value only.
    double each = (curves - (plots - 1) * PLOT_GAP) / plots;
    int whole = each >= LEAST_PLOT ? plots : Math.max(0, (int) ((curves - least) / (LEAST_PLOT - LINE_CARD)));
    if (whole > 0 && whole < plots) {
      each = LINE_CARD + (curves - least) / whole;
    }
    Curves.Copy c = state.curves;
    double[] heights = new double[plots];
    for (int i = 0; i < plots; i++) {
      heights[i] = i < whole ? each : LINE_CARD;
    }
    int next = 0;
    plot(state, "reconstruction, nats per pixel", x, y, inner, heights[next],
        new double[][] {c.epochs(), c.testEpochs()},
        new double[][] {c.of(Reconstruction.KIND), c.testValues()}, new int[] {Colours.TRAIN, Colours.TEST},
        new String[] {"training", "test"});
    y += heights[next++] + PLOT_GAP;
    for (TermKind<?> kind : terms) {
      one(state, kind.caption(), x, y, inner, heights[next], c.of(kind), Colours.ofTerm(Terms.all().indexOf(kind)));
      y += heights[next++] + PLOT_GAP;
    }
    y += GAP - PLOT_GAP;
    histogram(state, x, y, inner, histogram);
    y += histogram + GAP;
    generated(state, x, y, inner, generated);
    y += generated + GAP;
    if (state.interactive) {
      pointed(state, x, y, inner, pointer - GAP);
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
    String epoch = format("epoch %d of %d", Math.min(epochs, (int) Math.floor(done + 1e-9)), epochs);
    sheet.text(epoch, x, 70, Anchor.LEFT, Style.SEMIBOLD, 13, Colours.INK);
    String right = format("step %,d", step);
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

  private void card(double x, double y, double width, double height) {
    sheet.box(x, y, width, height, 5, Colours.CARD, 1);
    sheet.frame(x + 0.5, y + 0.5, width - 1, height - 1, 5, 1, Colours.LINE, 1);
  }

  private void one(State state, String title, double x, double y, double width, double height, double[] values,
      int colour) {
    plot(state, title, x, y, width, height, new double[][] {state.curves.epochs()}, new double[][] {values},
        new int[] {colour}, new String[] {null});
  }

  /** Curves over epochs; the newest value of each beside the title. */
  private void plot(State state, String title, double x, double y, double width, double height, double[][] epochs,
      double[][] values, int[] colours,
      String[] names) {
    card(x, y, width, height);
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

  /** The death times of the next batch, in the colours of its tree's edges. */
  private void histogram(State state, double x, double y, double width, double height) {
    card(x, y, width, height);
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
    String text = format("%d edges, longest %s", deaths.length, Numbers.threeDigits(longest));
    double room = width - 24 - sheet.width("death times of the next batch (H\u2080)", Style.SEMIBOLD, 11.5);
    if (sheet.width(text, Style.REGULAR, 11) > room) {
      text = format("%d edges", deaths.length);
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

  private double generatedHeight(State state, double width) {
    Images images = state.subject.dataset().test().images();
    double tile = (width - 18) / 10;
    return 26 + 4 * tile * images.height() / images.width() + 9;
  }

  private void generated(State state, double x, double y, double width, double height) {
    card(x, y, width, height);
    ModelKind kind = state.subject.config().model();
    sheet.text(
        kind.prior() == Prior.UNIFORM_BALL ? "decoded samples of the unit ball"
            : "decoded samples of the standard normal",
        x + 9, y + 17, Anchor.LEFT, Style.SEMIBOLD, 11.5,
        Colours.INK);
    if (state.now == null) {
      return;
    }
    Images images = state.subject.dataset().test().images();
    double roomX = width - 18;
    double roomY = height - 26 - 9;
    // As many columns as make the images largest.
    int best = 1;
    double size = 0;
    for (int wide = 1; wide <= Observation.GENERATED; wide++) {
      int high = (Observation.GENERATED + wide - 1) / wide;
      double scale = Math.min(roomX / wide / images.width(), roomY / high / images.height());
      if (scale > size) {
        size = scale;
        best = wide;
      }
    }
    if (state.now != drawnGenerated || best != columns) {
      drawnGenerated = state.now;
      columns = best;
      int rows = (Observation.GENERATED + best - 1) / best;
      sheet.image("generated", tiled(state.now.generated(), images, best, rows), best * images.width(),
          rows * images.height());
    }
    int rows = (Observation.GENERATED + best - 1) / best;
    double w = best * images.width() * size;
    sheet.draw("generated", x + 9 + (roomX - w) / 2, y + 26, w, rows * images.height() * size);
  }

  private static byte[] tiled(byte[] pixels, Images images, int columns, int rows) {
    int h = images.height();
    int w = images.width();
    byte[] tiled = new byte[columns * w * rows * h];
    for (int i = 0; i < Observation.GENERATED; i++) {
      for (int r = 0; r < h; r++) {
        System.arraycopy(pixels, (i * h + r) * w, tiled, (i / columns * h + r) * columns * w + i % columns * w, w);
      }
    }
    return tiled;
  }

  /** What the mouse points at: an embedding's image and its reconstruction, or what the model makes of the place. */
  private void pointed(State state, double x, double y, double width, double height) {
    card(x, y, width, height);
    State.Pointer pointer = state.pointer;
    if (pointer == null) {
      sheet.text("point at the cloud to decode any place in it", x + 12, y + height / 2 + 4, Anchor.LEFT, Style.REGULAR,
          12, Colours.FAINT);
      return;
    }
    Images images = state.subject.dataset().test().images();
    if (pointer != drawnPointer) {
      drawnPointer = pointer;
      if (pointer.decoded() != null) {
        sheet.image("decoded", pointer.decoded(), images.width(), images.height());
      }
      if (pointer.embedding() >= 0) {
        byte[] input = new byte[images.pixelsPerImage()];
        System.arraycopy(images.pixels(), pointer.embedding() * images.pixelsPerImage(), input, 0, input.length);
        sheet.image("input", input, images.width(), images.height());
      }
    }
    double tileHeight = height - 30;
    double tileWidth = Math.min(tileHeight * images.width() / images.height(), (width - 40) / 3);
    tileHeight = tileWidth * images.height() / images.width();
    double at = x + 10;
    if (pointer.embedding() >= 0) {
      tile("input", "input", at, y + 9, tileWidth, tileHeight);
      at += tileWidth + 8;
    }
    tile("decoded", pointer.embedding() >= 0 ? "reconstruction" : "decoded", at, y + 9, tileWidth, tileHeight);
    at += tileWidth + 12;
    double room = x + width - 10 - at;
    double line = y + 24;
    byte[] labels = state.subject.dataset().test().labels();
    if (pointer.embedding() >= 0) {
      String label = labels == null ? "test image " + pointer.embedding()
          : state.subject.dataset().classes().get(labels[pointer.embedding()] & 0xff);
      sheet.text(sheet.fitted(label, Style.SEMIBOLD, 14, room), at, line, Anchor.LEFT, Style.SEMIBOLD, 14, Colours.INK);
      if (labels != null) {
        line += 17;
        sheet.text(sheet.fitted("test image " + pointer.embedding(), Style.REGULAR, 11, room), at, line, Anchor.LEFT,
            Style.REGULAR, 11, Colours.FAINT);
      }
      line += 17;
    }
    StringBuilder z = new StringBuilder("z = (");
    double square = 0;
    for (int i = 0; i < pointer.z().length; i++) {
      z.append(i == 0 ? "" : ", ").append(format("%.2f", pointer.z()[i]).replace('-', '\u2212'));
      square += (double) pointer.z()[i] * pointer.z()[i];
    }
    sheet.text(sheet.fitted(z.append(')').toString(), Style.REGULAR, 11, room), at, line, Anchor.LEFT, Style.REGULAR,
        11, Colours.FAINT);
    sheet.text(sheet.fitted(format("|z| = %.2f", Math.sqrt(square)), Style.REGULAR, 11, room), at, line + 15,
        Anchor.LEFT, Style.REGULAR, 11, Colours.FAINT);
  }

  private void tile(String image, String name, double x, double y, double width, double height) {
    sheet.box(x, y, width, height, 0, Colours.GRID, 1);
    sheet.draw(image, x, y, width, height);
    sheet.text(name, x + width / 2, y + height + 13, Anchor.CENTRE, Style.REGULAR, 10, Colours.FAINT);
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
