package gputae.data;

import gputae.data.DataFileName.Part;
import gputae.files.DataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Samples and labels in a .npz file: the array that the user names, or the only one, or those whose names tell what
 * they are ({@link DataFileName}). Training samples bring the test samples with them, and samples bring their labels.
 */
final class NpzSamples {

  private final Path file;
  private final Map<String, byte[]> arrays;
  private final DataOptions.Form form;
  private final List<DataFileName> names;
  private final Consumer<String> log;
  private final List<String> taken = new ArrayList<>();
  private boolean labelsTaken;

  /**
   * @param arrays the arrays by name, as {@link NpzFile} reads them
   * @param form   what the rows of an array are; null if the array decides
   * @param log    receives lines that say what was decided
   */
  NpzSamples(Path file, Map<String, byte[]> arrays, DataOptions.Form form, Consumer<String> log) {
    this.file = file;
    this.arrays = arrays;
    this.form = form;
    this.log = log;
    this.names = arrays.keySet().stream().map(NpzSamples::name).toList();
  }

  /** What the name of an array says. numpy.savez calls arrays without names arr_0, arr_1, ... */
  private static DataFileName name(String array) {
    return switch (array) {
      case "arr_0" -> new DataFileName(null, false, "", array);
      case "arr_1" -> new DataFileName(null, true, "", array);
      default -> DataFileName.of(array);
    };
  }

  /**
   * Reads the samples.
   *
   * @param key       the name of the samples' array, or null
   * @param labelFile file of the labels if the archive has none, or null
   */
  SampleFiles.Parts read(String key, Path labelFile) throws DataException {
    DataFileName images = key != null ? named(key) : known();
    DataFileName test = images.part() == Part.TRAIN ? only(Part.TEST, images.set(), false) : null;
    SamplePart train = part(images, labelFile);
    SamplePart held = test == null ? null : part(test, null);
    if (arrays.size() > 1) {
      List<String> left = arrays.keySet().stream().filter(name -> !taken.contains(name)).toList();
      log.accept(file + ": took " + String.join(", ", taken)
          + (left.isEmpty() ? "" : "; left out " + String.join(", ", left)));
    }
    return new SampleFiles.Parts(train, held, labelFile != null && !labelsTaken);
  }

  private DataFileName named(String key) throws DataException {
    for (DataFileName name : names) {
      if (name.name().equals(key)) {
        return name;
      }
    }
    throw new DataException(file + ": " + NpzFile.listed(arrays.keySet()) + ", none of them is called " + key);
  }

  /** The samples' array, if the archive shows it. */
  private DataFileName known() throws DataException {
    if (names.size() == 1) {
      return names.get(0);
    }
    DataFileName images = only(Part.TRAIN, "", false);
    images = images != null ? images : only(null, "", false);
    if (images == null) {
      throw new DataException(file + ": " + NpzFile.listed(arrays.keySet()) + "; say which holds the samples: --key"
          + " NAME");
    }
    return images;
  }

  /** The only array of a part of a set, or null if there is none or several. */
  private DataFileName only(Part part, String set, boolean labels) {
    List<DataFileName> found = names.stream()
        .filter(name -> name.part() == part && name.labels() == labels && name.set().equals(set)).toList();
    return found.size() == 1 ? found.get(0) : null;
  }

  private SamplePart part(DataFileName name, Path labelFile) throws DataException {
    taken.add(name.name());
    Samples samples = SampleArrays.of(array(name), form, null, log);
    DataFileName labels = name.labels() ? null : only(name.part(), name.set(), true);
    if (labels == null) {
      return new SamplePart(samples,
          labelFile == null ? null : SampleFiles.labels(labelFile, samples.count(), file, log));
    }
    labelsTaken = true;
    taken.add(labels.name());
    return new SamplePart(samples,
        ImageArrays.labels(array(labels), samples.count(), file + ": " + name.name(), log));
  }

  /** The first array. */
  ImageArrays.Named first() throws DataException {
    return array(names.get(0));
  }

  private ImageArrays.Named array(DataFileName name) throws DataException {
    try (Source source = Source.within(file, arrays.get(name.name()))) {
      return SampleFiles.array(file + ": " + name.name(), source);
    }
  }
}
