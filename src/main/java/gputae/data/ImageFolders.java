package gputae.data;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Images as .png and .jpg files, one folder a class: {@code train/CLASS/*}, {@code test/CLASS/*}, or {@code CLASS/*} with the last sixth of every class
 * held out. Classes and files are taken in the order of their names. Colours become luminance, 0.299 R + 0.587 G + 0.114 B; what is transparent counts
 * as black. All images must be of one size.
 */
final class ImageFolders {

  // A picture larger than 4096 x 4096 is no input for these models; the bound keeps a forged header from claiming gigabytes.
  private static final long MOST_PIXELS = 1 << 24;
  private static final int MOST_CLASSES = 256;

  private record Labelled(Path file, int label) {}

  private record Size(int height, int width, Path of) {}

  private ImageFolders() {}

  /** Whether the directory holds train/ and test/, or at least one folder with an image in it. */
  static boolean looksLike(Path directory) throws DataException {
    if (Files.isDirectory(directory.resolve("train"))) {
      return true;
    }
    for (Path folder : folders(directory)) {
      if (!images(folder).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  static Dataset read(Path directory, String name, Consumer<String> log) throws DataException {
    Path trainFolder = directory.resolve("train");
    boolean divided = Files.isDirectory(trainFolder);
    Path root = divided ? trainFolder : directory;
    List<Path> folders = folders(root);
    List<String> classes = new ArrayList<>();
    List<Labelled> train = new ArrayList<>();
    List<Labelled> test = new ArrayList<>();
    for (Path folder : folders) {
      List<Path> files = images(folder);
      if (files.isEmpty()) {
        throw new DataException(folder + ": no .png or .jpg file in this class folder; remove the folder or fill it");
      }
      if (classes.size() == MOST_CLASSES) {
        throw new DataException(root + ": more than " + MOST_CLASSES + " class folders");
      }
      int label = classes.size();
      classes.add(folder.getFileName().toString());
      int kept = divided ? files.size() : files.size() - (files.size() == 1 ? 0 : HeldOut.of(files.size()));
      files.subList(0, kept).forEach(file -> train.add(new Labelled(file, label)));
      files.subList(kept, files.size()).forEach(file -> test.add(new Labelled(file, label)));
    }
    if (divided) {
      Path testFolder = directory.resolve("test");
      if (!Files.isDirectory(testFolder)) {
        throw new DataException(directory + ": there is a folder train, but no folder test");
      }
      for (Path folder : folders(testFolder)) {
        int label = classes.indexOf(folder.getFileName().toString());
        if (label < 0) {
          throw new DataException(folder + ": a class that " + trainFolder + " does not have");
        }
        images(folder).forEach(file -> test.add(new Labelled(file, label)));
      }
    } else {
      log.accept(directory + ": the last sixth of every class is the test split, " + test.size() + " of " + (train.size() + test.size()) + " images");
    }
    if (train.isEmpty() || test.isEmpty()) {
      throw new DataException(directory + ": " + train.size() + " training and " + test.size() + " test images, expected at least one of each");
    }
    Size size = sizeOf(train.get(0).file());
    AtomicInteger coloured = new AtomicInteger();
    Dataset dataset = new Dataset(name, classes, split(train, size, coloured), split(test, size, coloured));
    if (coloured.get() > 0) {
      log.accept(directory + ": colour becomes grey (luminance) in " + coloured.get() + " of "
          + (train.size() + test.size()) + " images");
    }
    return dataset;
  }

  /**
   * Decodes images of one size.
   *
   * @param coloured counts those that have a colour
   */
  private static Split split(List<Labelled> items, Size size, AtomicInteger coloured) throws DataException {
    int perImage = size.height() * size.width();
    if ((long) items.size() * perImage > Source.LARGEST_ARRAY) {
      throw new DataException(size.of().getParent().getParent() + ": " + items.size() + " images of " + perImage + " pixels are more than the "
          + Source.LARGEST_ARRAY + " pixels that can be held");
    }
    byte[] pixels = new byte[items.size() * perImage];
    byte[] labels = new byte[items.size()];
    try {
      IntStream.range(0, items.size()).parallel().forEach(i -> {
        labels[i] = (byte) items.get(i).label();
        try {
          if (decode(items.get(i).file(), size, pixels, i * perImage)) {
            coloured.incrementAndGet();
          }
        } catch (DataException e) {
          throw new UncheckedIOException(e);
        }
      });
    } catch (UncheckedIOException e) {
      throw (DataException) e.getCause();
    }
    return new Split(new Images(pixels, items.size(), size.height(), size.width()), labels);
  }

  private interface Use<T> {
    T of(ImageReader reader) throws IOException;
  }

  private static Size sizeOf(Path file) throws DataException {
    Size size = with(file, reader -> new Size(reader.getHeight(0), reader.getWidth(0), file));
    if (size.height() < 1 || size.width() < 1 || (long) size.height() * size.width() > MOST_PIXELS) {
      throw new DataException(file + ": " + size.height() + " x " + size.width() + " pixels, expected 1 to "
          + MOST_PIXELS + " in an image");
    }
    return size;
  }

  /** Writes the grey values of an image; true if it has a colour. */
  private static boolean decode(Path file, Size size, byte[] pixels, int offset) throws DataException {
    BufferedImage image = with(file, reader -> {
      if (reader.getHeight(0) != size.height() || reader.getWidth(0) != size.width()) {
        throw new DataException(file + ": " + reader.getHeight(0) + " x " + reader.getWidth(0) + " pixels, but " + size.of()
            + " has " + size.height() + " x " + size.width() + "; all images must be of one size");
      }
      return reader.read(0);
    });
    Raster raster = image.getRaster();
    boolean gray = raster.getNumBands() == 1 && image.getType() == BufferedImage.TYPE_BYTE_GRAY;
    boolean deepGray = raster.getNumBands() == 1 && raster.getDataBuffer().getDataType() == DataBuffer.TYPE_USHORT
        && image.getType() == BufferedImage.TYPE_USHORT_GRAY;
    // Gray with alpha has no type of its own.
    boolean grayAlpha = raster.getNumBands() == 2;
    int deepest = grayAlpha ? (1 << raster.getSampleModel().getSampleSize(0)) - 1 : 0;
    boolean coloured = false;
    for (int y = 0; y < size.height(); y++) {
      for (int x = 0; x < size.width(); x++) {
        int value;
        // getRGB would convert gray samples from a linear scale and change them, so they are taken as they are.
        if (gray) {
          value = raster.getSample(x, y, 0);
        } else if (deepGray) {
          value = (raster.getSample(x, y, 0) + 128) / 257;
        } else if (grayAlpha) {
          value = (int) Math.round(255.0 * raster.getSample(x, y, 0) * raster.getSample(x, y, 1) / ((double) deepest * deepest));
        } else {
          int argb = image.getRGB(x, y);
          value = luminance(argb);
          coloured = coloured || (argb >> 16 & 0xff) != (argb & 0xff) || (argb >> 8 & 0xff) != (argb & 0xff);
        }
        pixels[offset++] = (byte) value;
      }
    }
    return coloured;
  }

  private static int luminance(int argb) {
    int thousandths = 299 * (argb >> 16 & 0xff) + 587 * (argb >> 8 & 0xff) + 114 * (argb & 0xff);
    return (int) Math.round(thousandths / 1000.0 * (argb >>> 24) / 255);
  }

  /** Opens a PNG or JPEG file by what it holds, whatever its name; other decoders of this Java are not asked. */
  private static <T> T with(Path file, Use<T> use) throws DataException {
    try {
      byte[] bytes = Files.readAllBytes(file);
      boolean jpeg = startsWith(bytes, 0xFF, 0xD8, 0xFF);
      if (!jpeg && !startsWith(bytes, 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n')) {
        throw new DataException(file + ": not an image that can be read, expected PNG or JPEG");
      }
      if (jpeg && channels(bytes) > 3) {
        throw new DataException(file + ": a JPEG of " + channels(bytes) + " channels (CMYK); convert it to RGB or grey,"
            + " e.g. with ImageMagick: convert IN.jpg -colorspace sRGB OUT.png");
      }
      ImageReader reader = ImageIO.getImageReadersByFormatName(jpeg ? "jpeg" : "png").next();
      AtomicReference<String> warning = new AtomicReference<>();
      try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
        reader.setInput(in, true, true);
        reader.addIIOReadWarningListener((source, text) -> warning.compareAndSet(null, text));
        T result = use.of(reader);
        // The decoder makes up what a JPEG lacks, grey as a rule, and warns.
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
      // The JDK's decoders answer some damaged files with IllegalArgumentException, ArrayIndexOutOfBoundsException and the like.
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

  /** The channels that a JPEG's frame header (a marker SOFn) names; 0 without one, which the decoder refuses. */
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

  private static List<Path> folders(Path directory) throws DataException {
    return list(directory, entry -> Files.isDirectory(entry));
  }

  private static List<Path> images(Path folder) throws DataException {
    return list(folder, entry -> {
      String name = entry.getFileName().toString().toLowerCase(Locale.ROOT);
      return (name.endsWith(".png") || name.endsWith(".jpg") || name.endsWith(".jpeg")) && Files.isRegularFile(entry);
    });
  }

  private static List<Path> list(Path directory, Predicate<Path> wanted) throws DataException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.filter(entry -> !entry.getFileName().toString().startsWith(".")).filter(wanted).sorted().toList();
    } catch (UncheckedIOException e) {
      throw DataException.reading(directory, e.getCause());
    } catch (IOException e) {
      throw DataException.reading(directory, e);
    }
  }
}
