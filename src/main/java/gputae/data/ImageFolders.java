package gputae.data;

import gputae.files.DataException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Images as .png and .jpg files in one folder per class: {@code train/CLASS/*}, {@code test/CLASS/*}, or
 * {@code CLASS/*} with the last sixth of every class held out. Classes and files are taken in the order of their names.
 * All images must have the same size; they become grey ({@link Picture}).
 */
final class ImageFolders {

  private static final int MOST_CLASSES = Split.NO_CLASS;

  private record Labelled(Path file, int label) {}

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
      log.accept(directory + ": the last sixth of every class is the test split, " + test.size() + " of "
          + (train.size() + test.size()) + " images");
    }
    if (train.isEmpty() || test.isEmpty()) {
      throw new DataException(directory + ": " + train.size() + " training and " + test.size()
          + " test images, expected at least one of each");
    }
    Picture.Size size = Picture.sizeOf(train.get(0).file());
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
   * @param coloured counts the images that have a colour
   */
  private static Split split(List<Labelled> items, Picture.Size size, AtomicInteger coloured) throws DataException {
    int perImage = size.height() * size.width();
    if ((long) items.size() * perImage > Source.LARGEST_ARRAY) {
      throw new DataException(size.of().getParent().getParent() + ": " + items.size() + " images of " + perImage
          + " pixels are more than the "
          + Source.LARGEST_ARRAY + " pixels that can be held");
    }
    byte[] pixels = new byte[items.size() * perImage];
    byte[] labels = new byte[items.size()];
    try {
      IntStream.range(0, items.size()).parallel().forEach(i -> {
        labels[i] = (byte) items.get(i).label();
        try {
          if (Picture.decode(items.get(i).file(), size, pixels, i * perImage)) {
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
