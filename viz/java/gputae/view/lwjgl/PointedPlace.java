package gputae.view.lwjgl;

import gputae.data.Images;
import gputae.data.Samples;
import gputae.data.Split;
import gputae.figure.SamplePictures;
import gputae.view.lwjgl.Sheet.Anchor;
import gputae.view.lwjgl.Sheet.Style;
import java.util.Locale;

/**
 * A panel with what the mouse points at: an embedding's image and its reconstruction, or what the model makes of
 * the place.
 */
final class PointedPlace {

  private final Sheet sheet;

  /** What the images in the sheet show. */
  private State.Pointer drawn;

  PointedPlace(Sheet sheet) {
    this.sheet = sheet;
  }

  void draw(State state, double x, double y, double width, double height) {
    sheet.card(x, y, width, height);
    State.Pointer pointer = state.pointer;
    if (pointer == null) {
      sheet.text("point at the cloud to decode any place in it", x + 12, y + height / 2 + 4, Anchor.LEFT, Style.REGULAR,
          12, Colours.FAINT);
      return;
    }
    SamplePictures images = state.pictures;
    if (pointer != drawn) {
      drawn = pointer;
      if (pointer.decoded() != null) {
        sheet.image("decoded", pointer.decoded(), images.width(), images.height());
      }
      if (pointer.embedding() >= 0) {
        Samples input = state.subject.dataset().test().samples().take(pointer.embedding());
        sheet.image("input", images.of(input), images.width(), images.height());
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
    Split test = state.subject.dataset().test();
    byte[] labels = test.labels();
    String noun = test.samples() instanceof Images ? "image" : "vector";
    if (pointer.embedding() >= 0) {
      String label = labels == null ? "test " + noun + " " + pointer.embedding()
          : test.hasClass(pointer.embedding())
              ? state.subject.dataset().classes().get(test.classOf(pointer.embedding()))
          : "no class";
      sheet.text(sheet.fitted(label, Style.SEMIBOLD, 14, room), at, line, Anchor.LEFT, Style.SEMIBOLD, 14, Colours.INK);
      if (labels != null) {
        line += 17;
        sheet.text(sheet.fitted("test " + noun + " " + pointer.embedding(), Style.REGULAR, 11, room), at, line,
            Anchor.LEFT,
            Style.REGULAR, 11, Colours.FAINT);
      }
      line += 17;
    }
    StringBuilder z = new StringBuilder("z = (");
    double square = 0;
    for (int i = 0; i < pointer.z().length; i++) {
      z.append(i == 0 ? "" : ", ").append(String.format(Locale.ROOT, "%.2f", pointer.z()[i]).replace('-', '\u2212'));
      square += (double) pointer.z()[i] * pointer.z()[i];
    }
    sheet.text(sheet.fitted(z.append(')').toString(), Style.REGULAR, 11, room), at, line, Anchor.LEFT, Style.REGULAR,
        11, Colours.FAINT);
    sheet.text(sheet.fitted(String.format(Locale.ROOT, "|z| = %.2f", Math.sqrt(square)), Style.REGULAR, 11, room), at,
        line + 15,
        Anchor.LEFT, Style.REGULAR, 11, Colours.FAINT);
  }

  private void tile(String image, String name, double x, double y, double width, double height) {
    sheet.box(x, y, width, height, 0, Colours.GRID, 1);
    sheet.draw(image, x, y, width, height);
    sheet.text(name, x + width / 2, y + height + 13, Anchor.CENTRE, Style.REGULAR, 10, Colours.FAINT);
  }
}
