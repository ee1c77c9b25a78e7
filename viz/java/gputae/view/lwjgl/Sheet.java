package gputae.view.lwjgl;

import static org.lwjgl.nanovg.NanoVG.*;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.lwjgl.nanovg.NVGColor;
import org.lwjgl.nanovg.NVGPaint;
import org.lwjgl.nanovg.NanoVGGL3;
import org.lwjgl.system.MemoryUtil;

/**
 * Text, lines, boxes and grey images on top of the OpenGL picture, drawn by NanoVG. Lengths are in points, y grows down
 * from the top; colours are 0xRRGGBB with an opacity in [0, 1].
 */
final class Sheet implements AutoCloseable {

  /** The position of a text relative to its given point. */
  enum Anchor {
    LEFT(NVG_ALIGN_LEFT),
    CENTRE(NVG_ALIGN_CENTER),
    RIGHT(NVG_ALIGN_RIGHT);

    private final int align;

    Anchor(int align) {
      this.align = align;
    }
  }

  /** The styles of the font Inter in the jar. */
  enum Style {
    REGULAR("Inter-Regular.otf"),
    SEMIBOLD("Inter-SemiBold.otf");

    private final String file;

    Style(String file) {
      this.file = file;
    }
  }

  private final long context;
  private final ByteBuffer[] fonts = new ByteBuffer[Style.values().length];
  private final NVGColor colour = NVGColor.malloc();
  private final NVGPaint paint = NVGPaint.malloc();
  private final float[] bounds = new float[4];

  /** Images by name, with their sizes. */
  private final Map<String, int[]> images = new HashMap<>();

  /** Texts drawn since {@link #begin}, for tests. */
  private final StringBuilder drawn = new StringBuilder();

  Sheet() {
    context = NanoVGGL3.nvgCreate(NanoVGGL3.NVG_ANTIALIAS | NanoVGGL3.NVG_STENCIL_STROKES);
    if (context == 0) {
      throw new IllegalStateException("NanoVG cannot start on this OpenGL");
    }
    for (Style style : Style.values()) {
      ByteBuffer font = font(style.file);
      fonts[style.ordinal()] = font;
      if (nvgCreateFontMem(context, style.file, font, false) < 0) {
        throw new IllegalStateException("the font " + style.file + " cannot be read");
      }
    }
    Gl.check("NanoVG's start");
  }

  private static ByteBuffer font(String file) {
    String path = "/com/formdev/flatlaf/fonts/inter/" + file;
    try (InputStream in = Sheet.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException("this jar does not hold " + path);
      }
      byte[] bytes = in.readAllBytes();
      return MemoryUtil.memAlloc(bytes.length).put(bytes).flip();
    } catch (IOException e) {
      throw new IllegalStateException("cannot read " + path + " in the jar: " + e.getMessage(), e);
    }
  }

  /** @param ratio pixels per point */
  void begin(double width, double height, double ratio) {
    drawn.setLength(0);
    nvgBeginFrame(context, (float) width, (float) height, (float) ratio);
  }

  void end() {
    nvgEndFrame(context);
    Gl.check("the panels");
  }

  /** The texts of the last frame, one per line. */
  String texts() {
    return drawn.toString();
  }

  private NVGColor colour(int rgb, double opacity) {
    return nvgRGBA((byte) (rgb >> 16), (byte) (rgb >> 8), (byte) rgb,
        (byte) Math.round(255 * Math.max(0, Math.min(1, opacity))), colour);
  }

  private void style(Style style, double size, Anchor anchor) {
    nvgFontFace(context, style.file);
    nvgFontSize(context, (float) size);
    nvgTextAlign(context, anchor.align | NVG_ALIGN_BASELINE);
  }

  /** Draws one line with its baseline at y. */
  void text(String text, double x, double y, Anchor anchor, Style style, double size, int rgb) {
    style(style, size, anchor);
    nvgFillColor(context, colour(rgb, 1));
    nvgText(context, (float) x, (float) y, text);
    drawn.append(text).append('\n');
  }

  double width(String text, Style style, double size) {
    style(style, size, Anchor.LEFT);
    return nvgTextBounds(context, 0, 0, text, bounds);
  }

  /** The text, shortened with an ellipsis if it is wider than {@code width}. */
  String fitted(String text, Style style, double size, double width) {
    if (width(text, style, size) <= width) {
      return text;
    }
    int end = text.length();
    while (end > 1 && width(text.substring(0, end).stripTrailing() + "\u2026", style, size) > width) {
      end--;
    }
    return text.substring(0, end).stripTrailing() + "\u2026";
  }

  void box(double x, double y, double width, double height, double radius, int rgb, double opacity) {
    nvgBeginPath(context);
    nvgRoundedRect(context, (float) x, (float) y, (float) width, (float) height, (float) radius);
    nvgFillColor(context, colour(rgb, opacity));
    nvgFill(context);
  }

  void frame(double x, double y, double width, double height, double radius, double weight, int rgb, double opacity) {
    nvgBeginPath(context);
    nvgRoundedRect(context, (float) x, (float) y, (float) width, (float) height, (float) radius);
    stroke(weight, rgb, opacity);
  }

  /** The background and the frame of a panel. */
  void card(double x, double y, double width, double height) {
    box(x, y, width, height, 5, Colours.CARD, 1);
    frame(x + 0.5, y + 0.5, width - 1, height - 1, 5, 1, Colours.LINE, 1);
  }

  void disc(double x, double y, double radius, int rgb, double opacity) {
    nvgBeginPath(context);
    nvgCircle(context, (float) x, (float) y, (float) radius);
    nvgFillColor(context, colour(rgb, opacity));
    nvgFill(context);
  }

  void circle(double x, double y, double radius, double weight, int rgb, double opacity) {
    nvgBeginPath(context);
    nvgCircle(context, (float) x, (float) y, (float) radius);
    stroke(weight, rgb, opacity);
  }

  void line(double x0, double y0, double x1, double y1, double weight, int rgb, double opacity) {
    nvgBeginPath(context);
    nvgMoveTo(context, (float) x0, (float) y0);
    nvgLineTo(context, (float) x1, (float) y1);
    stroke(weight, rgb, opacity);
  }

  /** Draws a line through points; a point that is not finite leaves a gap. */
  void curve(double[] x, double[] y, double weight, int rgb, double opacity) {
    nvgBeginPath(context);
    boolean pen = false;
    for (int i = 0; i < x.length; i++) {
      if (!Double.isFinite(x[i]) || !Double.isFinite(y[i])) {
        pen = false;
      } else if (pen) {
        nvgLineTo(context, (float) x[i], (float) y[i]);
      } else {
        nvgMoveTo(context, (float) x[i], (float) y[i]);
        pen = true;
      }
    }
    nvgLineJoin(context, NVG_ROUND);
    stroke(weight, rgb, opacity);
  }

  private void stroke(double weight, int rgb, double opacity) {
    nvgStrokeColor(context, colour(rgb, opacity));
    nvgStrokeWidth(context, (float) weight);
    nvgStroke(context);
  }

  void clip(double x, double y, double width, double height) {
    nvgScissor(context, (float) x, (float) y, (float) width, (float) height);
  }

  void unclip() {
    nvgResetScissor(context);
  }

  /** Gives the named image new content: uint8 [height, width], grey, or [height, width, 3], red, green, blue. */
  void image(String name, byte[] values, int width, int height) {
    ByteBuffer rgba = MemoryUtil.memAlloc(4 * width * height);
    int channels = values.length / (width * height);
    for (int i = 0; i < width * height; i++) {
      for (int c = 0; c < 3; c++) {
        rgba.put(values[channels == 1 ? i : channels * i + c]);
      }
      rgba.put((byte) 255);
    }
    rgba.flip();
    int[] known = images.get(name);
    if (known != null && known[1] == width && known[2] == height) {
      nvgUpdateImage(context, known[0], rgba);
    } else {
      if (known != null) {
        nvgDeleteImage(context, known[0]);
      }
      images.put(name, new int[] {nvgCreateImageRGBA(context, width, height, NVG_IMAGE_NEAREST, rgba), width, height});
    }
    MemoryUtil.memFree(rgba);
  }

  /** Draws the named image, if it has content. */
  void draw(String name, double x, double y, double width, double height) {
    int[] known = images.get(name);
    if (known != null) {
      nvgImagePattern(context, (float) x, (float) y, (float) width, (float) height, 0, known[0], 1, paint);
      nvgBeginPath(context);
      nvgRect(context, (float) x, (float) y, (float) width, (float) height);
      nvgFillPaint(context, paint);
      nvgFill(context);
    }
  }

  @Override
  public void close() {
    NanoVGGL3.nvgDelete(context);
    for (ByteBuffer font : fonts) {
      MemoryUtil.memFree(font);
    }
    colour.free();
    paint.free();
  }
}
