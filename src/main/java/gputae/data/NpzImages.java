package gputae.data;

import gputae.files.DataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Images and labels in a .npz file: the array that the user names, or the only one, or those with names in common use.
 * Arrays of training images bring those of the test images with them, and images bring their labels.
 */
final class NpzImages {

  /** Names of arrays of images, each with that of its labels. */
  private static final List<Map.Entry<String, String>> NAMES = List.of(Map.entry("x_train", "y_train"),
      Map.entry("train_images", "train_labels"), Map.entry("train_x", "train_y"),
      Map.entry("train_data", "train_labels"), Map.entry("images", "labels"), Map.entry("imgs", "labels"),
      Map.entry("x", "y"), Map.entry("data", "target"), Map.entry("data", "labels"), Map.entry("arr_0", "arr_1"));

  private final Path file;
  private final Map<String, byte[]> arrays;
  private final Map<String, String> names = new LinkedHashMap<>();
  private final Consumer<String> log;
  private final List<String> taken = new ArrayList<>();
  private boolean labelsTaken;

  /**
   * @param arrays the arrays by name, as {@link NpzFile} reads them
   * @param log    receives lines that say what was decided
   */
  NpzImages(Path file, Map<String, byte[]> arrays, Consumer<String> log) {
    this.file = file;
    this.arrays = arrays;
    this.log = log;
    arrays.keySet().forEach(name -> names.putIfAbsent(name.toLowerCase(Locale.ROOT), name));
  }

  /**
   * Reads the images.
   *
   * @param key       the name of the images' array, or null
   * @param labelFile file of the labels if the archive has none, or null
   */
  ImageFiles.Parts read(String key, Path labelFile) throws DataException {
    String images = key != null ? key : known();
    if (images == null || !arrays.containsKey(images)) {
      throw new DataException(file + ": " + NpzFile.listed(arrays.keySet()) + (key == null
          ? "; say which holds the images: --key NAME" : ", none of them is called " + key));
    }
    String test = names.get(testName(images.toLowerCase(Locale.ROOT)));
    ImagePart train = part(images, labelFile);
    ImagePart held = test == null || test.equals(images) ? null : part(test, null);
    if (arrays.size() > 1) {
      List<String> left = arrays.keySet().stream().filter(name -> !taken.contains(name)).toList();
      log.accept(file + ": took " + String.join(", ", taken)
          + (left.isEmpty() ? "" : "; left out " + String.join(", ", left)));
    }
    return new ImageFiles.Parts(train, held, labelFile != null && !labelsTaken);
  }

  /** The name of the images' array, or null if the archive does not show it. */
  private String known() {
    if (arrays.size() == 1) {
      return arrays.keySet().iterator().next();
    }
    return NAMES.stream().map(Map.Entry::getKey).filter(names::containsKey).map(names::get).findFirst().orElse(null);
  }

  /** The name of the test part's array that belongs to an array of the training part. */
  private static String testName(String name) {
    return name.replace("train", "test");
  }

  private ImagePart part(String name, Path labelFile) throws DataException {
    taken.add(name);
    Images images = ImageArrays.images(array(name), log);
    String labels = labels(name.toLowerCase(Locale.ROOT));
    if (labels == null) {
      return new ImagePart(images,
          labelFile == null ? null : ImageFiles.labels(labelFile, images.count(), file, log));
    }
    labelsTaken = true;
    taken.add(labels);
    return new ImagePart(images, ImageArrays.labels(array(labels), images.count(), file + ": " + name, log));
  }

  /** The name of the labels of an array of images, or null. */
  private String labels(String images) {
    return NAMES.stream().flatMap(pair -> List.of(pair,
        Map.entry(testName(pair.getKey()), testName(pair.getValue()))).stream())
        .filter(pair -> pair.getKey().equals(images)).map(Map.Entry::getValue).filter(names::containsKey)
        .map(names::get).findFirst().orElse(null);
  }

  /** The only array. */
  ImageArrays.Named only() throws DataException {
    return array(arrays.keySet().iterator().next());
  }

  private ImageArrays.Named array(String name) throws DataException {
    try (Source source = Source.within(file, arrays.get(name))) {
      return ImageFiles.array(file + ": " + name, source);
    }
  }
}
