package gputae.figure;

import gputae.data.Images;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** Many small images as one picture: the paper's figures 4, 5 and 7. */
public final class ImageGrid {

  /**
   * The approximate maximum width of the picture in pixels; images are enlarged by the largest integer factor that
   * stays below it.
   */
  private static final int GOOD_WIDTH = 1200;
  private static final int LARGEST_FACTOR = 8;
  /** Dark grey, so that images are separated without white lines that compete with the white strokes. */
  private static final byte SEPARATOR = (byte) 0x48;

  private ImageGrid() {}

  /**
   * Writes the images row by row, {@code columns} per row, enlarged by an integer factor without smoothing, with thin
   * lines between them. Unused cells of the last row have the colour of the lines.
   *
   * @param png     the file, replaced if it exists; missing directories are made
   * @param columns images per row, at least 1; if there are fewer images, the picture is narrower
   * @throws IllegalArgumentException if there are no columns
   * @throws FigureException          if this Java has no graphics
   * @throws IOException              if the file cannot be written
   */
  public static void write(Path png, Images images, int columns) throws IOException {
    if (columns < 1) {
      throw new IllegalArgumentException("columns must be at least 1: " + columns);
    }
    Figures.write(png, () -> draw(images, Math.min(columns, images.count())));
  }

  private static byte[] draw(Images images, int columns) throws IOException {
    int count = images.count();
    int height = images.height();
    int width = images.width();
    int channels = images.shape().channels();
    byte[] values = images.interleaved();
    int factor = Math.max(1, Math.min(LARGEST_FACTOR, GOOD_WIDTH / (columns * width)));
    int line = Math.max(1, factor / 2);
    int rows = (count + columns - 1) / columns;
    int cellWidth = width * factor + line;
    int cellHeight = height * factor + line;
    long pixels = ((long) columns * cellWidth + line) * ((long) rows * cellHeight + line);
    if (pixels > Integer.MAX_VALUE - 64) {
      throw new IllegalArgumentException("a grid of " + rows + " x " + columns + " images of " + height + " x " + width
          + " is too large for one picture");
    }
    BufferedImage grid = new BufferedImage(columns * cellWidth + line, rows * cellHeight + line,
        channels == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR);
    // Bytes are written directly, since painting into a grey picture would convert between linear and sRGB greys.
    byte[] target = ((DataBufferByte) grid.getRaster().getDataBuffer()).getData();
    Arrays.fill(target, SEPARATOR);
    for (int n = 0; n < count; n++) {
      int top = line + n / columns * cellHeight;
      int left = line + n % columns * cellWidth;
      for (int y = 0; y < height * factor; y++) {
        int source = (n * height + y / factor) * width;
        int row = (top + y) * grid.getWidth() + left;
        for (int x = 0; x < width * factor; x++) {
          for (int c = 0; c < channels; c++) {
            // The picture has blue first.
            target[(row + x) * channels + channels - 1 - c] = values[(source + x / factor) * channels + c];
          }
        }
      }
    }
    return Canvas.png(grid);
  }
}
