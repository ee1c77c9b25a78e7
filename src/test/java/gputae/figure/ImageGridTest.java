package gputae.figure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gputae.data.Images;
import gputae.data.Shape;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageGridTest {

  @TempDir
  Path directory;

  @Test
  void everyPixelIsEnlargedInItsCell() throws IOException {
    // 5 images of 2 x 3 in 3 columns: each pixel is a square of 8 x 8, and lines are 4 wide.
    byte[] images = new byte[30];
    for (int i = 0; i < 30; i++) {
      images[i] = (byte) (i * 8);
    }
    BufferedImage grid = drawn(images, 5, 2, 3, 3);
    assertEquals(3 * (24 + 4) + 4, grid.getWidth());
    assertEquals(2 * (16 + 4) + 4, grid.getHeight());
    for (int n = 0; n < 5; n++) {
      for (int y = 0; y < 16; y++) {
        for (int x = 0; x < 24; x++) {
          int expected = images[n * 6 + y / 8 * 3 + x / 8] & 255;
          assertEquals(expected, grey(grid, 4 + n % 3 * 28 + x, 4 + n / 3 * 20 + y));
        }
      }
    }
    assertEquals(0x48, grey(grid, 0, 0));
    assertEquals(0x48, grey(grid, 4 + 24 + 1, 10));
    assertEquals(0x48, grey(grid, 4 + 2 * 28 + 5, 4 + 20 + 5), "the cell without an image");
  }

  @Test
  void ninetySixDigits() throws IOException {
    BufferedImage grid = drawn(new byte[96 * 784], 96, 28, 28, 12);
    assertEquals(12 * (84 + 1) + 1, grid.getWidth());
    assertEquals(8 * (84 + 1) + 1, grid.getHeight());
  }

  @Test
  void fewerImagesThanColumns() throws IOException {
    assertEquals(2 * (8 * 28 + 4) + 4, drawn(new byte[2 * 784], 2, 28, 28, 12).getWidth());
  }

  /** The channels of an image in colour are red, green and blue, one after the other. */
  @Test
  void coloursAreDrawn() throws IOException {
    // One image of 1 x 2: a red pixel and a blue-green one.
    Images images = new Images(new byte[] {(byte) 255, 0, 0, (byte) 200, 0, 100}, 1, new Shape.Image(3, 1, 2));
    Path png = directory.resolve("colour.png");
    ImageGrid.write(png, images, 1);
    BufferedImage grid = ImageIO.read(png.toFile());
    assertEquals(0xff0000, grid.getRGB(4 + 2, 6) & 0xffffff);
    assertEquals(0x00c864, grid.getRGB(4 + 8 + 2, 6) & 0xffffff);
    assertEquals(0x484848, grid.getRGB(0, 0) & 0xffffff);
    assertArrayEquals(new byte[] {(byte) 255, 0, 0, 0, (byte) 200, 100}, images.interleaved());
    assertArrayEquals(new byte[] {7, 8, 7, 8, 7, 8}, new Images(new byte[] {7, 8}, 1, 1, 2).inColour().pixels());
  }

  @Test
  void sizesThatDoNotFitAreRefused() {
    Path png = directory.resolve("x.png");
    assertThrows(IllegalArgumentException.class, () -> new Images(new byte[783], 1, 28, 28));
    assertThrows(IllegalArgumentException.class, () -> new Images(new byte[784], 0, 28, 28));
    assertThrows(IllegalArgumentException.class, () -> new Images(new byte[784], 100_000, 100_000, 100_000));
    assertThrows(IllegalArgumentException.class, () -> new Shape.Image(2, 28, 28));
    assertThrows(IllegalArgumentException.class, () -> ImageGrid.write(png, new Images(new byte[784], 1, 28, 28), 0));
  }

  private BufferedImage drawn(byte[] images, int count, int height, int width, int columns) throws IOException {
    Path png = directory.resolve("figures/generated.png");
    ImageGrid.write(png, new Images(images, count, height, width), columns);
    return ImageIO.read(png.toFile());
  }

  private static int grey(BufferedImage grid, int x, int y) {
    return grid.getRaster().getSample(x, y, 0);
  }
}
