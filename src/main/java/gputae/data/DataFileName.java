package gputae.data;

import gputae.files.DataException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the name of a file says about the images or labels in it, such as {@code train-images-idx3-ubyte.gz},
 * {@code X_train.npy}, {@code emnist-letters-test-labels-idx1-ubyte} or {@code mnist_train.csv}.
 *
 * @param part   the part of the data set; null if the name does not say it
 * @param labels whether the file holds labels alone
 * @param set    the rest of the name, which all files of one data set share; may be empty
 * @param file   the file
 */
record DataFileName(Part part, boolean labels, String set, Path file) {

  /** The parts of a data set. */
  enum Part {
    TRAIN("train", "training"), TEST("test", "testing", "t10k"), VALIDATION("val", "valid", "validation", "dev");

    private final Set<String> words;

    Part(String... words) {
      this.words = Set.of(words);
    }
  }

  private static final Pattern KINDS = Pattern.compile("(?i).*(\\.(npy|npz|csv|tsv|txt)|[-.]idx\\d-\\w+)(\\.gz)?");
  private static final Set<String> KIND_WORDS = Set.of("npy", "npz", "csv", "tsv", "txt", "idx1", "idx2", "idx3",
      "ubyte", "int", "gz");
  private static final Set<String> IMAGE_WORDS = Set.of("images", "image", "imgs", "img", "x", "data");
  private static final Set<String> LABEL_WORDS = Set.of("labels", "label", "lbls", "lbl", "y", "targets", "target");

  /** The name of a file of arrays or of a table; null for other files. */
  static DataFileName of(Path file) {
    String name = file.getFileName().toString();
    if (name.startsWith(".") || !KINDS.matcher(name).matches()) {
      return null;
    }
    Part part = null;
    boolean labels = false;
    List<String> rest = new ArrayList<>();
    for (String word : name.toLowerCase(Locale.ROOT).split("[-_. ]+")) {
      Part said = partOf(word);
      if (said != null && part == null) {
        part = said;
      } else if (LABEL_WORDS.contains(word)) {
        labels = true;
      } else if (!KIND_WORDS.contains(word) && !IMAGE_WORDS.contains(word)) {
        rest.add(word);
      }
    }
    return new DataFileName(part, labels, String.join("-", rest), file);
  }

  private static Part partOf(String word) {
    for (Part part : Part.values()) {
      if (part.words.contains(word)) {
        return part;
      }
    }
    return null;
  }

  /**
   * The names of all such files in a directory, in alphabetical order. A compressed file beside its unpacked content is
   * left out.
   */
  static List<DataFileName> in(Path directory) throws DataException {
    List<DataFileName> names = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        DataFileName name = of(file);
        String plain = file.getFileName().toString().replaceFirst("(?i)\\.gz$", "");
        boolean unpacked = !file.endsWith(plain) && Files.exists(file.resolveSibling(plain));
        if (name != null && !unpacked) {
          names.add(name);
        }
      }
    } catch (UncheckedIOException e) {
      throw DataException.reading(directory, e.getCause());
    } catch (IOException e) {
      throw DataException.reading(directory, e);
    }
    return names;
  }

  /** The file of labels beside a file of images; null if there is none. */
  static Path labelsBeside(Path images) throws DataException {
    DataFileName name = of(images);
    Path directory = images.toAbsolutePath().getParent();
    if (name == null || directory == null || !Files.isDirectory(directory)) {
      return null;
    }
    List<DataFileName> beside = in(directory).stream()
        .filter(other -> other.labels && other.part == name.part && other.set.equals(name.set)).toList();
    if (beside.size() > 1) {
      throw new DataException(images + ": the labels can be in " + beside.get(0).file.getFileName() + " or in "
          + beside.get(1).file.getFileName() + "; move one of them away");
    }
    return beside.isEmpty() ? null : images.resolveSibling(beside.get(0).file.getFileName());
  }
}
