package gputae.data;

import gputae.files.DataException;
import gputae.files.WholeFile;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * A PNG, JPEG or PNM file as 8-bit values, grey or in colour. Where colours become grey, it is their luminance, 0.299 R
 * + 0.587 G + 0.114 B; transparent pixels count as black.
 */
final class Picture {

  // A picture larger than 4096 x 4096 is no input for these models; the limit keeps a forged header from claiming
  // gigabytes.
  private static final long MOST_PIXELS = 1 << 24;

  private static final long MOST_BYTES = 1 << 28;

  /**
   * Height and width in pixels.
   *
   * @param of the file with this size
   */
  record Size(int height, int width, Path of) {}

  private Picture() {}

  /** The use of an open image; its palette has the given number of colours, or 0 if there is no palette. */
  private interface Use<T> {
    T of(ImageReader reader, int colours) throws IOException;
  }

  /** The size of an image; its pixels are not decoded. */
  static Size sizeOf(Path file) throws DataException {
    byte[] bytes = bytes(file);
    Size size = Pnm.isAt(bytes) ? Pnm.sizeOf(file, bytes)
        : with(file, bytes, (reader, colours) -> new Size(reader.getHeight(0), reader.getWidth(0), file));
    refuseSize(file, size.height(), size.width());
    return size;
  }

  /** Refuses an image that is empty or too large. */
  static void refuseSize(Path file, long height, long width) throws DataException {
    if (height < 1 || width < 1 || height > MOST_PIXELS || width > MOST_PIXELS || height * width > MOST_PIXELS) {
      throw new DataException(file + ": " + height + " x " + width + " pixels, expected 1 to " + MOST_PIXELS
          + " in an image");
    }
  }

  /**
   * Writes the values of an image, [channels, height, width], from {@code offset} on.
   *
   * @param channels 1 for grey values, 3 for red, green, blue
   * @return whether the image has a colour
   */
  static boolean decode(Path file, Size size, int channels, byte[] pixels, int offset) throws DataException {
    byte[] bytes = bytes(file);
    if (Pnm.isAt(bytes)) {
      return decode(Pnm.read(file, bytes), file, size, channels, pixels, offset);
    }
    BufferedImage image = with(file, bytes, (reader, colours) -> {
      requireSize(file, reader.getHeight(0), reader.getWidth(0), size);
      BufferedImage decoded = reader.read(0);
      refuseOtherColours(decoded, colours, file);
      return decoded;
    });
    Raster raster = image.getRaster();
    boolean gray = raster.getNumBands() == 1 && image.getType() == BufferedImage.TYPE_BYTE_GRAY;
    boolean deepGray = raster.getNumBands() == 1 && raster.getDataBuffer().getDataType() == DataBuffer.TYPE_USHORT
        && image.getType() == BufferedImage.TYPE_USHORT_GRAY;
    // BufferedImage has no type for gray with alpha.
    boolean grayAlpha = raster.getNumBands() == 2;
    int deepest = grayAlpha ? (1 << raster.getSampleModel().getSampleSize(0)) - 1 : 0;
    int area = size.height() * size.width();
    boolean coloured = false;
    for (int p = 0; p < area; p++) {
      int x = p % size.width();
      int y = p / size.width();
      // getRGB would treat gray samples as linear, convert and so change them; therefore they are read directly.
      int value = -1;
      if (gray) {
        value = raster.getSample(x, y, 0);
      } else if (deepGray) {
        value = (raster.getSample(x, y, 0) + 128) / 257;
      } else if (grayAlpha) {
        int alpha = raster.getSample(x, y, 1);
        value = (int) Math.round(255.0 * raster.getSample(x, y, 0) * alpha / ((double) deepest * deepest));
      }
      int argb = value < 0 ? image.getRGB(x, y) : 0;
      int alpha = argb >>> 24;
      coloured = coloured || isColoured(alpha, argb >> 16 & 0xff, argb >> 8 & 0xff, argb & 0xff);
      if (channels == 1) {
        pixels[offset + p] =
            (byte) (value < 0 ? luminance(alpha, argb >> 16 & 0xff, argb >> 8 & 0xff, argb & 0xff) : value);
      } else {
        for (int c = 0; c < channels; c++) {
          pixels[offset + c * area + p] = (byte) (value < 0 ? onBlack(alpha, argb >> 8 * (2 - c) & 0xff) : value);
        }
      }
    }
    return coloured;
  }

  private static void requireSize(Path file, int height, int width, Size size) throws DataException {
    if (height != size.height() || width != size.width()) {
      throw new DataException(file + ": " + height + " x " + width + " pixels, but "
          + size.of() + " has " + size.height() + " x " + size.width() + "; all images must be of one size");
    }
  }

  private static boolean decode(Pnm image, Path file, Size size, int channels, byte[] pixels, int offset)
      throws DataException {
    requireSize(file, image.height(), image.width(), size);
    ImageArrays.Layout layout =
        new ImageArrays.Layout(1, image.height(), image.width(), image.colours(), false);
    if (channels > 1) {
      layout.toColours(image.values(), pixels, offset);
      return true;
    }
    if (image.colours() == 1) {
      System.arraycopy(image.values(), 0, pixels, offset, image.values().length);
      return false;
    }
    return layout.toGrey(image.values(), pixels, offset);
  }

  private static byte[] bytes(Path file) throws DataException {
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new DataException(file + ": " + Files.size(file) + " bytes, expected at most " + MOST_BYTES
            + " in an image");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw DataException.reading(file, e);
    }
  }

  /** Refuses pixels with colours that the palette lacks, since the decoder replaces them by others. */
  private static void refuseOtherColours(BufferedImage image, int colours, Path file) throws DataException {
    if (!(image.getColorModel() instanceof IndexColorModel) || colours == 0) {
      return;
    }
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        int colour = image.getRaster().getSample(x, y, 0);
        if (colour >= colours) {
          throw new DataException(file + ": a damaged PNG file: a pixel of colour " + colour
              + ", counted from 0, but its palette has " + colours);
        }
      }
    }
  }

  /** The grey value of a colour on black; all values from 0 to 255. */
  static int luminance(int alpha, int red, int green, int blue) {
    return (int) Math.round((299 * red + 587 * green + 114 * blue) / 1000.0 * alpha / 255);
  }

  /** Whether a colour on black is no grey. */
  static boolean isColoured(int alpha, int red, int green, int blue) {
    return onBlack(alpha, red) != onBlack(alpha, green) || onBlack(alpha, green) != onBlack(alpha, blue);
  }

  /** A value of 0 to 255 on black. */
  static int onBlack(int alpha, int value) {
    return (int) Math.round((double) value * alpha / 255);
  }

  /** Opens a PNG or JPEG file by its content, whatever its name. Other decoders of this Java are not used. */
  private static <T> T with(Path file, byte[] bytes, Use<T> use) throws DataException {
    try {
      boolean jpeg = startsWith(bytes, 0xFF, 0xD8, 0xFF);
      if (!jpeg && !startsWith(bytes, 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n')) {
        throw new DataException(file + ": not an image that can be read, expected PNG, JPEG or PNM (PGM, PPM)");
      }
      if (jpeg && channels(bytes) > 3) {
        throw new DataException(file + ": a JPEG of " + channels(bytes) + " channels (CMYK); convert it to RGB or grey,"
            + " e.g. with ImageMagick: convert IN.jpg -colorspace sRGB OUT.png");
      }
      int colours = jpeg ? 0 : PngChunks.check(file, bytes);
      ImageReader reader = ImageIO.getImageReadersByFormatName(jpeg ? "jpeg" : "png").next();
      AtomicReference<String> warning = new AtomicReference<>();
      try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
        reader.setInput(in, true, true);
        reader.addIIOReadWarningListener((source, text) -> warning.compareAndSet(null, text));
        T result = use.of(reader, colours);
        // The decoder invents the missing parts of a JPEG, usually as grey, and warns.
        if (jpeg && warning.get() != null) {
          throw new DataException(file + ": a damaged image (" + warning.get() + ")");
        }
        return result;
      } finally {
        reader.dispose();
      }
    } catch (DataException e) {
      throw e;
    } catch (IOException e) {
      throw DataException.reading(file, e);
    } catch (RuntimeException e) {
      // For some damaged files the JDK's decoders throw IllegalArgumentException, ArrayIndexOutOfBoundsException and
      // similar.
      throw new DataException(file + ": a damaged image (" + WholeFile.inWords(e) + ")", e);
    }
  }

  private static boolean startsWith(byte[] bytes, int... beginning) {
    boolean same = bytes.length >= beginning.length;
    for (int i = 0; same && i < beginning.length; i++) {
      same = (bytes[i] & 0xFF) == beginning[i];
    }
    return same;
  }

  /** The number of channels in a JPEG's frame header (a marker SOFn); 0 if there is none, which the decoder refuses. */
  private static int channels(byte[] jpeg) {
    int at = 2;
    while (at + 9 < jpeg.length && (jpeg[at] & 0xFF) == 0xFF) {
      int marker = jpeg[at + 1] & 0xFF;
      if (marker == 0xFF) {
        // A fill byte.
        at++;
        continue;
      }
      boolean frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
      if (frame) {
        return jpeg[at + 9] & 0xFF;
      }
      at += 2 + ((jpeg[at + 2] & 0xFF) << 8 | jpeg[at + 3] & 0xFF);
    }
    return 0;
  }
}
