package gputae.data;

import gputae.files.DataException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;

/** Images in a .npy file, and their labels in a second one. */
final class NpyImages {

  private NpyImages() {}

  /** Reads the images, and the labels if their file exists. */
  static Split read(Path file, Path labelFile, Consumer<String> log) throws DataException {
    Images images = images(file, log);
    if (!Files.exists(labelFile)) {
      return new Split(images, null);
    }
    Split split = new Split(images, labels(labelFile, images.count(), file));
    int without = images.count() - split.classified();
    if (without > 0) {
      log.accept(labelFile + ": " + without + " of " + images.count() + " images have no class (label -1)");
    }
    return split;
  }

  /** Reads the images alone. */
  static Images images(Path file, Consumer<String> log) throws DataException {
    NpyArray array = Npy.read(file);
    int[] shape = array.shape();
    if (shape.length != 2 && shape.length != 3) {
      throw new DataException(
          file + ": shape " + Arrays.toString(shape) + ", expected images [n, height, width] or [n, pixels]");
    }
    if (Arrays.stream(shape).anyMatch(size -> size == 0)) {
      throw new DataException(file + ": shape " + Arrays.toString(shape) + " holds no images");
    }
    int height = shape[1];
    int width = shape.length == 3 ? shape[2] : 1;
    if (shape.length == 2) {
      int side = (int) Math.round(Math.sqrt(shape[1]));
      boolean square = (long) side * side == shape[1];
      height = square ? side : 1;
      width = square ? side : shape[1];
    }
    return new Images(pixels(array, file, log), shape[0], height, width);
  }

  private static byte[] pixels(NpyArray array, Path file, Consumer<String> log) throws DataException {
    if (array instanceof NpyArray.Bytes bytes) {
      return bytes.values();
    }
    byte[] pixels;
    if (array instanceof NpyArray.Floats floats) {
      float[] values = floats.values();
      pixels = new byte[values.length];
      for (int i = 0; i < values.length; i++) {
        pixels[i] = pixel(values[i], i, array.shape(), file);
      }
    } else if (array instanceof NpyArray.Doubles doubles) {
      double[] values = doubles.values();
      pixels = new byte[values.length];
      for (int i = 0; i < values.length; i++) {
        pixels[i] = pixel(values[i], i, array.shape(), file);
      }
    } else {
      throw new DataException(file
          + ": integers other than uint8; expected uint8, or floats in [0, 1]; convert with array.astype('uint8')");
    }
    log.accept(file + ": floats in [0, 1], stored as round(255 x)");
    return pixels;
  }

  private static byte pixel(double value, int index, int[] shape, Path file) throws DataException {
    if (!(value >= 0 && value <= 1)) {
      int[] place = new int[shape.length];
      int rest = index;
      for (int d = shape.length - 1; d >= 0; d--) {
        place[d] = rest % shape[d];
        rest /= shape[d];
      }
      throw new DataException(file + ": element " + Arrays.toString(place) + " is " + value
          + ", expected floats in [0, 1]; divide 0..255 by 255 or store uint8");
    }
    return (byte) Math.round(255 * value);
  }

  static byte[] labels(Path file, int count, Path images) throws DataException {
    NpyArray array = Npy.read(file);
    if (array.shape().length != 1 || array.shape()[0] != count) {
      throw new DataException(file + ": shape " + Arrays.toString(array.shape())
          + ", expected [" + count + "], one label for each row of " + images.getFileName());
    }
    if (array instanceof NpyArray.Bytes bytes) {
      Labels.refuseReserved(file, bytes.values());
      return bytes.values();
    }
    if (array instanceof NpyArray.Integers integers) {
      long[] values = integers.values();
      byte[] labels = new byte[values.length];
      for (int i = 0; i < values.length; i++) {
        if (values[i] < Labels.NO_CLASS || values[i] >= Split.NO_CLASS) {
          throw new DataException(file + ": label " + i + " (counted from 0) is " + values[i]
              + ", expected 0 to 254, or -1 for an image without a class");
        }
        labels[i] = (byte) (values[i] == Labels.NO_CLASS ? Split.NO_CLASS : values[i]);
      }
      return labels;
    }
    throw new DataException(
        file + ": labels are floats, expected integers 0 to 254, or -1 for an image without a class");
  }
}
