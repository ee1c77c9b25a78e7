package gputae.data;

import gputae.files.CacheFolder;
import gputae.files.DataException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Finds and opens a data set by name or path. */
public final class Datasets {

  /** A data set that is downloaded if no directory is given. */
  record Published(String name, List<String> classes, List<String> mirrors, List<Download.Item> items) {}

  // Checksums as published by the authors (Fashion-MNIST's README) and as used by torchvision for both data sets.
  static final Published MNIST = new Published("mnist", Digits.CLASSES,
      List.of("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
      List.of(new Download.Item("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
          new Download.Item("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
          new Download.Item("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
          new Download.Item("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c")));

  static final Published FASHION_MNIST = new Published("fashion-mnist",
      List.of("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
      List.of("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
          "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"),
      List.of(new Download.Item("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
          new Download.Item("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
          new Download.Item("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
          new Download.Item("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310")));

  private Datasets() {}

  /**
   * Opens a data set.
   *
   * @param dataset {@code digits} (built in), {@code mnist}, {@code fashion-mnist}; or the path of a .npy file of
   *     images or of a directory with {@code train-images.npy} and {@code test-images.npy}, or MNIST's four IDX files,
   *     or folders of images; or any name if {@code data} is given
   * @param data    directory with the files, or null; in that case {@code mnist} and {@code fashion-mnist} are
   *     downloaded once into the user's cache
   * @param log     receives lines that say what was found and decided
   * @throws DataException if the data are missing or bad
   */
  public static Dataset open(String dataset, Path data, Consumer<String> log) throws DataException {
    for (Published published : List.of(MNIST, FASHION_MNIST)) {
      if (dataset.equals(published.name())) {
        return openPublished(published, data, CacheFolder.of("datasets"), log);
      }
    }
    if (dataset.equals("digits")) {
      if (data != null) {
        throw new DataException("the data set digits is built in; leave out --data " + data);
      }
      return Digits.generate(Digits.TRAIN, Digits.TEST, Digits.SEED);
    }
    Path path;
    try {
      path = Path.of(dataset);
    } catch (InvalidPathException e) {
      throw new DataException(dataset + ": neither a known data set (digits, mnist, fashion-mnist) nor a path", e);
    }
    if (data == null && !Files.exists(path)) {
      throw new DataException(
          dataset + ": no such file or directory, and no known data set; those are digits, mnist, fashion-mnist");
    }
    if (data != null && Files.exists(path)) {
      throw new DataException("the data set " + dataset + " is a path already; leave out --data " + data);
    }
    Path place = data == null ? path : data;
    String name = data == null ? nameOf(path) : dataset;
    if (Files.isDirectory(place)) {
      return directory(place, name, log);
    }
    if (!Files.exists(place)) {
      throw new DataException(place + ": no such file or directory");
    }
    if (CloudFiles.isNpy(place)) {
      return singleFile(place, name, log);
    }
    throw new DataException(place + ": not a data set; expected a .npy file of images or a directory");
  }

  static Dataset openPublished(Published published, Path data, Path cache, Consumer<String> log) throws DataException {
    Path directory = data;
    if (data == null) {
      if (cache == null) {
        throw new DataException("there is no folder to keep " + published.name() + " in, since this user has no home;"
            + " set XDG_CACHE_HOME or HOME, or give its files with --data DIR");
      }
      directory = cache.resolve(published.name());
      Download.fetch(published.name(), directory, published.mirrors(), published.items(), log);
    } else if (!Files.isDirectory(data)) {
      throw new DataException(
          data + ": no such directory; --data takes the directory with the IDX files of " + published.name());
    }
    Dataset read = idx(directory, published.name(), log);
    if (read.classes().size() > published.classes().size()) {
      throw new DataException(directory + ": label " + (read.classes().size() - 1) + ", but " + published.name()
          + " has only " + published.classes().size()
          + " classes");
    }
    return new Dataset(published.name(), read.classes().isEmpty() ? List.of() : published.classes(), read.train(),
        read.test());
  }

  private static Dataset directory(Path directory, String name, Consumer<String> log) throws DataException {
    Path train = directory.resolve("train-images.npy");
    Path test = directory.resolve("test-images.npy");
    if (Files.exists(train)) {
      if (!Files.exists(test)) {
        throw new DataException(directory + ": there is train-images.npy, but no test-images.npy");
      }
      return of(directory, name, npyPart(directory, "train", log), npyPart(directory, "test", log));
    }
    if (Idx.find(directory, "train", "images", 3) != null) {
      return idx(directory, name, log);
    }
    if (ImageFolders.looksLike(directory)) {
      return ImageFolders.read(directory, name, log);
    }
    throw new DataException(directory
        + ": no data set; expected train-images.npy and test-images.npy, or train-images-idx3-ubyte[.gz] and its kin,"
        + " or class folders with .png or .jpg files");
  }

  private static Split npyPart(Path directory, String part, Consumer<String> log) throws DataException {
    return NpyImages.read(directory.resolve(part + "-images.npy"), directory.resolve(part + "-labels.npy"), log);
  }

  private static Dataset idx(Path directory, String name, Consumer<String> log) throws DataException {
    Split train = Idx.readSplit(directory, "train");
    Split test = Idx.readSplit(directory, Idx.find(directory, "test", "images", 3) != null ? "test" : "t10k");
    if (train.labels() == null || test.labels() == null) {
      log.accept(directory + ": no labels for the "
          + (train.labels() != null ? "test" : test.labels() != null ? "training" : "training and test") + " images");
    }
    return of(directory, name, train, test);
  }

  private static Dataset singleFile(Path file, String name, Consumer<String> log) throws DataException {
    String fileName = file.getFileName().toString();
    Path labels = file.resolveSibling(fileName.substring(0, fileName.length() - ".npy".length()) + "-labels.npy");
    Split whole = NpyImages.read(file, labels, log);
    int count = whole.images().count();
    if (count < 2) {
      throw new DataException(file + ": " + count + " image, expected at least 2: one to train on and one to hold out");
    }
    int held = HeldOut.of(count);
    log.accept(file + ": " + count + " images, the last " + held + " are the test split; "
        + (whole.labels() == null && !Files.exists(labels) ? "no labels (there is no " + labels.getFileName() + ")"
            : "labels from " + labels.getFileName()));
    Split train = HeldOut.slice(whole, 0, count - held);
    Split test = HeldOut.slice(whole, count - held, count);
    if (whole.labels() != null && classesOf(test) < classesOf(train)) {
      log.accept("warning: " + file + ": the test split covers " + classesOf(test) + " of the " + classesOf(train)
          + " classes of the training split; shuffle rows that are sorted by class first");
    }
    return of(file, name, train, test);
  }

  private static long classesOf(Split split) {
    return Arrays.stream(split.withClass()).map(split::classOf).distinct().count();
  }

  /** A data set whose class names are the numbers of its classes. */
  private static Dataset of(Path source, String name, Split train, Split test) throws DataException {
    Images a = train.images();
    Images b = test.images();
    if (a.height() != b.height() || a.width() != b.width()) {
      throw new DataException(source + ": training images are " + a.height() + " x " + a.width() + ", test images "
          + b.height() + " x " + b.width()
          + "; all must be of one size");
    }
    int classes = 1 + Math.max(train.largestLabel(), test.largestLabel());
    return new Dataset(name, IntStream.range(0, classes).mapToObj(Integer::toString).toList(), train, test);
  }

  /** Whether the text is the name of a known data set; other data sets are given as the path of their files. */
  public static boolean isNamed(String dataset) {
    return dataset.equals("digits") || dataset.equals(MNIST.name()) || dataset.equals(FASHION_MNIST.name());
  }

  /** The name of a data set that is given as a path: the last part without {@code .npy}. */
  public static String nameOf(Path path) {
    Path last = path.toAbsolutePath().normalize().getFileName();
    String name = last == null ? "data" : last.toString();
    return name.toLowerCase(Locale.ROOT).endsWith(".npy") ? name.substring(0, name.length() - ".npy".length()) : name;
  }
}
