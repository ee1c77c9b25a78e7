package gputae.figure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.data.Images;
import gputae.data.Shape;
import gputae.data.Vectors;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VectorFigureTest {

  @TempDir
  Path directory;

  private static Vectors normal(int count, int features, double mean) {
    Random random = new Random(features);
    float[] values = new float[count * features];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (mean + random.nextGaussian());
    }
    return Shape.Features.numbered(features).samples(values);
  }

  private BufferedImage drawn(Vectors real, byte[] labels, Vectors generated) throws IOException {
    Path png = directory.resolve("new/vectors.png");
    VectorFigure.write(png, real, labels, List.of("a", "b"), generated, "value");
    return ImageIO.read(png.toFile());
  }

  /** Number of pixels in a part of the picture that are nearer to a colour than to white. */
  private static int coloured(BufferedImage image, int left, int right, int top, int bottom, int colour) {
    int count = 0;
    for (int y = top; y < bottom; y++) {
      for (int x = left; x < right; x++) {
        int rgb = image.getRGB(x, y);
        int distance = 0;
        for (int shift = 0; shift <= 16; shift += 8) {
          distance += Math.abs((rgb >> shift & 255) - (colour >> shift & 255));
        }
        count += distance < 60 ? 1 : 0;
      }
    }
    return count;
  }

  private static final int GENERATED = 0xe76300;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 14, 15, 200})
  void bothCloudsAreShown(int features) throws IOException {
    BufferedImage image = drawn(normal(300, features, 0), null, normal(300, features, 0.5));
    assertEquals(1400, image.getWidth());
    assertTrue(coloured(image, 116, 696, 90, 660, 0x3f90da) > 300, "real vectors on the left");
    assertTrue(coloured(image, 780, 1360, 90, 660, GENERATED) > 300, "generated vectors on the right");
    assertEquals(0, coloured(image, 116, 696, 90, 660, GENERATED));
    assertTrue(coloured(image, 116, 1360, 830, 1230, GENERATED) > 30, "the median of generated vectors below");
  }

  @Test
  void classesHaveTheirColours() throws IOException {
    byte[] labels = new byte[300];
    for (int i = 0; i < 300; i++) {
      labels[i] = (byte) (i % 3 == 2 ? 255 : i % 3);
    }
    BufferedImage image = drawn(normal(300, 3, 0), labels, normal(300, 3, 0));
    for (int colour : ClassColours.withNoClass(2)) {
      assertTrue(coloured(image, 116, 696, 90, 660, colour) > 100, Integer.toHexString(colour));
    }
  }

  /** Vectors of a model that has diverged leave the figure readable. */
  @Test
  void whatIsNotFiniteIsLeftOut() throws IOException {
    Vectors generated = normal(300, 3, 0);
    Arrays.fill(generated.values(), 0, 30, Float.NaN);
    assertTrue(coloured(drawn(normal(300, 3, 0), null, generated), 780, 1360, 90, 660, GENERATED) > 300);
    Arrays.fill(generated.values(), Float.POSITIVE_INFINITY);
    assertEquals(0, coloured(drawn(normal(300, 3, 0), null, generated), 780, 1360, 90, 660, GENERATED));
    Vectors constant = Shape.Features.numbered(2).samples(new float[40]);
    assertEquals(1400, drawn(constant, null, constant).getWidth());
  }

  @Test
  void theSameVectorsGiveTheSameBytes() throws IOException {
    drawn(normal(100, 4, 0), null, normal(100, 4, 1));
    byte[] first = Files.readAllBytes(directory.resolve("new/vectors.png"));
    drawn(normal(100, 4, 0), null, normal(100, 4, 1));
    assertArrayEquals(first, Files.readAllBytes(directory.resolve("new/vectors.png")));
    assertThrows(IllegalArgumentException.class, () -> drawn(normal(10, 4, 0), null, normal(10, 3, 0)));
  }

  @Test
  void picturesOfImagesAreTheImages() {
    Images images = new Images(new byte[] {1, 2, 3, 4, 5, 6}, 1, 2, 3);
    SamplePictures pictures = new SamplePictures(images);
    assertEquals(2, pictures.height());
    assertEquals(3, pictures.width());
    assertArrayEquals(images.pixels(), pictures.of(images));
  }

  /** The row of the white pixels of a column, from the top; -1 if there are none. */
  private static int row(byte[] picture, SamplePictures pictures, int column) {
    for (int y = 0; y < pictures.height(); y++) {
      if (picture[y * pictures.width() + column] == (byte) 255) {
        return y;
      }
    }
    return -1;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 47, 128, 500})
  void picturesOfVectorsAreTheirCurves(int features) {
    float[] rising = new float[2 * features];
    for (int k = 0; k < features; k++) {
      rising[k] = features == 1 ? 1 : 2f * k / (features - 1) - 1;
      rising[features + k] = -rising[k];
    }
    Vectors vectors = Shape.Features.numbered(features).samples(rising);
    SamplePictures pictures = new SamplePictures(vectors);
    byte[] drawn = pictures.of(vectors);
    int size = pictures.height() * pictures.width();
    assertEquals(2 * size, drawn.length);
    byte[] up = Arrays.copyOf(drawn, size);
    byte[] down = Arrays.copyOfRange(drawn, size, 2 * size);
    int last = pictures.width() - 2;
    if (features == 1) {
      assertTrue(row(up, pictures, 5) < row(down, pictures, 5));
    } else {
      assertTrue(row(up, pictures, 0) > 0.8 * pictures.height() && row(up, pictures, last) < 0.2 * pictures.height());
      assertTrue(row(down, pictures, 0) < 0.2 * pictures.height());
      for (int x = 1; x <= last; x++) {
        assertTrue(row(up, pictures, x) <= row(up, pictures, x - 1) && row(up, pictures, x) >= 0, "column " + x);
      }
    }
  }

  @Test
  void picturesOfTwoFeaturesArePlaces() {
    Vectors corners = Shape.Features.numbered(2).samples(new float[] {-1, -1, 1, 1, Float.NaN, 0});
    SamplePictures pictures = new SamplePictures(Shape.Features.numbered(2).samples(new float[] {-1, -1, 1, 1}));
    byte[] drawn = pictures.of(corners);
    int size = pictures.height() * pictures.width();
    assertTrue(row(Arrays.copyOf(drawn, size), pictures, 4) > pictures.height() / 2, "below on the left");
    assertTrue(row(Arrays.copyOfRange(drawn, size, 2 * size), pictures, pictures.width() - 6) < pictures.height() / 2);
    byte[] lost = Arrays.copyOfRange(drawn, 2 * size, 3 * size);
    for (int x = 0; x < pictures.width(); x++) {
      assertEquals(-1, row(lost, pictures, x));
    }
  }
}
