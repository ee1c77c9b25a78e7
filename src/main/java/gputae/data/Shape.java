package gputae.data;

import java.util.List;
import java.util.stream.IntStream;

/** The shape of a sample. Its text is for messages: "28 x 28", "101 features". */
public sealed interface Shape {

  /** Numbers of a sample, at least 1. */
  int size();

  /** "images" or "vectors". */
  String words();

  /**
   * Samples of this shape from numbers as a model has them, row-major [count, size]. An image's numbers are rounded to
   * bytes; those below 0 become black, those above 1 white.
   */
  Samples samples(float[] values);

  /**
   * Images, 8 bits a value.
   *
   * @param channels 1 for grey images, {@value #COLOURS} for red, green, blue
   * @param height   number of rows, at least 1
   * @param width    number of columns, at least 1
   */
  record Image(int channels, int height, int width) implements Shape {

    /** Number of channels of an image in colour. */
    public static final int COLOURS = 3;

    public Image {
      if (channels != 1 && channels != COLOURS) {
        throw new IllegalArgumentException(channels + " channels; an image has 1 or " + COLOURS);
      }
    }

    /** Grey images. */
    public Image(int height, int width) {
      this(1, height, width);
    }

    @Override
    public int size() {
      return channels * height * width;
    }

    @Override
    public String words() {
      return "images";
    }

    @Override
    public Images samples(float[] values) {
      byte[] rounded = new byte[values.length];
      for (int i = 0; i < rounded.length; i++) {
        rounded[i] = (byte) Math.round(255 * Math.max(0, Math.min(1, values[i])));
      }
      return new Images(rounded, values.length / size(), this);
    }

    @Override
    public String toString() {
      return height + " x " + width + (channels == 1 ? "" : " in colour");
    }
  }

  /** Features by name. */
  record Features(List<String> names) implements Shape {

    public Features {
      names = List.copyOf(names);
    }

    /** Features that have no names are called x1, x2, ... */
    public static Features numbered(int count) {
      return new Features(IntStream.rangeClosed(1, count).mapToObj(i -> "x" + i).toList());
    }

    @Override
    public int size() {
      return names.size();
    }

    @Override
    public String words() {
      return "vectors";
    }

    @Override
    public Vectors samples(float[] values) {
      return new Vectors(values, values.length / size(), this);
    }

    @Override
    public String toString() {
      return size() == 1 ? "1 feature" : size() + " features";
    }
  }
}
