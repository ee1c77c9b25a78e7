package gputae.data;

import static gputae.data.Refusals.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.data.DataOptions.Form;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The forms in which people hold images in colour: 6 images of 2 x 5 pixels, written in each form. */
class ColourFormsTest {

  private static final int COUNT = 6;
  private static final int HEIGHT = 2;
  private static final int WIDTH = 5;
  private static final int AREA = HEIGHT * WIDTH;

  @TempDir
  Path directory;

  /** Writes a data set and returns what a user gives to --dataset. */
  private interface Writing {
    Path write(Path folder) throws IOException;
  }

  /** A value of an image; the red value of the first pixel tells the image. */
  private static int value(int image, int colour, int pixel) {
    return colour == 0 && pixel == 0 ? 40 * image + 1 : (50 * image + 90 * colour + 7 * pixel) % 256;
  }

  private static byte[] array(boolean coloursFirst, int colours) {
    byte[] values = new byte[COUNT * colours * AREA];
    for (int i = 0; i < COUNT; i++) {
      for (int c = 0; c < colours; c++) {
        for (int p = 0; p < AREA; p++) {
          int at = coloursFirst ? (i * colours + c) * AREA + p : (i * AREA + p) * colours + c;
          values[at] = (byte) (c == 3 ? 255 : value(i, c, p));
        }
      }
    }
    return values;
  }

  private static Path png(Path file, int image, boolean grey) throws IOException {
    BufferedImage picture = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    for (int p = 0; p < AREA; p++) {
      int first = value(image, 0, p);
      picture.setRGB(p % WIDTH, p / WIDTH, grey ? first * 0x010101
          : first << 16 | value(image, 1, p) << 8 | value(image, 2, p));
    }
    Files.createDirectories(file.getParent());
    ImageIO.write(picture, "png", file.toFile());
    return file;
  }

  private static Path ppm(Path file, int image) throws IOException {
    byte[] header = ("P6 " + WIDTH + " " + HEIGHT + " 255\n").getBytes(StandardCharsets.US_ASCII);
    byte[] all = array(false, 3);
    byte[] bytes = new byte[header.length + 3 * AREA];
    System.arraycopy(header, 0, bytes, 0, header.length);
    System.arraycopy(all, image * 3 * AREA, bytes, header.length, 3 * AREA);
    Files.createDirectories(file.getParent());
    return Files.write(file, bytes);
  }

  private static Map<String, Writing> forms() {
    Map<String, Writing> forms = new LinkedHashMap<>();
    forms.put("npy, colours last", folder -> {
      Npy.write(folder.resolve("set.npy"), array(false, 3), COUNT, HEIGHT, WIDTH, 3);
      return folder.resolve("set.npy");
    });
    forms.put("npy, colours first", folder -> {
      Npy.write(folder.resolve("set.npy"), array(true, 3), COUNT, 3, HEIGHT, WIDTH);
      return folder.resolve("set.npy");
    });
    forms.put("npy with alpha", folder -> {
      Npy.write(folder.resolve("set.npy"), array(false, 4), COUNT, HEIGHT, WIDTH, 4);
      return folder.resolve("set.npy");
    });
    forms.put("npy, floats in [0, 1]", folder -> {
      byte[] bytes = array(false, 3);
      float[] values = new float[bytes.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = (bytes[i] & 0xff) / 255f;
      }
      Npy.write(folder.resolve("set.npy"), values, COUNT, HEIGHT, WIDTH, 3);
      return folder.resolve("set.npy");
    });
    forms.put("PNG in class folders", folder -> {
      for (int i = 0; i < COUNT; i++) {
        png(folder.resolve("set/c" + i % 2 + "/" + i + ".png"), i, false);
      }
      return folder.resolve("set");
    });
    forms.put("PPM", folder -> {
      for (int i = 0; i < COUNT; i++) {
        ppm(folder.resolve("set/" + i + ".ppm"), i);
      }
      return folder.resolve("set");
    });
    return forms;
  }

  private Path folder(String name) throws IOException {
    return Files.createDirectory(directory.resolve(Integer.toString(name.hashCode())));
  }

  private static DataOptions as(Form form) {
    return new DataOptions(null, null, null, form, null, null);
  }

  @TestFactory
  Stream<DynamicTest> coloursAreKept() {
    return forms().entrySet().stream().map(form -> DynamicTest.dynamicTest(form.getKey(), () -> {
      List<String> log = new ArrayList<>();
      Path place = form.getValue().write(folder(form.getKey()));
      Dataset data = Datasets.open(place.toString(), null, as(null), log::add);
      assertEquals(new Shape.Image(3, HEIGHT, WIDTH), data.shape());
      assertEquals("2 x 5 in colour", data.shape().toString());
      assertTrue(log.stream().anyMatch(line -> line.contains("--as grey for grey ones")), log.toString());
      for (Split split : List.of(data.train(), data.test())) {
        for (int k = 0; k < split.count(); k++) {
          byte[] pixels = split.images().pixels();
          int image = (pixels[k * 3 * AREA] & 0xff) / 40;
          for (int c = 0; c < 3; c++) {
            for (int p = 0; p < AREA; p++) {
              assertEquals(value(image, c, p), pixels[(3 * k + c) * AREA + p] & 0xff, "image " + image);
            }
          }
        }
      }
      assertEquals(Form.IMAGES, DataOptions.DEFAULT.as(data).form());
      // The user may want grey images, as earlier versions read them.
      Dataset grey = Datasets.open(place.toString(), null, as(Form.GREY), log::add);
      assertEquals(new Shape.Image(HEIGHT, WIDTH), grey.shape());
      assertEquals(Form.GREY, DataOptions.DEFAULT.as(grey).form());
      assertTrue(log.stream().anyMatch(line -> line.contains("colour becomes grey")), log.toString());
    }));
  }

  /** Images that are grey in all their channels are grey images. */
  @Test
  void equalChannelsAreGrey() throws IOException {
    byte[] values = new byte[COUNT * 3 * AREA];
    for (int i = 0; i < values.length; i++) {
      values[i] = (byte) (i / 3 % 251);
    }
    Npy.write(directory.resolve("set.npy"), values, COUNT, HEIGHT, WIDTH, 3);
    Dataset data = Datasets.open(directory.resolve("set.npy").toString(), null, as(null), line -> {});
    assertEquals(new Shape.Image(HEIGHT, WIDTH), data.shape());
    byte[] expected = new byte[AREA];
    int image = (data.test().images().pixels()[0] & 0xff) / AREA;
    for (int p = 0; p < AREA; p++) {
      expected[p] = (byte) ((image * AREA + p) % 251);
    }
    assertArrayEquals(expected, data.test().images().take(0).pixels());
  }

  /** One image in colour among grey ones: all are kept in colour. */
  @Test
  void greyImagesBesideOneInColour() throws IOException {
    for (int i = 0; i < COUNT; i++) {
      png(directory.resolve("set/" + i + ".png"), i, i != 3);
    }
    List<String> log = new ArrayList<>();
    Dataset data = Datasets.open(directory.resolve("set").toString(), null, as(null), log::add);
    assertTrue(log.get(0).contains("1 of 6 images have colours, so all are in colour"), log.toString());
    assertEquals(3 * AREA, data.shape().size());
  }

  /** If one part has colours, the other part's grey images are images in colour. */
  @Test
  void trainingInColourAndTestsInGrey() throws IOException {
    Npy.write(directory.resolve("X_train.npy"), array(false, 3), COUNT, HEIGHT, WIDTH, 3);
    Npy.write(directory.resolve("X_test.npy"), new byte[2 * AREA], 2, HEIGHT, WIDTH);
    Dataset data = Datasets.open(directory.toString(), null, as(null), line -> {});
    assertEquals("2 x 5 in colour", data.shape().toString());
    assertEquals("2 x 5", Datasets.open(directory.toString(), null, as(Form.GREY), line -> {}).shape().toString());
    Npy.write(directory.resolve("X_test.npy"), new byte[2 * AREA], 2, WIDTH, HEIGHT);
    refused(() -> Datasets.open(directory.toString(), null, as(null), line -> {}), "all must be of one size");
  }

  /** A colour that is transparent is black, and no colour. */
  @Test
  void transparentColoursAreNone() throws IOException {
    byte[] values = new byte[COUNT * AREA * 4];
    for (int i = 0; i < values.length; i += 4) {
      values[i] = (byte) 200;
      values[i + 1] = (byte) (i % 8 == 0 ? 200 : 0);
      values[i + 2] = (byte) (i % 8 == 0 ? 200 : 90);
      values[i + 3] = (byte) (i % 8 == 0 ? 255 : 0);
    }
    Npy.write(directory.resolve("set.npy"), values, COUNT, HEIGHT, WIDTH, 4);
    assertEquals("2 x 5", Datasets.open(directory.resolve("set.npy").toString(), null, as(null), line -> {}).shape()
        .toString());
  }
}
