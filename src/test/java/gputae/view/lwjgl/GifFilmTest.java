package gputae.view.lwjgl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import gputae.files.WholeFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;

class GifFilmTest {

  private static final int WIDTH = 160;
  private static final int HEIGHT = 120;
  private static final int WHITE = 0xffffff;
  private static final int GREY = 0xf7f7f8;
  private static final int[] CLASSES =
      {0x3f90da, 0xffa90e, 0xbd1f01, 0x94a4a2, 0x832db6, 0xa96b59, 0xe76300, 0xb9ac70, 0x717581, 0x92dadd};

  @TempDir
  private Path folder;

  /** A frame as it was stored, and the whole picture, 0xRRGGBB, after it was painted. */
  private record Shown(int left, int top, int width, int height, int centiseconds, String disposal, int[] rgb) {}

  @Test
  void fewColoursAreExact() throws IOException {
    List<int[]> frames = new ArrayList<>();
    for (int f = 0; f < 6; f++) {
      int[] frame = sheet();
      // Each frame has at most 255 colours over the whole range, and other colours than the other frames.
      for (int i = 0; i < 3000; i++) {
        frame[(i * 7 + 500 * f) % frame.length] = (i % 250 * 67_103 + f * 1009) & 0xffffff;
      }
      frames.add(frame);
    }
    List<Shown> shown = shown(film(frames));
    for (int f = 0; f < frames.size(); f++) {
      assertArrayEquals(frames.get(f), shown.get(f).rgb, "frame " + f);
    }
  }

  @Test
  void aFrameOfOneColourAndFramesOfOnePixel() throws IOException {
    int[] red = new int[WIDTH * HEIGHT];
    Arrays.fill(red, 0xff0000);
    int[] spot = red.clone();
    spot[spot.length - 1] = 0x00ff00;
    List<Shown> shown = shown(film(List.of(red, spot, red)));
    assertArrayEquals(red, shown.get(0).rgb);
    assertArrayEquals(spot, shown.get(1).rgb);
    assertArrayEquals(red, shown.get(2).rgb);
    Path dot = folder.resolve("dot.gif");
    try (GifFilm film = new GifFilm(dot, 1, 1)) {
      film.frame(new int[] {0x123456}, 4);
      film.frame(new int[] {0x654321}, 4);
      film.finish(4);
    }
    assertArrayEquals(new int[] {0x654321}, shown(dot).get(1).rgb);
  }

  @Test
  void manyShadesAreNear() throws IOException {
    List<int[]> frames = plots(8);
    List<Shown> shown = shown(film(frames));
    for (int f = 0; f < frames.size(); f++) {
      double sum = 0;
      int worst = 0;
      int inexact = 0;
      for (int i = 0; i < WIDTH * HEIGHT; i++) {
        int source = frames.get(f)[i];
        int error = error(source, shown.get(f).rgb[i]);
        if (source == WHITE || source == GREY) {
          assertEquals(0, error, "the background at " + i + " in frame " + f);
        }
        sum += error;
        worst = Math.max(worst, error);
        inexact += error > 0 ? 1 : 0;
      }
      // The bounds are for the largest difference in a channel, out of 255.
      assertTrue(sum / (WIDTH * HEIGHT) < 2.5, "mean " + sum / (WIDTH * HEIGHT) + " in frame " + f);
      assertTrue(worst <= 48, "worst " + worst + " in frame " + f);
      assertTrue(inexact > 1000, "the plot has too few shades to test anything");
    }
  }

  @Test
  void whatStandsStillDoesNotFlicker() throws IOException {
    List<int[]> frames = plots(8);
    List<Shown> shown = shown(film(frames));
    int still = 0;
    for (int f = 1; f < frames.size(); f++) {
      for (int i = 0; i < WIDTH * HEIGHT; i++) {
        if (frames.get(f)[i] == frames.get(f - 1)[i]) {
          assertEquals(shown.get(f - 1).rgb[i], shown.get(f).rgb[i]);
          still++;
        }
      }
    }
    assertTrue(still > WIDTH * HEIGHT);
  }

  @Test
  void backgroundThatComesBackInFewPixelsIsExact() throws IOException {
    Random random = new Random(3);
    int[] before = sheet();
    int[] after = sheet();
    // A patch of noise takes up the table in both frames; three dots of ink on the white are only in the first.
    for (int i = 0; i < 60 * WIDTH; i++) {
      before[i] = random.nextInt(0x1000000);
      after[i] = random.nextInt(0x1000000);
    }
    for (int i = 0; i < 3; i++) {
      before[90 * WIDTH + 40 + i] = 0x222222;
    }
    int[] rgb = shown(film(List.of(before, after))).get(1).rgb;
    assertArrayEquals(Arrays.copyOfRange(after, 60 * WIDTH, after.length),
        Arrays.copyOfRange(rgb, 60 * WIDTH, rgb.length));
  }

  @Test
  void onlyTheRectangleThatChangedIsStored() throws IOException {
    int[] next = sheet();
    next[20 * WIDTH + 30] = 0x111111;
    next[25 * WIDTH + 10] = 0x222222;
    Shown second = shown(film(List.of(sheet(), next))).get(1);
    assertEquals(List.of(10, 20, 21, 6), List.of(second.left, second.top, second.width, second.height));
    assertEquals("doNotDispose", second.disposal);
  }

  @Test
  void framesThatChangeNothingAreCountedAndCostLittle() throws IOException {
    List<int[]> frames = new ArrayList<>(plots(1));
    long one = Files.size(film(frames));
    for (int f = 0; f < 50; f++) {
      frames.add(frames.get(0).clone());
    }
    Path film = film(frames);
    assertEquals(51, shown(film).size());
    assertTrue(Files.size(film) - one <= 50 * 40, Files.size(film) - one + " bytes");
    assertArrayEquals(shown(film).get(0).rgb, shown(film).get(50).rgb);
  }

  @Test
  void delaysAndRepetition() throws IOException {
    Path file = folder.resolve("film.gif");
    try (GifFilm film = new GifFilm(file, WIDTH, HEIGHT)) {
      int[] frame = sheet();
      for (int centiseconds : new int[] {7, 0, GifFilm.LONGEST, 9}) {
        frame[centiseconds % 10] ^= 0xff;
        film.frame(frame, centiseconds);
      }
      film.finish(250);
    }
    assertEquals(List.of(7, 0, 0xffff, 250), shown(file).stream().map(Shown::centiseconds).toList());
    String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
    assertTrue(bytes.contains("!\u00ff\u000bNETSCAPE2.0\u0003\u0001\u0000\u0000\u0000"));
    assertEquals(bytes.indexOf("NETSCAPE"), bytes.lastIndexOf("NETSCAPE"));
  }

  @Test
  void framesAreReadDuringTheCallOnlyAndWithoutTheirHighestBits() throws IOException {
    Path file = folder.resolve("film.gif");
    int[] frame = sheet();
    frame[5] = 0xff123456;
    try (GifFilm film = new GifFilm(file, WIDTH, HEIGHT)) {
      film.frame(frame, 5);
      Arrays.fill(frame, 0xff777777);
      film.frame(frame, 5);
      Arrays.fill(frame, 0);
      film.finish(5);
    }
    assertEquals(0x123456, shown(file).get(0).rgb[5]);
    assertEquals(GREY, shown(file).get(0).rgb[6]);
    assertEquals(0x777777, shown(file).get(1).rgb[6]);
  }

  @Test
  void theFilmAppearsAtTheEnd() throws IOException {
    Path file = folder.resolve("film.gif");
    Files.writeString(file, "before");
    try (GifFilm film = new GifFilm(file, WIDTH, HEIGHT)) {
      film.frame(sheet(), 5);
      film.frame(plots(1).get(0), 5);
      assertEquals("before", Files.readString(file));
      film.finish(5);
      assertThrows(IllegalStateException.class, () -> film.frame(sheet(), 5));
      assertThrows(IllegalStateException.class, () -> film.finish(5));
    }
    assertEquals(2, shown(file).size());
    assertEquals(List.of("film.gif"), names());
  }

  @Test
  void closedWithoutFinishNothingStays() throws IOException {
    Path file = folder.resolve("film.gif");
    GifFilm film = new GifFilm(file, WIDTH, HEIGHT);
    film.frame(sheet(), 5);
    film.frame(plots(1).get(0), 5);
    assertEquals(1, names().size());
    film.close();
    film.close();
    assertEquals(List.of(), names());
    assertThrows(IllegalStateException.class, () -> film.frame(sheet(), 5));
    assertThrows(IllegalStateException.class, () -> film.finish(5));
  }

  @Test
  void whatAStoppedProgramLeavesIsFoundWithTheOtherLeftovers() throws IOException {
    try (GifFilm film = new GifFilm(folder.resolve("film.gif"), WIDTH, HEIGHT)) {
      film.frame(sheet(), 5);
      assertEquals(1, names().size());
      WholeFile.removeLeftovers(folder);
      assertEquals(List.of(), names());
    }
  }

  @Test
  void placesThatCannotBeWritten() throws IOException {
    Path plain = Files.writeString(folder.resolve("plain"), "");
    assertNames(plain.resolve("film.gif"), plain + " is not a directory");
    assertNames(folder, "it is a directory; give another name, or remove it");
  }

  @Test
  void aFolderThatIsLocked() throws IOException {
    Path locked = Files.createDirectory(folder.resolve("locked"));
    assertTrue(locked.toFile().setWritable(false));
    assumeFalse(Files.isWritable(locked), "the administrator writes everywhere");
    assertNames(locked.resolve("film.gif"), "permission denied");
  }

  @Test
  void aNameThatCannotBeTakenAtTheEnd() throws IOException {
    Path file = folder.resolve("film.gif");
    try (GifFilm film = new GifFilm(file, WIDTH, HEIGHT)) {
      Files.createDirectory(file);
      Files.writeString(file.resolve("inside"), "");
      film.frame(sheet(), 5);
      IOException failure = assertThrows(IOException.class, () -> film.finish(5));
      assertTrue(failure.getMessage().startsWith(file + ": cannot be written: "), failure.getMessage());
    }
    assertEquals(List.of("film.gif"), names());
  }

  @Test
  void argumentsThatDoNotFit() throws IOException {
    Path file = folder.resolve("film.gif");
    assertThrows(IllegalArgumentException.class, () -> new GifFilm(file, 0, 5));
    assertThrows(IllegalArgumentException.class, () -> new GifFilm(file, 5, 65_536));
    assertThrows(IllegalArgumentException.class, () -> new GifFilm(file, 65_535, 65_535));
    try (GifFilm film = new GifFilm(file, WIDTH, HEIGHT)) {
      assertThrows(IllegalStateException.class, () -> film.finish(5));
      assertThrows(IllegalArgumentException.class, () -> film.frame(new int[WIDTH], 5));
      assertThrows(IllegalArgumentException.class, () -> film.frame(sheet(), -1));
      assertThrows(IllegalArgumentException.class, () -> film.frame(sheet(), 65_536));
      film.frame(sheet(), 5);
      assertThrows(IllegalArgumentException.class, () -> film.finish(65_536));
    }
    assertFalse(Files.exists(file));
  }

  private void assertNames(Path file, String why) {
    IOException failure = assertThrows(IOException.class, () -> new GifFilm(file, WIDTH, HEIGHT));
    assertEquals(file + ": cannot be written: " + why, failure.getMessage());
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  /** Light grey with a white field. */
  private static int[] sheet() {
    int[] rgb = new int[WIDTH * HEIGHT];
    Arrays.fill(rgb, GREY);
    for (int y = 10; y < HEIGHT - 10; y++) {
      Arrays.fill(rgb, y * WIDTH + 10, y * WIDTH + 110, WHITE);
    }
    return rgb;
  }

  /**
   * Smooth half-transparent dots of ten colours that move a little from frame to frame, a ramp of greys and one of
   * colours beside them.
   */
  private static List<int[]> plots(int count) {
    List<int[]> frames = new ArrayList<>();
    for (int f = 0; f < count; f++) {
      Random random = new Random(8);
      int[] rgb = sheet();
      for (int n = 0; n < 200; n++) {
        double x = 60 + 18 * random.nextGaussian() + f * random.nextGaussian();
        double y = 60 + 18 * random.nextGaussian() + f * random.nextGaussian();
        dot(rgb, Math.max(14, Math.min(105, x)), Math.max(14, Math.min(105, y)), CLASSES[n % 10]);
      }
      for (int y = 0; y < 40; y++) {
        for (int x = 0; x < 40; x++) {
          rgb[(10 + y) * WIDTH + 115 + x] = (x * 6 + y + f) % 256 * 0x010101;
          rgb[(60 + y) * WIDTH + 115 + x] = 6 * x << 16 | Math.abs(x - 20) * 12 << 8 | 255 - 5 * y - f;
        }
      }
      frames.add(rgb);
    }
    return frames;
  }

  private static void dot(int[] rgb, double x, double y, int colour) {
    for (int py = (int) y - 4; py <= (int) y + 4; py++) {
      for (int px = (int) x - 4; px <= (int) x + 4; px++) {
        double alpha = 0.7 * Math.max(0, Math.min(1, 3.5 - Math.hypot(px + 0.5 - x, py + 0.5 - y)));
        int under = rgb[py * WIDTH + px];
        int mixed = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
          mixed |= (int) Math.round(alpha * (colour >> shift & 255) + (1 - alpha) * (under >> shift & 255)) << shift;
        }
        rgb[py * WIDTH + px] = mixed;
      }
    }
  }

  private Path film(List<int[]> frames) throws IOException {
    Path file = folder.resolve("film.gif");
    try (GifFilm film = new GifFilm(file, WIDTH, HEIGHT)) {
      for (int[] frame : frames) {
        film.frame(frame, 5);
      }
      film.finish(100);
    }
    return file;
  }

  /** The largest difference in a channel. */
  private static int error(int a, int b) {
    int error = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      error = Math.max(error, Math.abs((a >> shift & 255) - (b >> shift & 255)));
    }
    return error;
  }

  private static List<Shown> shown(Path file) throws IOException {
    List<Shown> shown = new ArrayList<>();
    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      reader.setInput(in);
      int[] screen = null;
      int width = 0;
      for (int f = 0; f < reader.getNumImages(true); f++) {
        BufferedImage image = reader.read(f);
        IIOMetadataNode root = (IIOMetadataNode) reader.getImageMetadata(f).getAsTree("javax_imageio_gif_image_1.0");
        Element place = (Element) root.getElementsByTagName("ImageDescriptor").item(0);
        Element control = (Element) root.getElementsByTagName("GraphicControlExtension").item(0);
        int left = number(place, "imageLeftPosition");
        int top = number(place, "imageTopPosition");
        if (f == 0) {
          width = image.getWidth();
          screen = new int[width * image.getHeight()];
        }
        for (int y = 0; y < image.getHeight(); y++) {
          for (int x = 0; x < image.getWidth(); x++) {
            int argb = image.getRGB(x, y);
            if (argb >>> 24 == 255) {
              screen[(top + y) * width + left + x] = argb & 0xffffff;
            } else {
              assertEquals(0, argb >>> 24);
              assertTrue(f > 0, "the first frame has no holes");
            }
          }
        }
        shown.add(new Shown(left, top, image.getWidth(), image.getHeight(), number(control, "delayTime"),
            control.getAttribute("disposalMethod"),
            screen.clone()));
      }
    } finally {
      reader.dispose();
    }
    return shown;
  }

  private static int number(Element element, String attribute) {
    return Integer.parseInt(element.getAttribute(attribute));
  }
}
