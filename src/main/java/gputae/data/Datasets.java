package gputae.data;

import gputae.data.DataFileName.Part;
import gputae.data.DataOptions.Form;
import gputae.files.CacheFolder;
import gputae.files.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

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

  /** Names of data sets that need no path. */
  private static final List<String> KNOWN = Stream.concat(Stream.of("digits", MNIST.name(), FASHION_MNIST.name()),
      Arrays.stream(Generators.values()).map(Generators::label)).toList();

  private static final long GENERATOR_SEED = 0;

  private static final Pattern USUAL_NPY = Pattern.compile("(train|test)-(images|labels)\\.npy");

  private static final Pattern USUAL_IDX =
      Pattern.compile("(train|t10k|test)-(images|labels)[-.]idx[13]-ubyte(\\.gz)?");

  private Datasets() {}

  /**
   * Opens a data set.
   *
   * @param dataset {@code digits} and {@link Generators} (built in), {@code mnist}, {@code fashion-mnist}; or the path
   *     of a file of samples ({@link SampleFiles}); or the path of a directory with files of training and test samples,
   *     or with images ({@link ImageFolders}); or any name if {@code data} is given
   * @param data    directory with the files, or null; in that case {@code mnist} and {@code fashion-mnist} are
   *     downloaded once into the user's cache
   * @param options what the user says about the data; if {@code heldOut} is null, the data decide
   * @param log     receives lines that say what was found and decided
   * @throws DataException if the data are missing or bad
   */
  public static Dataset open(String dataset, Path data, DataOptions options, Consumer<String> log)
      throws DataException {
    Dataset opened = unscaled(dataset, data, options, log);
    if (!(opened.train().samples() instanceof Vectors vectors)) {
      if (options.scale() != null && options.scale() != Scaling.Kind.NONE) {
        throw new DataException(
            dataset + ": --scale " + options.scale() + " is for vectors; pixels are numbers in [0, 1]"
                + " already; leave it out");
      }
      return opened;
    }
    Scaling scaling = options.scaling();
    if (scaling == null) {
      scaling = Scaling.of(options.scale() == null ? Scaling.Kind.STANDARDISE : options.scale(), vectors);
    } else if (scaling.features() != vectors.size()) {
      throw new DataException(dataset + ": holds vectors of " + vectors.shape() + ", not of " + scaling.features());
    }
    log.accept(dataset + ": " + scaling.kind().words()
        + (options.scale() == null && options.scaling() == null ? " (--scale none or unit for another way)" : ""));
    return scaled(dataset, opened, vectors, scaling, log);
  }

  private static Dataset scaled(String dataset, Dataset opened, Vectors train, Scaling scaling, Consumer<String> log)
      throws DataException {
    Vectors test = (Vectors) opened.test().samples();
    int constant = scaling.leftConstant(train, test);
    if (constant >= 0) {
      log.accept("warning: " + dataset + ": feature " + train.shape().names().get(constant)
          + " is constant in the training samples, but not in the test samples, so it is not scaled");
    }
    Dataset scaled = opened.scaled(scaling);
    for (Split split : List.of(scaled.train(), scaled.test())) {
      float[] values = ((Vectors) split.samples()).values();
      for (int i = 0; i < values.length; i++) {
        if (!Float.isFinite(values[i])) {
          throw new DataException(dataset + ": a value of feature " + train.shape().names().get(i % train.size())
              + " is too large for float32 when it is scaled; remove it, or take --scale none");
        }
      }
    }
    return scaled;
  }

  private static Dataset unscaled(String dataset, Path data, DataOptions options, Consumer<String> log)
      throws DataException {
    if (isNamed(dataset) && !(options.form() == Form.VECTORS && Generators.named(dataset) != null)) {
      options.refuseFor(dataset, "a known data set");
    }
    for (Published published : List.of(MNIST, FASHION_MNIST)) {
      if (dataset.equals(published.name())) {
        return openPublished(published, data, CacheFolder.of("datasets"), log);
      }
    }
    if (dataset.equals("digits")) {
      if (data != null) {
        throw new DataException("the data set digits is built in; leave out --data " + data);
      }
      return DigitsCache.DIGITS.digits(CacheFolder.of("datasets"), log);
    }
    Generators generator = Generators.named(dataset);
    if (generator != null) {
      if (data != null) {
        throw new DataException("the data set " + dataset + " is built in; leave out --data " + data);
      }
      if (options.form() == Form.IMAGES) {
        throw new DataException("the data set " + dataset + " holds vectors; leave out --as images");
      }
      Generators.Points points = generator.points(GENERATOR_SEED);
      return divided(dataset, dataset, points.classes(), points.split(),
          options.heldOut() == null ? generator.heldOut() : options.heldOut(), false, "drawn with seed "
              + GENERATOR_SEED,
          log);
    }
    return atPath(dataset, data, options.heldOut() == null ? options.with(HeldOut.DEFAULT) : options, log);
  }

  private static Dataset atPath(String dataset, Path data, DataOptions options, Consumer<String> log)
      throws DataException {
    Path path;
    try {
      path = Path.of(dataset);
    } catch (InvalidPathException e) {
      throw new DataException(dataset + ": neither a known data set (" + String.join(", ", KNOWN) + ") nor a path", e);
    }
    if (data == null && !Files.exists(path)) {
      throw new DataException(
          dataset + ": no such file or directory, and no known data set; those are " + String.join(", ", KNOWN));
    }
    if (data != null && Files.exists(path)) {
      throw new DataException("the data set " + dataset + " is a path already; leave out --data " + data);
    }
    Path place = data == null ? path : data;
    String name = data == null ? nameOf(path) : dataset;
    if (Files.isDirectory(place)) {
      return directory(place, name, options, log);
    }
    if (!Files.exists(place)) {
      throw new DataException(place + ": no such file or directory");
    }
    return singleFile(place, name, options, log);
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
    List<DataFileName> names = usual(DataFileName.in(directory), USUAL_IDX);
    if (names.isEmpty()) {
      throw new DataException(directory + ": no file train-images-idx3-ubyte[.gz]; --data takes the directory with the"
          + " IDX files of " + published.name());
    }
    Dataset read = parts(directory, published.name(), names, DataOptions.DEFAULT, log);
    if (read.classes().size() > published.classes().size()) {
      throw new DataException(directory + ": label " + (read.classes().size() - 1) + ", but " + published.name()
          + " has only " + published.classes().size()
          + " classes");
    }
    return new Dataset(published.name(), read.classes().isEmpty() ? List.of() : published.classes(), read.train(),
        read.test(), read.heldOut());
  }

  /**
   * Opens a directory. The forms come in the order in which earlier versions looked for them, then those that are new:
   * .npy files and IDX files of the usual names, folders of images, files of other names, images without folders.
   */
  private static Dataset directory(Path directory, String name, DataOptions options, Consumer<String> log)
      throws DataException {
    List<DataFileName> names = DataFileName.in(directory);
    if (options.key() == null) {
      for (Pattern form : List.of(USUAL_NPY, USUAL_IDX)) {
        List<DataFileName> usual = usual(names, form);
        if (!usual.isEmpty()) {
          return parts(directory, name, usual, options, log);
        }
      }
    }
    boolean hasParts = names.stream().anyMatch(DataFileName::isTraining);
    if (ImageFolders.hasFolders(directory) || !hasParts && ImageFolders.hasImages(directory)) {
      options.refuseFor(directory.toString(), "a folder of images");
      return ImageFolders.read(directory, name, options, log);
    }
    if (hasParts) {
      return parts(directory, name, names, options, log);
    }
    List<DataFileName> whole = whole(names);
    if (whole.size() == 1) {
      return singleFile(directory.resolve(whole.get(0).name()), name, options, log);
    }
    throw new DataException(directory + ": no data set; expected train-images and test-images (.npy, .npz, IDX, with"
        + " train-labels and test-labels), train.csv and test.csv, folders train and test, or image files (.png, .jpg,"
        + " .pgm, .ppm) in class folders or all in this folder"
        + (whole.isEmpty() ? "" : "; or give one file, such as " + directory.resolve(whole.get(0).name())));
  }

  /** The files whose names have a usual form, if those of the training images are among them; else none. */
  private static List<DataFileName> usual(List<DataFileName> names, Pattern form) {
    List<DataFileName> usual = names.stream().filter(name -> form.matcher(name.name()).matches()).toList();
    return usual.stream().anyMatch(DataFileName::isTraining) ? usual : List.of();
  }

  /** Files of images whose names say no part. */
  private static List<DataFileName> whole(List<DataFileName> names) {
    return names.stream().filter(file -> file.part() == null && !file.labels()).toList();
  }

  /** Opens a data set whose parts are files of their own. */
  private static Dataset parts(Path directory, String name, List<DataFileName> names, DataOptions options,
      Consumer<String> log) throws DataException {
    List<String> sets =
        names.stream().filter(DataFileName::isTraining).map(DataFileName::set).distinct().sorted().toList();
    boolean isSet = options.key() != null && sets.contains(options.key());
    // The set without a name of its own is the folder's.
    if (sets.size() > 1 && !isSet && (options.key() != null || !sets.get(0).isEmpty())) {
      throw new DataException(directory + ": several data sets: " + String.join(", ", sets) + "; choose one: --key "
          + sets.get(sets.size() - 1));
    }
    String set = isSet ? options.key() : sets.get(0);
    DataOptions within = isSet ? options.with(null, options.labelColumn()) : options;
    if (sets.size() > 1 && set.isEmpty()) {
      log.accept(directory + ": left out " + String.join(", ", sets.subList(1, sets.size())) + " (--key chooses one)");
    }
    Path testFile = SampleFiles.find(directory, names, set, Part.TEST, false);
    Path validation = SampleFiles.find(directory, names, set, Part.VALIDATION, false);
    Part testPart = testFile != null ? Part.TEST : Part.VALIDATION;
    Path trainFile = SampleFiles.find(directory, names, set, Part.TRAIN, false);
    testFile = testFile != null ? testFile : validation;
    if (testFile == null) {
      throw new DataException(directory + ": there is " + trainFile.getFileName() + ", but no file of test images;"
          + " add it, or give " + trainFile + " as the data set, of which a share is held out");
    }
    if (testPart == Part.VALIDATION) {
      log.accept(directory + ": there are no test images, so " + testFile.getFileName() + " is the test split");
    } else if (validation != null) {
      log.accept(directory + ": " + validation.getFileName() + " is left out");
    }
    SamplePart train = SampleFiles
        .read(trainFile, SampleFiles.find(directory, names, set, Part.TRAIN, true), within, false, log).train();
    SamplePart test = SampleFiles
        .read(testFile, SampleFiles.find(directory, names, set, testPart, true), within, true, log).train();
    List<String> without = new ArrayList<>();
    if (train.hasNoLabels()) {
      without.add("training");
    }
    if (test.hasNoLabels()) {
      without.add("test");
    }
    if (!without.isEmpty()) {
      log.accept(directory + ": no labels for the " + String.join(" and ", without) + " "
          + train.samples().shape().words());
    }
    return of(directory, name, train, test);
  }

  private static Dataset singleFile(Path file, String name, DataOptions options, Consumer<String> log)
      throws DataException {
    Path labels = DataFileName.labelsBeside(file, options.heldOut() instanceof HeldOut.LastSixth);
    SampleFiles.Parts parts = SampleFiles.read(file, labels, options, false, log);
    SamplePart whole = parts.train();
    if (parts.test() != null) {
      return of(file, name, whole, parts.test());
    }
    List<String> classes = SamplePart.classes(whole);
    String said = parts.labelsFile() ? "labels from " + labels.getFileName() : !whole.hasNoLabels() ? "with labels"
        : "no labels (there is no " + DataFileName.withoutEnding(file.getFileName().toString()) + "-labels.npy)";
    return divided(file, name, classes, whole.split(classes), options.heldOut(), false, said, log);
  }

  /**
   * Divides samples that bring no test split.
   *
   * @param source  the place of the data, for messages
   * @param byClass whether the samples come class by class
   * @param labels  where the labels come from, for the line that says what was done
   */
  static Dataset divided(Object source, String name, List<String> classes, Split whole, HeldOut heldOut,
      boolean byClass,
      String labels, Consumer<String> log) throws DataException {
    int count = whole.count();
    requireTwo(source, count);
    boolean[] held = heldOut.of(count, whole.labels(), byClass);
    int[] train = IntStream.range(0, count).filter(i -> !held[i]).toArray();
    int[] test = IntStream.range(0, count).filter(i -> held[i]).toArray();
    log.accept(source + ": " + count + " " + whole.samples().shape().words() + ", " + test.length
        + " of them are the test split (" + heldOut.words(whole.labels() != null, byClass) + "); " + labels);
    return new Dataset(name, classes, whole.take(train), whole.take(test), heldOut);
  }

  /** Refuses samples that cannot be divided. */
  static void requireTwo(Object source, int count) throws DataException {
    if (count < 2) {
      throw new DataException(
          source + ": " + count + " sample, expected at least 2: one to train on and one to hold out");
    }
  }

  private static Dataset of(Path source, String name, SamplePart trainPart, SamplePart testPart)
      throws DataException {
    boolean colour = trainPart.hasColour() || testPart.hasColour();
    SamplePart train = colour ? trainPart.inColour() : trainPart;
    SamplePart test = colour ? testPart.inColour() : testPart;
    Shape a = train.samples().shape();
    Shape b = test.samples().shape();
    if (a.size() != b.size() || !a.words().equals(b.words()) || a instanceof Shape.Image && !a.equals(b)) {
      throw new DataException(source + ": training " + a.words() + " are " + a + ", test " + b.words() + " " + b
          + "; all must be of one size");
    }
    if (a instanceof Shape.Features features && b instanceof Shape.Features others && !a.equals(b)) {
      int first = IntStream.range(0, a.size()).filter(i -> !features.names().get(i).equals(others.names().get(i)))
          .findFirst().orElseThrow();
      throw new DataException(source + ": feature " + (first + 1) + " is called " + features.names().get(first)
          + " in the training vectors, " + others.names().get(first) + " in the test vectors; their columns must be"
          + " the same in the same order");
    }
    boolean words = train.words() != null;
    boolean otherWords = test.words() != null;
    if (words != otherWords && !train.hasNoLabels() && !test.hasNoLabels()) {
      throw new DataException(source + ": the classes of the " + (words ? "training" : "test")
          + " images are words, the others are numbers; give both alike");
    }
    if (words && otherWords) {
      List<String> known = SamplePart.classes(train);
      for (String word : SamplePart.classes(test)) {
        if (!known.contains(word)) {
          throw new DataException(
              source + ": the class \"" + word + "\" of a test sample is that of no training sample;"
                  + " are they parts of one data set?");
        }
      }
    }
    List<String> classes = SamplePart.classes(train, test);
    if (classes.size() > Split.NO_CLASS) {
      throw new DataException(source + ": " + classes.size() + " classes; at most " + Split.NO_CLASS
          + " are supported");
    }
    return new Dataset(name, classes, train.split(classes), test.split(classes));
  }

  /** The files of a data set that is given as a path, as far as their names tell; the path itself is one of them. */
  public static List<Path> filesOf(Path place) throws IOException {
    List<Path> files = new ArrayList<>(List.of(place));
    if (!Files.isDirectory(place)) {
      files.addAll(DataFileName.allLabelsBeside(place));
      Path usual = DataFileName.labelsBeside(place, true);
      if (usual != null) {
        files.add(usual);
      }
      return files;
    }
    List<DataFileName> names = DataFileName.in(place);
    boolean divided = names.stream().anyMatch(DataFileName::isTraining);
    names.stream().filter(name -> name.part() != null).map(name -> place.resolve(name.name())).forEach(files::add);
    List<DataFileName> whole = whole(names);
    if (!divided && whole.size() == 1) {
      files.addAll(filesOf(place.resolve(whole.get(0).name())));
    }
    // Beside files of parts, images in the folder may be results.
    files.addAll(ImageFolders.files(place, divided ? 2 : 1));
    return files;
  }

  /** Whether the text is the name of a known data set; other data sets are given as the path of their files. */
  public static boolean isNamed(String dataset) {
    return KNOWN.contains(dataset);
  }

  /** Whether the text is the name of a known data set whose files must be had: downloaded, or in a folder. */
  public static boolean isPublished(String dataset) {
    return dataset.equals(MNIST.name()) || dataset.equals(FASHION_MNIST.name());
  }

  /** The name of a data set that is given as a path: the last part without endings such as {@code .npy}. */
  public static String nameOf(Path path) {
    Path last = path.toAbsolutePath().normalize().getFileName();
    return last == null ? "data" : DataFileName.withoutEnding(last.toString());
  }
}
