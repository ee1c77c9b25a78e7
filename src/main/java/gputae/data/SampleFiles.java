package gputae.data;

import gputae.files.DataException;
import gputae.data.DataFileName.Part;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Samples in files of arrays and tables, whose content decides the format: .npy and .npz, IDX (MNIST's format), text.
 * Each may be gzip.
 */
final class SampleFiles {

  /** EMNIST's files hold each image with rows and columns exchanged, as its authors say. */
  private static final String TRANSPOSED = "emnist";

  private SampleFiles() {}

  /**
   * The parts that one file holds.
   *
   * @param train      the training part, or all samples if the file does not divide them
   * @param test       the test part; null if the file does not divide its samples
   * @param labelsFile whether the labels come from a file of their own
   */
  record Parts(SamplePart train, SamplePart test, boolean labelsFile) {}

  /**
   * Reads a file of samples and, if there is one, the file of their labels.
   *
   * @param labels  file of the labels, or null; it does not count if the samples' file has labels
   * @param mayLack whether a table may lack the column of classes that the options name
   * @param log     receives lines that say what was decided
   */
  static Parts read(Path file, Path labels, DataOptions options, boolean mayLack, Consumer<String> log)
      throws DataException {
    try (Source source = Source.open(file, true)) {
      if (Idx.isAt(source.peek(4))) {
        if (options.key() != null) {
          throw noKey(file, options.key());
        }
        if (options.labelColumn() != null) {
          throw new DataException(file + ": is an IDX file; --label-column is for text tables");
        }
        if (options.form() == DataOptions.Form.VECTORS) {
          throw new DataException(file + ": is an IDX file of images; leave --as vectors out");
        }
        return withLabels(upright(Idx.images(source), file, log), labels, file, log);
      }
      CloudKind kind = CloudKind.of(source);
      if (options.key() != null && kind != CloudKind.NPZ) {
        throw noKey(file, options.key());
      }
      if (options.labelColumn() != null && kind != CloudKind.TABLE) {
        throw new DataException(file + ": is " + kind.words() + "; --label-column is for text tables");
      }
      return switch (kind) {
        case NPY -> withLabels(SampleArrays.of(array(file.toString(), source), options.form(), null, log), labels,
            file, log);
        case NPZ -> new NpzSamples(file, NpzFile.read(source), options.form(), log).read(options.key(), labels);
        case TABLE -> {
          SamplePart table = SampleTable.read(source, options, mayLack, log);
          Samples samples = upright(table.samples(), file, log);
          yield labels == null || !table.hasNoLabels()
              ? new Parts(new SamplePart(samples, table.labels(), table.words()), null, false)
              : withLabels(samples, labels, file, log);
        }
        default -> throw new DataException(file + ": is " + kind.words() + ", expected images or vectors: .npy, .npz,"
            + " IDX, or a text table with one sample a line");
      };
    }
  }

  private static DataException noKey(Path file, String key) {
    return new DataException(file + ": --key " + key + " has no meaning for this file; leave it out");
  }

  /** The array of a .npy file, or of a member of a .npz file. */
  static ImageArrays.Named array(String where, Source source) throws DataException {
    NpyHeader header = NpyHeader.read(source);
    return new ImageArrays.Named(where, header.kind(), Npy.read(source, header));
  }

  /** The images of a file, turned upright if its name says that it is one of EMNIST's. */
  private static Samples upright(Samples samples, Path file, Consumer<String> log) {
    String set = DataFileName.of(file.getFileName().toString()).set();
    if (!(samples instanceof Images images) || !List.of(set.split("-")).contains(TRANSPOSED)) {
      return samples;
    }
    log.accept(file + ": EMNIST exchanges rows and columns of its images; they are turned upright");
    return transposed(images);
  }

  private static Images transposed(Images images) {
    int height = images.width();
    int width = images.height();
    byte[] from = images.pixels();
    byte[] to = new byte[from.length];
    for (int i = 0; i < images.count(); i++) {
      int at = i * height * width;
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          to[at + y * width + x] = from[at + x * height + y];
        }
      }
    }
    return new Images(to, images.count(), height, width);
  }

  private static Parts withLabels(Samples samples, Path file, Path of, Consumer<String> log) throws DataException {
    return new Parts(new SamplePart(samples, file == null ? null : labels(file, samples.count(), of, log)), null,
        file != null);
  }

  /** Labels in a file of their own: .npy, .npz of one array, IDX (also QMNIST's table of integers), or text. */
  static byte[] labels(Path file, int count, Path of, Consumer<String> log) throws DataException {
    String images = of.getFileName().toString();
    byte[] labels;
    try (Source source = Source.open(file, true)) {
      if (Idx.isAt(source.peek(4))) {
        labels = Idx.labels(source);
        if (labels.length != count) {
          throw new DataException(file + ": at byte 4: " + labels.length + " labels, but " + images + " has " + count);
        }
        Labels.refuseReserved(file, labels);
        return labels;
      }
      CloudKind kind = CloudKind.of(source);
      if (kind == CloudKind.NPY) {
        labels = ImageArrays.labels(array(file.toString(), source), count, images, log);
      } else if (kind == CloudKind.NPZ) {
        Map<String, byte[]> arrays = NpzFile.read(source);
        if (arrays.size() != 1) {
          throw new DataException(file + ": " + NpzFile.listed(arrays.keySet()) + ", expected one array of labels");
        }
        labels = ImageArrays.labels(new NpzSamples(file, arrays, null, log).first(), count, images, log);
      } else {
        labels = null;
      }
    }
    if (labels == null) {
      int[] read = Labels.read(file, count, of, line -> {});
      NpyArray array = new NpyArray.Integers(new int[] {count}, Arrays.stream(read).asLongStream().toArray());
      labels = ImageArrays.labels(new ImageArrays.Named(file.toString(), 'i', array), count, images, log);
    }
    long without = Split.count(labels, Split.NO_CLASS);
    if (without > 0) {
      log.accept(file + ": " + without + " of " + count + " samples have no class (label -1)");
    }
    return labels;
  }

  /** The file of a part of a set, images or labels; null if there is none. */
  static Path find(Path directory, List<DataFileName> names, String set, Part part, boolean labels)
      throws DataException {
    List<Path> found = names.stream()
        .filter(name -> name.part() == part && name.labels() == labels && name.set().equals(set))
        .map(name -> directory.resolve(name.name())).toList();
    if (found.size() > 1) {
      throw new DataException(found.get(0) + ": " + found.get(1).getFileName() + " can be the same part of the data;"
          + " move one of them away");
    }
    return found.isEmpty() ? null : found.get(0);
  }
}
