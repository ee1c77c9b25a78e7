package gputae.view.lwjgl;

import gputae.figure.Ticks;
import gputae.view.lwjgl.Sheet.Anchor;
import gputae.view.lwjgl.Sheet.Style;
import java.util.Locale;

/** Grid lines and labels of the axes along which the cloud is seen. */
final class Axes {

  private final Sheet sheet;

  Axes(Sheet sheet) {
    this.sheet = sheet;
  }

  /** Lines behind the cloud; none where it is seen in depth. */
  void grid(State state, Camera camera, double width, double height) {
    if (camera.orbits()) {
      return;
    }
    FlatTicks ticks = new FlatTicks(camera, width, height);
    for (double x : ticks.across.values()) {
      sheet.line(ticks.px(x), 0, ticks.px(x), height, 1, Colours.GRID, 1);
    }
    if (state.subject.config().latent() > 1) {
      for (double y : ticks.up.values()) {
        sheet.line(0, ticks.py(y), width, ticks.py(y), 1, Colours.GRID, 1);
      }
    }
  }

  /** Numbers at the edges of a flat cloud; names at the ends of axes that are seen in depth. */
  void labels(State state, Camera camera, double width, double height) {
    Projection projection = state.now == null ? null : state.now.projection();
    int latent = state.subject.config().latent();
    if (!camera.orbits()) {
      FlatTicks ticks = new FlatTicks(camera, width, height);
      for (int i = 0; i < ticks.across.values().length; i++) {
        double x = ticks.px(ticks.across.values()[i]);
        if (x > 24 && x < width - 20) {
          sheet.text(ticks.across.labels()[i], x, height - 8, Anchor.CENTRE, Style.REGULAR, 11, Colours.FAINT);
        }
      }
      if (latent > 1) {
        for (int i = 0; i < ticks.up.values().length; i++) {
          double y = ticks.py(ticks.up.values()[i]);
          if (y > 16 && y < height - 30) {
            sheet.text(ticks.up.labels()[i], width - 8, y - 4, Anchor.RIGHT, Style.REGULAR, 11, Colours.FAINT);
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
            : String.format(Locale.ROOT, "%d (%.0f %%)", axis + 1, 100 * projection.share(axis));
        sheet.text(name, to[0], to[1] - 5, Anchor.CENTRE, Style.SEMIBOLD, 12, Colours.FAINT);
      }
    }
    if (projection != null && !projection.identity()) {
      sheet.text(
          String.format(Locale.ROOT,
              "%d latent dimensions seen along their principal components: %.0f %% of the variance", latent,
              100 * projection.share()),
          12,
          height - (state.interactive ? 64 : 10), Anchor.LEFT, Style.REGULAR, 11.5, Colours.FAINT);
    }
  }

  /** Ticks of a flat view. */
  private static final class FlatTicks {
    private final Camera camera;
    private final Ticks across;
    private final Ticks up;

    FlatTicks(Camera camera, double width, double height) {
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
}
