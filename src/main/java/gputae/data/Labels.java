package gputae.data;

import gputae.files.DataException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Classes of points in a separate file: .npy of integers, or of floats with integer values, shape [n], [n, 1] or [1,
 * n]; or text with one integer per line.
 */
public final class Labels {

  /** The label of a point without a class. */
  public static final int NO_CLASS = -1;

  private Labels() {}

  /**
   * Reads labels, which may be any 32-bit integers; {@link #NO_CLASS} stands for no class.
   *
   * @param count expected number of labels
   * @param of    the file to whose points the labels belong, for messages
   * @param note  receives a line that says what was decided about the file
   */
  public static int[] read(Path file, int count, Path of, Consumer<String> note) throws DataException {
    double[] values = values(file);
    if (values.length != count) {
      throw new DataException(file + ": " + values.length + " labels, expected " + count + ", one for each point of "
          + of.getFileName()
          + (values.length == count + 1 ? "; if the first line is a name of digits, remove it" : ""));
    }
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (int) values[i];
      if (labels[i] != values[i]) {
        throw new DataException(file + ": label " + i + " (counted from 0) is " + values[i] + ", expected an integer");
      }
    }
    long without = Arrays.stream(labels).filter(label -> label == NO_CLASS).count();
    if (without > 0) {
      note.accept(file + ": label -1 (" + without + (without == 1 ? " point" : " points")
          + ") stands for no class; the k-NN accuracy leaves out points without a class");
    }
    return labels;
  }

  /** Refuses the byte that stands for an image without a class: the file may mean 255 or -1. */
  static void refuseReserved(Path file, byte[] labels) throws DataException {
    for (int i = 0; i < labels.length; i++) {
      if (!Split.isClass(labels[i])) {
        throw new DataException(reserved(file.toString(), i));
      }
    }
  }

  /** The message for a label 255, which may mean 255 or -1. */
  static String reserved(String where, int label) {
    return where + ": label " + label + " (counted from 0) is 255, expected 0 to 254; for images without a class store"
        + " -1 as a signed integer in .npy";
  }

  private static double[] values(Path file) throws DataException {
    try (Source source = Source.open(file, true)) {
      CloudKind kind = CloudKind.of(source);
      if (kind == CloudKind.NPY) {
        NpyHeader header = NpyHeader.read(source);
        int[] shape = header.shape();
        if (shape.length != 1 && (shape.length != 2 || shape[0] != 1 && shape[1] != 1)) {
          throw new DataException(file + ": shape " + Arrays.toString(shape) + ", expected labels [n] or [n, 1]");
        }
        return doubles(Npy.read(source, header));
      }
      if (kind != CloudKind.TABLE) {
        throw new DataException(file + ": is " + kind.words() + ", expected labels as .npy or text");
      }
      return text(new TextTable(source, TableOptions.NONE));
    }
  }

  private static double[] doubles(NpyArray array) {
    double[] values;
    if (array instanceof NpyArray.Bytes bytes) {
      values = new double[bytes.values().length];
      Arrays.setAll(values, i -> bytes.values()[i] & 0xff);
    } else if (array instanceof NpyArray.Integers integers) {
      values = Arrays.stream(integers.values()).asDoubleStream().toArray();
    } else if (array instanceof NpyArray.Floats floats) {
      values = new double[floats.values().length];
      Arrays.setAll(values, i -> floats.values()[i]);
    } else {
      values = ((NpyArray.Doubles) array).values();
    }
    return values;
  }

  /** Reads one label per line; a first line with a name is optional. */
  private static double[] text(TextTable table) throws DataException {
    double[] values = new double[256];
    int count = 0;
    boolean first = true;
    while (table.next()) {
      if (table.split(table.separator()) != 1) {
        throw new DataException(table.here() + ": more than one column, expected one label a line");
      }
      if (first && !NumberText.looksLikeNumber(table.cell(0))) {
        first = false;
        continue;
      }
      first = false;
      if (count == values.length) {
        values = Arrays.copyOf(values, (int) Math.min(Source.LARGEST_ARRAY, 2L * count));
      }
      values[count++] = table.asDouble(0);
    }
    return Arrays.copyOf(values, count);
  }
}
