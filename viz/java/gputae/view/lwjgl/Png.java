package gputae.view.lwjgl;

import gputae.files.WholeFile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Pictures as PNG files. */
final class Png {

  private Png() {}

  /** Writes a picture, 0xRRGGBB row by row; an existing file of this name is replaced when the new one is complete. */
  static void write(Path file, int[] rgb, int width, int height) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, width, height, rgb, 0, width);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(image, "png", bytes);
    WholeFile.write(file, bytes.toByteArray());
  }
}
