package gputae.data;

import gputae.files.DataException;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Images and labels from arrays of numbers, as users keep them in .npy and .npz files. What is not said by the array is
 * said in a line, or the array is refused.
 */
final class ImageArrays {

  private static final String SAVE = "numpy.save('NEW.npy', ";
  private static final String CONVERT = "; convert in Python: " + SAVE;

  private ImageArrays() {}

  /**
   * An array of a file.
   *
   * @param where the file, and the name of the array if the file has several
   * @param kind  NumPy's letter for the kind of its values, such as b for bool
   */
  record Named(String where, char kind, NpyArray array) {

    int[] shape() {
      return array.shape();
    }

    String shapeText() {
      return where + ": shape " + Arrays.toString(array.shape());
    }
  }

  /** The shape of an array of images. Its colours are the second axis or the last one. */
  record Layout(int count, int height, int width, int colours, boolean coloursFirst) {

    boolean isSquare() {
      return height == width;
    }

    private int at(int image, int pixel, int colour) {
      int pixels = height * width;
      return coloursFirst ? (image * colours + colour) * pixels + pixel : (image * pixels + pixel) * colours + colour;
    }

    /**
     * Writes the grey values of coloured images.
     *
     * @param values 3 colours, or 4 with an alpha, from 0 to 255
     * @param grey   the pixels of the images, from {@code offset} on
     * @return whether a pixel has a colour
     */
    boolean toGrey(byte[] values, byte[] grey, int offset) {
      int pixels = height * width;
      boolean coloured = false;
      for (int i = 0; i < count; i++) {
        for (int p = 0; p < pixels; p++) {
          int red = values[at(i, p, 0)] & 0xff;
          int green = values[at(i, p, 1)] & 0xff;
          int blue = values[at(i, p, 2)] & 0xff;
          int alpha = alpha(values, i, p);
          coloured |= Picture.isColoured(alpha, red, green, blue);
          grey[offset + i * pixels + p] = (byte) Picture.luminance(alpha, red, green, blue);
        }
      }
      return coloured;
    }

    /** Writes the colours on black, [count, 3, height, width], from {@code offset} on. */
    void toColours(byte[] values, byte[] colours, int offset) {
      int pixels = height * width;
      for (int i = 0; i < count; i++) {
        for (int c = 0; c < Shape.Image.COLOURS; c++) {
          for (int p = 0; p < pixels; p++) {
            int value = values[at(i, p, this.colours == 1 ? 0 : c)] & 0xff;
            colours[offset + (i * Shape.Image.COLOURS + c) * pixels + p] =
                (byte) Picture.onBlack(alpha(values, i, p), value);
          }
        }
      }
    }

    private int alpha(byte[] values, int image, int pixel) {
      return colours == 4 ? values[at(image, pixel, 3)] & 0xff : 255;
    }
  }

  /**
   * Images from an array of one of the shapes [n, height, width], [n, pixels], [n, 1, height, width], [n, height,
   * width, 1]; in colour [n, height, width, 3 or 4], [n, 3, height, width].
   *
   * @param grey whether colours become grey as in {@link Picture}
   * @param log  receives a line about what was decided or rounded
   */
  static Images images(Named named, boolean grey, Consumer<String> log) throws DataException {
    Layout layout = layout(named);
    byte[] values = bytes(named, log);
    if (layout.colours == 1) {
      return new Images(values, layout.count, layout.height, layout.width);
    }
    byte[] greys = new byte[layout.count * layout.height * layout.width];
    if (!layout.toGrey(values, greys, 0)) {
      return new Images(greys, layout.count, layout.height, layout.width);
    }
    if (grey) {
      log.accept(named.where + ": colour becomes grey (luminance)");
      return new Images(greys, layout.count, layout.height, layout.width);
    }
    log.accept(named.where + ": images in colour (--as grey for grey ones)");
    byte[] colours = new byte[Math.multiplyExact(greys.length, Shape.Image.COLOURS)];
    layout.toColours(values, colours, 0);
    return new Images(colours, layout.count, new Shape.Image(Shape.Image.COLOURS, layout.height, layout.width));
  }

  private static Layout layout(Named named) throws DataException {
    int[] shape = named.shape();
    if (shape.length < 2 || shape.length > 4) {
      throw new DataException(named.shapeText() + ", expected images [n, height, width] or [n, pixels]"
          + (shape.length == 1 ? CONVERT + "ARRAY.reshape(-1, HEIGHT, WIDTH)), or reshape(-1, FEATURES) for vectors"
              : ""));
    }
    if (Arrays.stream(shape).anyMatch(size -> size == 0)) {
      throw new DataException(named.shapeText() + " is empty");
    }
    if (shape.length == 2) {
      int side = side(shape[1]);
      return new Layout(shape[0], side > 0 ? side : 1, side > 0 ? side : shape[1], 1, false);
    }
    if (shape.length == 3) {
      return new Layout(shape[0], shape[1], shape[2], 1, false);
    }
    Layout last = new Layout(shape[0], shape[1], shape[2], shape[3], false);
    Layout first = new Layout(shape[0], shape[2], shape[3], shape[1], true);
    boolean canBeLast = shape[3] == 1 || shape[3] == 3 || shape[3] == 4;
    boolean canBeFirst = shape[1] == 1 || shape[1] == 3;
    if (!canBeLast && !canBeFirst) {
      throw new DataException(named.shapeText() + ", expected images [n, height, width], or with 1 or 3 colours"
          + " [n, height, width, 3] or [n, 3, height, width]" + CONVERT + "ARRAY.reshape(-1, HEIGHT, WIDTH))");
    }
    if (canBeLast != canBeFirst) {
      return canBeLast ? last : first;
    }
    // Images are usually square, which tells a width of 4 from four colours. With one colour on one row both are the
    // same.
    if (last.isSquare() == first.isSquare() && shape[1] * shape[3] > 1) {
      throw colourAxis(named);
    }
    return first.isSquare() ? first : last;
  }

  private static DataException colourAxis(Named named) {
    return new DataException(named.shapeText() + ": the colours can be the second or the last axis" + CONVERT
        + "ARRAY.mean(axis=1)) or ARRAY.mean(axis=-1))");
  }

  /** The side of a square of so many pixels, or 0 if there is none. */
  static int side(int pixels) {
    int side = (int) Math.round(Math.sqrt(pixels));
    return (long) side * side == pixels ? side : 0;
  }

  /** The values as uint8. */
  private static byte[] bytes(Named named, Consumer<String> log) throws DataException {
    if (named.array instanceof NpyArray.Bytes bytes) {
      byte[] values = bytes.values();
      if (isBlack(values, values.length)) {
        log.accept("warning: " + named.where + ": no value is above 1, so the images are nearly black; if 1 is white,"
            + " store bool in Python: " + SAVE + "ARRAY.astype(bool))");
      }
      return values;
    }
    if (named.array instanceof NpyArray.Integers integers) {
      return ofIntegers(named, integers.values(), log);
    }
    int count = sizeOf(named.array);
    boolean unit = true;
    boolean whole = true;
    for (int i = 0; i < count && (unit || whole); i++) {
      double value = value(named.array, i);
      unit = unit && value >= 0 && value <= 1;
      whole = whole && value >= 0 && value <= 255 && value == (int) value;
    }
    if (!unit && !whole) {
      throw notPixels(named);
    }
    byte[] pixels = new byte[count];
    for (int i = 0; i < count; i++) {
      pixels[i] = (byte) Math.round(unit ? 255 * value(named.array, i) : value(named.array, i));
    }
    log.accept(named.where + (unit ? ": floats in [0, 1], stored as round(255 x)"
        : ": floats that are integers from 0 to 255, taken as uint8"));
    return pixels;
  }

  /** Whether the first {@code count} values are 0 and 1, where 1 can be white or nearly black. */
  static boolean isBlack(byte[] values, int count) {
    boolean white = false;
    for (int i = 0; i < count; i++) {
      if ((values[i] & 0xff) > 1) {
        return false;
      }
      white |= values[i] == 1;
    }
    return white;
  }

  private static byte[] ofIntegers(Named named, long[] values, Consumer<String> log) throws DataException {
    byte[] pixels = new byte[values.length];
    if (named.kind == 'b') {
      for (int i = 0; i < values.length; i++) {
        pixels[i] = (byte) (255 * values[i]);
      }
      log.accept(named.where + ": bool, true is white");
      return pixels;
    }
    long largest = 0;
    for (int i = 0; i < values.length; i++) {
      if (values[i] < 0 || values[i] > 255) {
        throw new DataException(named.where + ": element " + place(i, named.shape()) + " is " + values[i]
            + ", expected pixels from 0 to 255; scale them" + CONVERT
            + "(ARRAY / LARGEST).astype('f4')), or take the numbers as features with --as vectors");
      }
      largest = Math.max(largest, values[i]);
      pixels[i] = (byte) values[i];
    }
    if (largest == 1) {
      throw new DataException(named.where + ": integers 0 and 1, where 1 can be white or nearly black" + CONVERT
          + "ARRAY.astype(bool)) if it is white, otherwise ARRAY.astype('u1'); --as vectors takes the numbers as"
          + " features");
    }
    log.accept(named.where + ": integers from 0 to 255, taken as uint8");
    return pixels;
  }

  /** The exception for floats that are no pixels. */
  private static DataException notPixels(Named named) {
    int count = sizeOf(named.array);
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    int at = -1;
    for (int i = 0; i < count; i++) {
      double value = value(named.array, i);
      least = Math.min(least, value);
      most = Math.max(most, value);
      at = at < 0 && !(value >= 0 && value <= 1) ? i : at;
    }
    String value = named.array instanceof NpyArray.Floats floats ? Float.toString(floats.values()[at])
        : Double.toString(value(named.array, at));
    return new DataException(named.where + ": element " + place(at, named.shape()) + " is " + value
        + ", expected floats in [0, 1]; " + (least >= -1 && least < 0 && most <= 1
            ? "shift them in Python: numpy.save('NEW.npy', (ARRAY + 1) / 2)" : "divide 0..255 by 255 or store uint8")
        + ", or take the numbers as features with --as vectors");
  }

  static String place(int index, int[] shape) {
    int[] place = new int[shape.length];
    int rest = index;
    for (int d = shape.length - 1; d >= 0; d--) {
      place[d] = rest % shape[d];
      rest /= shape[d];
    }
    return Arrays.toString(place);
  }

  /**
   * Labels from an array: integers 0 to 254, or -1 for a sample without a class, of shape [n], [n, 1] or [1, n]; or one
   * column for each class [n, classes], with 1 at the image's class and 0 elsewhere.
   *
   * @param images name of the images, for messages
   */
  static byte[] labels(Named named, int count, String images, Consumer<String> log) throws DataException {
    int[] shape = named.shape();
    long values = Arrays.stream(shape).asLongStream().reduce(1, Math::multiplyExact);
    boolean oneHot = shape.length == 2 && shape[0] == count && shape[1] > 1;
    if (!oneHot && (shape.length < 1 || shape.length > 2 || values != count)) {
      throw new DataException(named.shapeText() + ", expected [" + count + "], one label for each row of " + images);
    }
    if (oneHot) {
      log.accept(named.where + ": one column for each of " + shape[1] + " classes");
      return ofColumns(named, count, shape[1]);
    }
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      double value = value(named.array, i);
      if (value != Math.rint(value) || Double.isInfinite(value)) {
        throw new DataException(named.where + ": label " + i + " (counted from 0) is " + value + ", expected integers"
            + " 0 to 254, or -1 for a sample without a class");
      }
      if (value == Split.NO_CLASS && named.array instanceof NpyArray.Bytes) {
        throw new DataException(Labels.reserved(named.where, i));
      }
      if (value < Labels.NO_CLASS || value >= Split.NO_CLASS) {
        throw new DataException(named.where + ": label " + i + " (counted from 0) is " + (long) value
            + ", expected 0 to 254, or -1 for a sample without a class");
      }
      labels[i] = (byte) (value == Labels.NO_CLASS ? Split.NO_CLASS : (int) value);
    }
    return labels;
  }

  private static byte[] ofColumns(Named named, int count, int classes) throws DataException {
    if (classes > Split.NO_CLASS) {
      throw new DataException(named.shapeText() + ": " + classes + " classes; at most " + Split.NO_CLASS
          + " are supported");
    }
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      int ones = 0;
      for (int c = 0; c < classes; c++) {
        double value = value(named.array, i * classes + c);
        if (value == 1) {
          ones++;
          labels[i] = (byte) c;
        } else if (value != 0) {
          ones = 2;
        }
      }
      if (ones != 1) {
        throw new DataException(named.shapeText() + ": row " + i + " (counted from 0) does not have a single 1 among"
            + " zeros; expected one label for each image" + CONVERT + "ARRAY.argmax(axis=1))");
      }
    }
    return labels;
  }

  static int sizeOf(NpyArray array) {
    return Math.toIntExact(Arrays.stream(array.shape()).asLongStream().reduce(1, Math::multiplyExact));
  }

  static double value(NpyArray array, int i) {
    if (array instanceof NpyArray.Bytes bytes) {
      return bytes.values()[i] & 0xff;
    } else if (array instanceof NpyArray.Integers integers) {
      return integers.values()[i];
    } else if (array instanceof NpyArray.Floats floats) {
      return floats.values()[i];
    }
    return ((NpyArray.Doubles) array).values()[i];
  }
}
