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
 * An animated GIF that repeats for ever, written frame by frame. Readers see the complete film or none: it is written
 * to a temporary file beside it, which gets the film's name at {@link #finish}.
 *
 * <p>Each frame holds only the rectangle that changed. It has its own colour table, made from the colours that changed
 * in it: exact if there are at most 255, otherwise the nearest of 255 without dithering, with frequent colours exact.
 * Pixels that do not change are transparent, so that unchanged parts never flicker. Use it from one thread only.
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

  /** The latest frame as given, 0xRRGGBB [height, width], and the frame as a viewer of the film sees it. */
  private final int[] latest;
  private final int[] shown;
  private final int[] incoming;
  /** For each pixel of the changed rectangle, its index in {@link #table}; -1 if it does not change. */
  private final int[] numbers;
  /**
   * The latest frame, which is not written yet. It may be the last one, which is shown longer, until another frame
   * follows.
   */
  private Patch latestPatch;
  private boolean started;
  private boolean ended;

  /** A rectangle that is painted over the previous picture, and how long the result is shown. */
  private record Patch(BufferedImage image, int left, int top, int centiseconds) {}

  /**
   * @param file   the film, replaced if it exists; missing folders are made
   * @param width  width in pixels, 1 .. 65535
   * @param height height in pixels, 1 .. 65535
   * @throws IllegalArgumentException if a film cannot have this size
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
    // Otherwise Java's native image code loads the libraries of a desktop, which small machines lack.
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
      // Frames are collected in memory, since ImageIO's own cache would be a file in the temporary directory.
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
   * @param centiseconds time for which it is shown, 0 .. {@link #LONGEST}; many viewers treat 0 and 1 as 10
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
   * Ends the film, which now gets its name.
   *
   * @param lastCentiseconds time for which the last frame is shown before the film starts again, instead of its own
   *     time, 0 .. {@link #LONGEST}
   * @throws IllegalStateException if there is no frame, or after {@code finish} or {@link #close}
   * @throws IOException           with one line naming the file, if it cannot be written; an earlier film is then
   *     unchanged
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

  /** Abandons the film unless it is finished; nothing of it remains. */
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
      // The remaining data belongs to an abandoned film.
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

  /** Ends the film and frees its disk space: it cannot be continued after half a frame. */
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

  /** The part of {@link #incoming} that differs from {@link #latest}. Brings {@link #shown} up to date. */
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
        // The format has no empty rectangle, so this is one unchanged pixel.
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
        // If the table has no better colour than the one already visible, the pixel is not changed: less flicker, fewer
        // bytes.
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
   * The colours of large areas, 0xRRGGBB, each with at least one two-hundredth of the frame, estimated from every 37th
   * pixel.
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
    // One entry more than colours, for transparent pixels.
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
    // Every attribute must be present; the writer overrides the sizes.
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
      // The sub-block 1 holds the number of repetitions in two bytes; 0 means without end.
      repeat.setUserObject(new byte[] {1, 0, 0});
      extensions.appendChild(repeat);
      root.appendChild(extensions);
    }
    // createFromRenderedImage is not used: it assumes Java's standard colours for every image of this kind.
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
