package gputae.figure;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * A white sheet measured in points. It is drawn with {@link #SCALE} pixels per point, so that it stays sharp in print
 * and on high-resolution screens; y grows downwards.
 */
final class Canvas {

  /** Pixels per point. */
  static final int SCALE = 2;

  static final Color INK = new Color(0x222222);
  static final Color FAINT_INK = new Color(0x666666);
  static final Color GRID = new Color(0xececec);
  static final Color FRAME = new Color(0x9a9a9a);

  private final BufferedImage image;
  final Graphics2D graphics;

  /** A sheet of the given size in points. */
  Canvas(int width, int height) {
    image = new BufferedImage(width * SCALE, height * SCALE, BufferedImage.TYPE_INT_RGB);
    graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    // Otherwise glyphs are placed on whole points, which gives uneven spacing at two pixels per point.
    graphics.setRenderingHint(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
    graphics.scale(SCALE, SCALE);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, width, height);
  }

  /** Pixels per row of {@link #pixels()}. */
  int stride() {
    return image.getWidth();
  }

  /** The pixel array itself, 0xRRGGBB, row-major: [height * SCALE, width * SCALE]. */
  int[] pixels() {
    return ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
  }

  static Font font(int style, double size) {
    return new Font(Font.SANS_SERIF, style, 1).deriveFont((float) size);
  }

  double textWidth(String text, Font font) {
    return font.getStringBounds(text, graphics.getFontRenderContext()).getWidth();
  }

  /** Text whose baseline starts at x (align 0), is centred on x (0.5) or ends at x (1). */
  void text(String text, double x, double y, double align, Font font, Color colour) {
    graphics.setFont(font);
    graphics.setColor(colour);
    graphics.drawString(text, (float) (x - align * textWidth(text, font)), (float) y);
  }

  /** Text read from bottom to top, centred on (x, y). */
  void verticalText(String text, double x, double y, Font font, Color colour) {
    AffineTransform before = graphics.getTransform();
    graphics.rotate(-Math.PI / 2, x, y);
    text(text, x, y, 0.5, font, colour);
    graphics.setTransform(before);
  }

  /** Text centred on (x, y) with a white rim, readable on top of dots. */
  void haloText(String text, double x, double y, Font font, Color colour) {
    Shape outline = font.createGlyphVector(graphics.getFontRenderContext(), text).getOutline();
    Rectangle2D box = outline.getBounds2D();
    AffineTransform before = graphics.getTransform();
    graphics.translate(x - box.getCenterX(), y - box.getCenterY());
    graphics.setColor(new Color(255, 255, 255, 215));
    graphics.setStroke(new BasicStroke(3.2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    graphics.draw(outline);
    graphics.setColor(colour);
    graphics.fill(outline);
    graphics.setTransform(before);
  }

  /** The text, shortened with an ellipsis if it is wider than {@code width} points. */
  String fitted(String text, Font font, double width) {
    if (textWidth(text, font) <= width) {
      return text;
    }
    int end = text.length();
    while (end > 0 && textWidth(text.substring(0, end).stripTrailing() + "\u2026", font) > width) {
      end = text.offsetByCodePoints(end, -1);
    }
    return text.substring(0, end).stripTrailing() + "\u2026";
  }

  byte[] png() throws IOException {
    graphics.dispose();
    return png(image);
  }

  /**
   * Encodes in memory, since ImageIO would otherwise write a cache file to the temporary directory for every picture.
   */
  static byte[] png(BufferedImage image) throws IOException {
    Iterator<ImageWriter> writers = ImageIO.getImageWritersByFormatName("png");
    ImageWriter writer = writers.next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.write(image);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }
}
