package gputae.view.lwjgl;

import gputae.files.WholeFile;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * An animated GIF that repeats for ever, written frame by frame. Readers see the whole film or none: it grows in a
 * sibling that takes the film's name at {@link #finish}.
 *
 * <p>Each frame holds no more than the rectangle that changed and has a colour table of its own, made of the colours
 * that changed in it: exact where there are at most 255, else the nearest of 255 without dithering, the frequent ones
 * exact. Pixels that stay are transparent, so that what stands still never flickers. For one thread.
 */
final class GifFilm implements AutoCloseable {

  /** The longest time that a frame can be shown, in hundredths of a second. */
  static final int LONGEST = 0xffff;

  private static final String FORMAT = "javax_imageio_gif_image_1.0";

  private final Path file;
  private final int width;
  private final int height;
  private final WholeFile whole;
  private final ImageWriter writer;
  private final ImageOutputStream out;
  private final ColourTable table = new ColourTable();

  /** The latest frame as it came, 0xRRGGBB [height, width], and as a viewer of the film sees it. */
  private final int[] latest;
  private final int[] shown;
  private final int[] incoming;
  /** Per pixel of the changed rectangle its number in {@link #table}, -1 where it stays. */
  private final int[] numbers;
  /** The latest frame, not written yet: until the next one comes it may be the last, which is held longer. */
  private Patch latestPatch;
  private boolean started;
  private boolean ended;

  /** A rectangle to be painted over the picture before, and for how long the result is shown. */
  private record Patch(BufferedImage image, int left, int top, int centiseconds) {}

  /**
   * @param file   the film, replaced if it exists; missing folders are made
   * @param width  in pixels, 1 .. 65535
   * @param height in pixels, 1 .. 65535
   * @throws IllegalArgumentException if a film cannot have that size
   * @throws IOException              with one line naming the file, if it cannot be written
   */
  GifFilm(Path file, int width, int height) throws IOException {
    if (width < 1 || height < 1 || width > 0xffff || height > 0xffff
        || (long) width * height > Integer.MAX_VALUE - 64) {
      throw new IllegalArgumentException("a film of " + width + " x " + height + " pixels cannot be written");
    }
    this.file = file;
    this.width = width;
    this.height = height;
    // Java's native image code otherwise asks for the libraries of a desktop, which small machines lack.
    if (System.getProperty("java.awt.headless") == null) {
      System.setProperty("java.awt.headless", "true");
    }
    latest = new int[width * height];
    shown = new int[width * height];
    incoming = new int[width * height];
    numbers = new int[width * height];
    writer = ImageIO.getImageWritersByFormatName("gif").next();
    try {
      whole = WholeFile.begin(file);
      // Frames are collected in memory: ImageIO's own cache would be a file in the temporary directory.
      out = new MemoryCacheImageOutputStream(Channels.newOutputStream(whole.channel()));
      writer.setOutput(out);
      writer.prepareWriteSequence(null);
    } catch (IOException e) {
      writer.dispose();
      throw inWords(e);
    }
  }

  /**
   * Adds a frame.
   *
   * @param rgb          0xRRGGBB, row-major [height, width]; the highest eight bits are ignored; read during the call
   *     only
   * @param centiseconds how long it is shown, 0 .. {@link #LONGEST}; many viewers take 0 and 1 for 10
   * @throws IllegalArgumentException if the size or the time does not fit
   * @throws IllegalStateException    after {@link #finish} or {@link #close}
   * @throws IOException              with one line naming the file, if it cannot be written; the film is then lost
   */
  void frame(int[] rgb, int centiseconds) throws IOException {
    if (rgb.length != width * height) {
      throw new IllegalArgumentException(
          "a frame of " + width + " x " + height + " has " + width * height + " pixels, not " + rgb.length);
    }
    checkTime(centiseconds);
    checkOpen();
    for (int i = 0; i < rgb.length; i++) {
      incoming[i] = rgb[i] & 0xffffff;
    }
    Patch next = patch(centiseconds);
    System.arraycopy(incoming, 0, latest, 0, incoming.length);
    writeLatest(latestPatch == null ? 0 : latestPatch.centiseconds);
    latestPatch = next;
  }

  /**
   * Ends the film, whose name appears now.
   *
   * @param lastCentiseconds how long the last frame is shown before the film starts again, in place of its own time, 0
   *     .. {@link #LONGEST}
   * @throws IllegalStateException if there is no frame, or after {@code finish} or {@link #close}
   * @throws IOException           with one line naming the file, if it cannot be written; a film that was there before
   *     is then untouched
   */
  void finish(int lastCentiseconds) throws IOException {
    checkTime(lastCentiseconds);
    checkOpen();
    if (latestPatch == null) {
      throw new IllegalStateException(file + ": a film needs a frame");
    }
    writeLatest(lastCentiseconds);
    try {
      writer.endWriteSequence();
      out.flush();
      whole.finish();
    } catch (IOException e) {
      throw lost(e);
    }
    ended = true;
    release();
  }

  /** Gives the film up, of which nothing stays, unless it is finished. */
  @Override
  public void close() throws IOException {
    if (ended) {
      return;
    }
    ended = true;
    try {
      whole.close();
    } catch (IOException e) {
      throw inWords(e);
    } finally {
      release();
    }
  }

  private void release() {
    writer.dispose();
    try {
      out.close();
    } catch (IOException e) {
      // What it still holds is of a film given up.
    }
  }

  private void checkOpen() {
    if (ended) {
      throw new IllegalStateException(file + ": the film has ended");
    }
  }

  private static void checkTime(int centiseconds) {
    if (centiseconds < 0 || centiseconds > LONGEST) {
      throw new IllegalArgumentException(
          "a frame is shown for 0 to " + LONGEST + " hundredths of a second, not " + centiseconds);
    }
  }

  /** Ends the film, which could not be continued behind half a frame, and frees its space. */
  private IOException lost(IOException e) {
    IOException failure = inWords(e);
    try {
      close();
    } catch (IOException closing) {
      failure.addSuppressed(closing);
    }
    return failure;
  }

  private IOException inWords(IOException e) {
    return new IOException(file + ": cannot be written: " + WholeFile.inWords(e), e);
  }

  /** What of {@link #incoming} differs from {@link #latest}; {@link #shown} is brought up to date. */
  private Patch patch(int centiseconds) {
    boolean first = latestPatch == null;
    int top = 0;
    int bottom = height;
    int left = 0;
    int right = width;
    if (!first) {
      top = height;
      bottom = 0;
      left = width;
      right = 0;
      for (int y = 0; y < height; y++) {
        int from = Arrays.mismatch(incoming, y * width, (y + 1) * width, latest, y * width, (y + 1) * width);
        if (from >= 0) {
          int to = width;
          while (incoming[y * width + to - 1] == latest[y * width + to - 1]) {
            to--;
          }
          top = Math.min(top, y);
          bottom = y + 1;
          left = Math.min(left, from);
          right = Math.max(right, to);
        }
      }
      if (bottom == 0) {
        // The format has no empty rectangle: one pixel, which stays.
        top = 0;
        left = 0;
        bottom = 1;
        right = 1;
      }
    }
    table.clear();
    int n = 0;
    for (int y = top; y < bottom; y++) {
      for (int i = y * width + left; i < y * width + right; i++) {
        numbers[n++] = first || incoming[i] != latest[i] ? table.count(incoming[i]) : -1;
      }
    }
    table.choose(backgrounds(incoming, width));
    byte[] indices = new byte[n];
    n = 0;
    for (int y = top; y < bottom; y++) {
      for (int i = y * width + left; i < y * width + right; i++, n++) {
        int number = numbers[n];
        // Where the table has nothing better than what is seen there already, that stays: less flicker, fewer bytes.
        if (number < 0 || !first && table.distance(number) >= ColourTable.distance(incoming[i], shown[i])) {
          indices[n] = (byte) table.size();
        } else {
          indices[n] = (byte) table.index(number);
          shown[i] = table.colour(number);
        }
      }
    }
    return new Patch(image(indices, right - left, bottom - top), left, top, centiseconds);
  }

  /**
   * The colours of large areas, 0xRRGGBB, each of a two hundredth of the frame at least, so far as every 37th pixel
   * tells.
   */
  private static int[] backgrounds(int[] rgb, int width) {
    int step = width % 37 == 0 ? 41 : 37;
    int[] sample = new int[(rgb.length + step - 1) / step];
    for (int i = 0; i < sample.length; i++) {
      sample[i] = rgb[i * step];
    }
    Arrays.sort(sample);
    int[] found = new int[201];
    int n = 0;
    for (int i = 0, from = 0; i < sample.length; i++) {
      if (i + 1 == sample.length || sample[i + 1] != sample[i]) {
        if (i + 1 - from >= Math.max(2, sample.length / 200.0)) {
          found[n++] = sample[i];
        }
        from = i + 1;
      }
    }
    return Arrays.copyOf(found, n);
  }

  private BufferedImage image(byte[] indices, int width, int height) {
    // One entry more than colours: what is transparent.
    byte[][] channels = new byte[3][table.size() + 1];
    for (int i = 0; i < table.size(); i++) {
      channels[0][i] = (byte) (table.entry(i) >> 16);
      channels[1][i] = (byte) (table.entry(i) >> 8);
      channels[2][i] = (byte) table.entry(i);
    }
    IndexColorModel colours =
        new IndexColorModel(8, table.size() + 1, channels[0], channels[1], channels[2], table.size());
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_INDEXED, colours);
    System.arraycopy(indices, 0, ((DataBufferByte) image.getRaster().getDataBuffer()).getData(), 0, indices.length);
    return image;
  }

  private void writeLatest(int centiseconds) throws IOException {
    if (latestPatch == null) {
      return;
    }
    try {
      writer.writeToSequence(new IIOImage(latestPatch.image, null, metadata(centiseconds)), null);
      out.flush();
    } catch (IOException e) {
      throw lost(e);
    }
    started = true;
  }

  private IIOMetadata metadata(int centiseconds) throws IOException {
    IIOMetadataNode root = new IIOMetadataNode(FORMAT);
    // Every attribute must be there; the writer overrides the sizes.
    root.appendChild(node("ImageDescriptor", "imageLeftPosition", latestPatch.left, "imageTopPosition", latestPatch.top,
        "imageWidth", latestPatch.image.getWidth(), "imageHeight", latestPatch.image.getHeight(), "interlaceFlag",
        "FALSE"));
    root.appendChild(node("GraphicControlExtension", "disposalMethod", "doNotDispose", "userInputFlag", "FALSE",
        "transparentColorFlag", "TRUE",
        "delayTime", centiseconds, "transparentColorIndex",
        ((IndexColorModel) latestPatch.image.getColorModel()).getTransparentPixel()));
    if (!started) {
      IIOMetadataNode extensions = new IIOMetadataNode("ApplicationExtensions");
      IIOMetadataNode repeat = node("ApplicationExtension", "applicationID", "NETSCAPE", "authenticationCode", "2.0");
      // The sub-block 1 holds the number of repetitions, two bytes; 0 is without end.
      repeat.setUserObject(new byte[] {1, 0, 0});
      extensions.appendChild(repeat);
      root.appendChild(extensions);
    }
    // Not createFromRenderedImage, which takes every image of this kind to have Java's standard colours.
    IIOMetadata metadata = writer.getDefaultImageMetadata(new ImageTypeSpecifier(latestPatch.image), null);
    metadata.mergeTree(FORMAT, root);
    return metadata;
  }

  private static IIOMetadataNode node(String name, Object... attributes) {
    IIOMetadataNode node = new IIOMetadataNode(name);
    for (int i = 0; i < attributes.length; i += 2) {
      node.setAttribute((String) attributes[i], attributes[i + 1].toString());
    }
    return node;
  }
}
