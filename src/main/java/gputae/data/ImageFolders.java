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
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
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
    return new Dataset(name, classes, split(train, size), split(test, size));
  }

  private static Split split(List<Labelled> items, Size size) throws DataException {
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
          decode(items.get(i).file(), size, pixels, i * perImage);
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
    if ((long) size.height() * size.width() > MOST_PIXELS) {
      throw new DataException(file + ": " + size.height() + " x " + size.width() + " pixels, expected at most " + MOST_PIXELS + " in an image");
    }
    return size;
  }

  private static void decode(Path file, Size size, byte[] pixels, int offset) throws DataException {
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
          value = luminance(image.getRGB(x, y));
        }
        pixels[offset++] = (byte) value;
      }
    }
  }

  private static int luminance(int argb) {
    int thousandths = 299 * (argb >> 16 & 0xff) + 587 * (argb >> 8 & 0xff) + 114 * (argb & 0xff);
    return (int) Math.round(thousandths / 1000.0 * (argb >>> 24) / 255);
  }

  private static <T> T with(Path file, Use<T> use) throws DataException {
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(Files.readAllBytes(file)))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new DataException(file + ": not an image that can be read, expected PNG or JPEG");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, true);
        return use.of(reader);
      } finally {
        reader.dispose();
      }
    } catch (IOException e) {
      throw DataException.reading(file, e);
    } catch (RuntimeException e) {
      // The JDK's decoders answer some damaged files with IllegalArgumentException, ArrayIndexOutOfBoundsException and the like.
      throw new DataException(file + ": a damaged image (" + WholeFile.inWords(e) + ")", e);
    }
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
