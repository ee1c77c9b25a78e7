package gputae.data;

import gputae.data.DataFileName.Part;
import gputae.files.DataException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Images as files, PNG, JPEG or PNM, in one folder for each class, {@code CLASS/*}, or all in one folder without
 * classes. They may be divided: {@code train/...} and {@code test/...}, or {@code val/...} instead of {@code test/...};
 * otherwise a share is held out. Classes and files are taken in the order of their names. All images must have the same
 * size; they become grey ({@link Picture}).
 */
final class ImageFolders {

  private static final int MOST_CLASSES = Split.NO_CLASS;
  private static final int MOST_NAMED = 5;

  /** Levels of a data set's folder: parts, then classes, then images. */
  private static final int DEEPEST = 3;

  private static final Set<String> ENDINGS = Set.of("png", "jpg", "jpeg", "pgm", "ppm", "pbm", "pnm");

  /** Folders that archives and systems leave; they hold no class. */
  private static final Set<String> NO_CLASSES =
      Set.of("__macosx", "@eadir", "$recycle.bin", "system volume information");

  /** Image files with their classes. */
  private static final class Found {
    private final List<Path> files = new ArrayList<>();
    private final List<Integer> labels = new ArrayList<>();

    void add(Path file, int label) {
      files.add(file);
      labels.add(label);
    }
  }

  private final Path directory;
  private final Consumer<String> log;
  private final List<String> passedOver = new ArrayList<>();
  private final List<String> classes = new ArrayList<>();
  private boolean divided;

  private ImageFolders(Path directory, Consumer<String> log) {
    this.directory = directory;
    this.log = log;
  }

  /** Whether the directory holds a folder of training images, or at least one folder with an image in it. */
  static boolean hasFolders(Path directory) throws DataException {
    if (partFolder(directory, Part.TRAIN) != null) {
      return true;
    }
    for (Path folder : folders(directory)) {
      if (hasImages(folder)) {
        return true;
      }
    }
    return false;
  }

  /** Whether there are image files in the folder itself. */
  static boolean hasImages(Path folder) throws DataException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.anyMatch(ImageFolders::isImage);
    } catch (UncheckedIOException e) {
      throw DataException.reading(folder, e.getCause());
    } catch (IOException e) {
      throw DataException.reading(folder, e);
    }
  }

  /** The folder of a part, such as train or Training; null if there is none. */
  private static Path partFolder(Path directory, Part part) throws DataException {
    List<Path> found =
        folders(directory).stream().filter(folder -> Part.of(folder.getFileName().toString()) == part).toList();
    if (found.size() > 1) {
      throw new DataException(directory + ": the folders " + found.get(0).getFileName() + " and "
          + found.get(1).getFileName() + " are the same part of the data; move one of them away");
    }
    return found.isEmpty() ? null : found.get(0);
  }

  /** Reads a data set; {@code log} receives lines that say what was decided. */
  static Dataset read(Path directory, String name, DataOptions options, Consumer<String> log) throws DataException {
    return new ImageFolders(directory, log).read(name, options);
  }

  private Dataset read(String name, DataOptions options) throws DataException {
    Path trainFolder = partFolder(directory, Part.TRAIN);
    divided = trainFolder != null;
    Found train = find(divided ? trainFolder : directory, true);
    Found test = divided ? find(testFolder(), false) : null;
    if (divided) {
      noteStrays(directory);
      requireImages(train, test);
    } else {
      Datasets.requireTwo(directory, train.files.size());
    }
    Picture.Size size = Picture.sizeOf(train.files.get(0));
    AtomicInteger coloured = new AtomicInteger();
    Split first = split(train, size, 1, coloured);
    Split second = divided ? split(test, size, 1, coloured) : null;
    int all = first.count() + (divided ? second.count() : 0);
    if (coloured.get() > 0 && options.form() == DataOptions.Form.GREY) {
      log.accept(directory + ": colour becomes grey (luminance) in " + coloured.get() + " of " + all + " images");
    } else if (coloured.get() > 0) {
      log.accept(directory + ": " + coloured.get() + " of " + all + " images have colours, so all are in colour (--as"
          + " grey for grey ones)");
      first = split(train, size, Shape.Image.COLOURS, coloured);
      second = divided ? split(test, size, Shape.Image.COLOURS, coloured) : null;
    }
    Dataset dataset = divided ? new Dataset(name, classes, first, second)
        : Datasets.divided(directory, name, classes, first, options.heldOut(), first.labels() != null,
            first.labels() == null ? "no labels (there are no class folders)" : "classes from the folders", log);
    if (!passedOver.isEmpty()) {
      log.accept(directory + ": passed over " + passedOver.size()
          + (passedOver.size() == 1 ? " entry that is no image: " : " entries that are no images: ")
          + String.join(", ", passedOver.subList(0, Math.min(MOST_NAMED, passedOver.size())))
          + (passedOver.size() > MOST_NAMED ? ", ..." : ""));
    }
    return dataset;
  }

  private Path testFolder() throws DataException {
    Path test = partFolder(directory, Part.TEST);
    Path validation = partFolder(directory, Part.VALIDATION);
    if (test == null && validation == null) {
      throw new DataException(directory + ": there is a folder train, but no folder test; add it, or give the folder"
          + " train as the data set, of which a share is held out");
    }
    if (test == null) {
      log.accept(directory + ": there is no folder test, so " + validation.getFileName() + " is the test split");
      return validation;
    }
    if (validation != null) {
      log.accept(directory + ": " + validation.getFileName() + " is left out; " + test.getFileName()
          + " is the test split");
    }
    return test;
  }

  private void requireImages(Found train, Found test) throws DataException {
    if (train.files.isEmpty() || test.files.isEmpty()) {
      throw new DataException(directory + ": " + train.files.size() + " training and " + test.files.size()
          + " test images, expected at least one of each");
    }
  }

  /**
   * The images of one part.
   *
   * @param newClasses whether a folder may be a new class
   */
  private Found find(Path root, boolean newClasses) throws DataException {
    Found found = new Found();
    List<Path> flat = images(root);
    List<Path> folders = folders(root).stream().filter(folder -> !isNoClass(folder)).toList();
    // Pictures beside class folders may be results.
    boolean classFolders = false;
    for (Path folder : folders) {
      classFolders |= hasImages(folder);
    }
    if (!flat.isEmpty() && classFolders) {
      flat.forEach(this::passOver);
    } else if (!flat.isEmpty()) {
      noteStrays(root);
      flat.forEach(file -> found.add(file, Split.NO_CLASS));
      return found;
    }
    for (Path folder : folders) {
      List<Path> files = images(folder);
      int label = classes.indexOf(folder.getFileName().toString());
      if (label < 0 && !newClasses) {
        throw new DataException(folder + ": a class that the training images do not have");
      }
      if (label < 0) {
        if (files.isEmpty()) {
          throw new DataException(folder + ": no .png, .jpg, .pgm or .ppm file in this class folder; remove the folder"
              + " or fill it");
        }
        if (classes.size() == MOST_CLASSES) {
          throw new DataException(root + ": more than " + MOST_CLASSES + " class folders");
        }
        label = classes.size();
        classes.add(folder.getFileName().toString());
      }
      noteStrays(folder);
      for (Path file : files) {
        found.add(file, label);
      }
    }
    noteStrays(root);
    return found;
  }

  private static boolean isNoClass(Path folder) {
    return NO_CLASSES.contains(folder.getFileName().toString().toLowerCase(Locale.ROOT));
  }

  /** Notes the files of a folder that are no images. Class folders and the parts of a data set are none of them. */
  private void noteStrays(Path folder) throws DataException {
    boolean holdsFolders = folder.equals(directory) || Part.of(folder.getFileName().toString()) != null;
    for (Path entry : list(folder)) {
      boolean isPart = Part.of(entry.getFileName().toString()) != null;
      boolean stray = !Files.isDirectory(entry) ? !isImage(entry)
          : isNoClass(entry) || !holdsFolders || folder.equals(directory) && divided && !isPart;
      if (stray) {
        passOver(entry);
      }
    }
  }

  private void passOver(Path entry) {
    passedOver.add(directory.relativize(entry).toString());
  }

  /**
   * Decodes images of one size.
   *
   * @param channels 1 for grey images, 3 for images in colour
   * @param coloured counts the images that have a colour
   */
  private Split split(Found found, Picture.Size size, int channels, AtomicInteger coloured) throws DataException {
    int count = found.files.size();
    int perImage = channels * size.height() * size.width();
    if ((long) count * perImage > Source.LARGEST_ARRAY) {
      throw new DataException(directory + ": " + count + " images of " + perImage + " values are more than the "
          + Source.LARGEST_ARRAY + " that can be held");
    }
    byte[] pixels = new byte[count * perImage];
    byte[] labels = new byte[count];
    try {
      IntStream.range(0, count).parallel().forEach(i -> {
        labels[i] = (byte) (int) found.labels.get(i);
        try {
          if (Picture.decode(found.files.get(i), size, channels, pixels, i * perImage)) {
            coloured.incrementAndGet();
          }
        } catch (DataException e) {
          throw new UncheckedIOException(e);
        }
      });
    } catch (UncheckedIOException e) {
      throw (DataException) e.getCause();
    }
    return new Split(new Images(pixels, count, new Shape.Image(channels, size.height(), size.width())), labels);
  }

  private static List<Path> folders(Path folder) throws DataException {
    return list(folder).stream().filter(Files::isDirectory)
        .filter(entry -> !entry.getFileName().toString().startsWith(".")).toList();
  }

  private static List<Path> images(Path folder) throws DataException {
    return list(folder).stream().filter(ImageFolders::isImage).toList();
  }

  /** Whether the name is that of an image. Names that begin with a dot are those of other files, as of macOS. */
  private static boolean isImage(Path entry) {
    String name = entry.getFileName().toString().toLowerCase(Locale.ROOT);
    return !name.startsWith(".") && ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1))
        && Files.isRegularFile(entry);
  }

  /** All image files below a folder that are at least {@code depth} levels deep: parts, then classes, then images. */
  static List<Path> files(Path folder, int depth) throws IOException {
    List<Path> files = new ArrayList<>();
    List<Path> open = List.of(folder);
    // Links are followed, as they are when the images are read.
    for (int level = 1; level <= DEEPEST; level++) {
      List<Path> deeper = new ArrayList<>();
      for (Path place : open) {
        if (level >= depth) {
          files.addAll(images(place));
        }
        deeper.addAll(folders(place));
      }
      open = deeper;
    }
    return files;
  }

  private static List<Path> list(Path folder) throws DataException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    } catch (UncheckedIOException e) {
      throw DataException.reading(folder, e.getCause());
    } catch (IOException e) {
      throw DataException.reading(folder, e);
    }
  }
}
