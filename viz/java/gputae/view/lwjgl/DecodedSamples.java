package gputae.view.lwjgl;

import gputae.figure.SamplePictures;
import gputae.model.Prior;
import gputae.train.ModelKind;
import gputae.view.lwjgl.Sheet.Anchor;
import gputae.view.lwjgl.Sheet.Style;

/** A panel with images that the model makes of samples of its prior. */
final class DecodedSamples {

  private final Sheet sheet;

  /** What the image in the sheet shows, and in how many columns. */
  private Observation drawn;

  private int columns;

  DecodedSamples(Sheet sheet) {
    this.sheet = sheet;
  }

  /** How high a panel of that width with four rows of images is. */
  double height(State state, double width) {
    SamplePictures images = state.pictures;
    double tile = (width - 18) / 10;
    return 26 + 4 * tile * images.height() / images.width() + 9;
  }

  void draw(State state, double x, double y, double width, double height) {
    sheet.card(x, y, width, height);
    ModelKind kind = state.subject.config().model();
    sheet.text(
        kind.prior() == Prior.UNIFORM_BALL ? "decoded samples of the unit ball"
            : "decoded samples of the standard normal",
        x + 9, y + 17, Anchor.LEFT, Style.SEMIBOLD, 11.5,
        Colours.INK);
    if (state.now == null) {
      return;
    }
    SamplePictures images = state.pictures;
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
    if (state.now != drawn || best != columns) {
      drawn = state.now;
      columns = best;
      int rows = (Observation.GENERATED + best - 1) / best;
      sheet.image("generated", tiled(state.now.generated(), images, best, rows), best * images.width(),
          rows * images.height());
    }
    int rows = (Observation.GENERATED + best - 1) / best;
    double w = best * images.width() * size;
    sheet.draw("generated", x + 9 + (roomX - w) / 2, y + 26, w, rows * images.height() * size);
  }

  private static byte[] tiled(byte[] pixels, SamplePictures images, int columns, int rows) {
    int h = images.height();
    // Bytes of a row.
    int w = images.width() * images.channels();
    byte[] tiled = new byte[columns * w * rows * h];
    for (int i = 0; i < Observation.GENERATED; i++) {
      for (int r = 0; r < h; r++) {
        System.arraycopy(pixels, (i * h + r) * w, tiled, (i / columns * h + r) * columns * w + i % columns * w, w);
      }
    }
    return tiled;
  }
}
