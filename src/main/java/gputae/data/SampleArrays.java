package gputae.data;

import gputae.data.DataOptions.Form;
import gputae.files.DataException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Samples from arrays of numbers. An array with more than two axes holds images. The rows of an array with two axes are
 * images if their number of pixels is a square and their values can be grey values, otherwise vectors of features. The
 * user may say which.
 */
final class SampleArrays {

  /** Images have at least this side; a row of 4 or 9 numbers is rather a row of a table. */
  private static final int LEAST_SIDE = 4;

  /** Rows of floats in [0, 1] that are no bytes / 255 are images from this side on. */
  private static final int LEAST_SIDE_OF_FLOATS = 8;

  private static final Pattern PIXEL =
      Pattern.compile("(p|px|pix|pixel)?[-_ ]?\\d+|\\d+x\\d+|r(ow)?_?\\d+_?c(ol)?_?\\d+",
          Pattern.CASE_INSENSITIVE);

  private SampleArrays() {}

  /** Whether so many numbers can be the pixels of a square image. */
  static boolean canBePixels(int numbers) {
    return ImageArrays.side(numbers) >= LEAST_SIDE;
  }

  /**
   * The samples of an array.
   *
   * @param form  what the rows are; null if the array decides
   * @param names the names of the columns; null if they have none
   * @param log   receives lines that say what was decided
   */
  static Samples of(ImageArrays.Named named, Form form, List<String> names, Consumer<String> log)
      throws DataException {
    int[] shape = named.shape();
    if (form == Form.IMAGES || form == Form.GREY
        || form == null && (shape.length != 2 || looksLikeImages(named, names))) {
      Images images = ImageArrays.images(named, form == Form.GREY, log);
      if (form == null && shape.length == 2) {
        log.accept(named.where() + ": rows of " + shape[1] + " numbers taken as images of " + images.shape()
            + " (--as vectors takes them as features)");
      }
      return images;
    }
    return vectors(named, names, log);
  }

  private static boolean looksLikeImages(ImageArrays.Named named, List<String> names) {
    int columns = named.shape()[1];
    if (names != null && names.stream().allMatch(name -> name.startsWith("pixel"))) {
      return true;
    }
    // Names of features are many; those of pixels are few, such as p7, px7, 7, 1x7, row1col7.
    if (!canBePixels(columns) || names != null && !names.stream().allMatch(name -> PIXEL.matcher(name).matches())) {
      return false;
    }
    int count = ImageArrays.sizeOf(named.array());
    boolean bytes = true;
    boolean unit = true;
    boolean shares = true;
    for (int i = 0; i < count && (bytes || unit); i++) {
      double value = ImageArrays.value(named.array(), i);
      bytes = bytes && value >= 0 && value <= 255 && value == (int) value;
      unit = unit && value >= 0 && value <= 1;
      shares = shares && Math.abs(255 * value - Math.rint(255 * value)) < 1e-3;
    }
    return bytes || unit && (shares || ImageArrays.side(columns) >= LEAST_SIDE_OF_FLOATS);
  }

  private static Vectors vectors(ImageArrays.Named named, List<String> names, Consumer<String> log)
      throws DataException {
    int[] shape = named.shape();
    if (shape.length < 2) {
      throw new DataException(named.shapeText() + ", expected vectors [n, features]; convert in Python:"
          + " numpy.save('NEW.npy', ARRAY.reshape(-1, FEATURES))");
    }
    int count = ImageArrays.sizeOf(named.array());
    if (count == 0) {
      throw new DataException(named.shapeText() + " is empty");
    }
    int size = count / shape[0];
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) ImageArrays.value(named.array(), i);
      if (!Float.isFinite(values[i])) {
        throw new DataException(named.where() + ": row " + i / size + " (counted from 0), "
            + (names == null ? "number " + i % size : "column " + names.get(i % size)) + " is "
            + ImageArrays.value(named.array(), i) + "; features must be finite float32 numbers: remove such rows, or"
            + " put a number there");
      }
    }
    noteRounding(named, values, size, names, log);
    log.accept(named.where() + ": vectors of " + (size == 1 ? "1 feature" : size + " features")
        + (shape.length > 2 ? ", the numbers of " + Arrays.toString(Arrays.copyOfRange(shape, 1, shape.length))
            + " one after another" : ""));
    return new Vectors(values, shape[0], names == null ? Shape.Features.numbered(size) : new Shape.Features(names));
  }

  /** Says which feature loses more than a thousandth of its range when it is rounded to float32. */
  private static void noteRounding(ImageArrays.Named named, float[] values, int size, List<String> names,
      Consumer<String> log) {
    if (!(named.array() instanceof NpyArray.Doubles || named.array() instanceof NpyArray.Integers)) {
      return;
    }
    for (int k = 0; k < size; k++) {
      double least = Double.POSITIVE_INFINITY;
      double most = Double.NEGATIVE_INFINITY;
      double error = 0;
      for (int i = k; i < values.length; i += size) {
        double exact = ImageArrays.value(named.array(), i);
        least = Math.min(least, exact);
        most = Math.max(most, exact);
        error = Math.max(error, Math.abs(exact - values[i]));
      }
      if (error > 1e-3 * (most - least)) {
        log.accept("warning: " + named.where() + ": " + (names == null ? "number " + k : "column " + names.get(k))
            + " lies from " + least + " to " + most + ", and float32 rounds it by up to " + error
            + "; subtract a constant from it first");
      }
    }
  }
}
