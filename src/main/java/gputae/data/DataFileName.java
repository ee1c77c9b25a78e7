package gputae.data;

import gputae.files.DataException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the name of a file or of an array says about the images or labels in it, such as
 * {@code train-images-idx3-ubyte.gz}, {@code X_train.npy}, {@code emnist-letters-test-labels-idx1-ubyte} or
 * {@code mnist_train.csv}.
 *
 * @param part   the part of the data set; null if the name does not say it
 * @param labels whether there are labels alone
 * @param set    the rest of the name, which all files of one data set share; may be empty
 * @param name   the name itself, without folders
 */
record DataFileName(Part part, boolean labels, String set, String name) {

  /** The parts of a data set. */
  enum Part {
    TRAIN("train", "training"), TEST("test", "testing", "t10k"), VALIDATION("val", "valid", "validation", "dev");

    private final Set<String> words;

    Part(String... words) {
      this.words = Set.of(words);
    }

    /** The part that a word names, or null. */
    static Part of(String word) {
      for (Part part : values()) {
        if (part.words.contains(word.toLowerCase(Locale.ROOT))) {
          return part;
        }
      }
      return null;
    }
  }

  private static final Pattern KINDS = Pattern.compile("(?i).*(\\.(npy|npz|csv|tsv|txt)|[-.]idx\\d-\\w+)(\\.gz)?");
  private static final Set<String> KIND_WORDS = Set.of("npy", "npz", "csv", "tsv", "txt", "idx1", "idx2", "idx3",
      "ubyte", "int", "gz");
  private static final Set<String> IMAGE_WORDS = Set.of("images", "image", "imgs", "img", "x", "data", "features",
      "inputs");
  private static final Set<String> LABEL_WORDS = Set.of("labels", "label", "lbls", "lbl", "y", "targets", "target",
      "classes");

  /** Words in the names of files that programs write about data: results, and notes for people. */
  private static final Set<String> OTHER_WORDS = Set.of("latents", "embeddings", "deaths", "readme", "license", "notes",
      "log", "submission");

  /** What a name says. */
  static DataFileName of(String name) {
    Part part = null;
    boolean labels = false;
    List<String> rest = new ArrayList<>();
    for (String word : name.toLowerCase(Locale.ROOT).split("[-_. ]+")) {
      Part said = Part.of(word);
      if (said != null && part == null) {
        part = said;
      } else if (LABEL_WORDS.contains(word)) {
        labels = true;
      } else if (!KIND_WORDS.contains(word) && !IMAGE_WORDS.contains(word)) {
        rest.add(word);
      }
    }
    return new DataFileName(part, labels, String.join("-", rest), name);
  }

  /** Whether there are images for training. */
  boolean isTraining() {
    return part == Part.TRAIN && !labels;
  }

  /** Whether the name is that of a file of arrays or of a table. */
  static boolean isFile(String name) {
    return !name.startsWith(".") && KINDS.matcher(name).matches()
        && Stream.of(name.toLowerCase(Locale.ROOT).split("[-_. ]+")).noneMatch(OTHER_WORDS::contains);
  }

  /**
   * The names of all such files in a directory, in alphabetical order. A compressed file beside its unpacked content is
   * left out.
   */
  static List<DataFileName> in(Path directory) throws DataException {
    List<DataFileName> names = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        String name = file.getFileName().toString();
        String plain = name.replaceFirst("(?i)\\.gz$", "");
        boolean unpacked = !name.equals(plain) && Files.exists(file.resolveSibling(plain));
        if (isFile(name) && !unpacked) {
          names.add(of(name));
        }
      }
    } catch (UncheckedIOException e) {
      throw DataException.reading(directory, e.getCause());
    } catch (IOException e) {
      throw DataException.reading(directory, e);
    }
    return names;
  }

  /**
   * The file of labels beside a file of images; null if there is none. {@code NAME-labels.npy} comes first; it is the
   * only one that earlier versions knew.
   */
  static Path labelsBeside(Path images, boolean asEarlier) throws DataException {
    String own = images.getFileName().toString();
    Path usual = images.resolveSibling(withoutEnding(own) + "-labels.npy");
    if (Files.exists(usual) || asEarlier) {
      return Files.exists(usual) ? usual : null;
    }
    List<Path> beside = allLabelsBeside(images);
    if (beside.size() > 1) {
      throw new DataException(images + ": the labels can be in " + beside.get(0).getFileName() + " or in "
          + beside.get(1).getFileName() + "; move one of them away");
    }
    return beside.isEmpty() ? null : beside.get(0);
  }

  /** All files that can be those of the labels of a file of images. */
  static List<Path> allLabelsBeside(Path images) throws DataException {
    String own = images.getFileName().toString();
    Path directory = images.toAbsolutePath().getParent();
    DataFileName name = of(own);
    if (directory == null || name.labels || !isFile(own)) {
      return List.of();
    }
    try {
      return in(directory).stream().filter(other -> other.labels && other.part == name.part
          && other.set.equals(name.set) && !other.name.equals(own)).map(other -> images.resolveSibling(other.name))
          .toList();
    } catch (DataException e) {
      if (e.getCause() instanceof AccessDeniedException) {
        // The user may open files of this folder, but not list it.
        return List.of();
      }
      throw e;
    }
  }

  /** The name of a file without the ending that tells its kind. */
  static String withoutEnding(String name) {
    String stem = name.replaceFirst("(?i)(\\.(npy|npz|csv|tsv|txt)|[-.]idx\\d-\\w+)?(\\.gz)?$", "");
    return stem.isEmpty() ? name : stem;
  }
}
