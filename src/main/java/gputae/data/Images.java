package gputae.data;

/**
 * 8-bit images of one size, grey or in colour.
 *
 * @param pixels uint8, row-major [count, channels, height, width], 0 black to 255 white; not copied, so nobody may
 *     change it afterwards
 * @param count  number of images, at least 1
 * @param shape  the shape of an image
 */
public record Images(byte[] pixels, int count, Shape.Image shape) implements Samples {

  /** Throws {@link IllegalArgumentException} if the sizes do not fit together. */
  public Images {
    if (count < 1 || shape.height() < 1 || shape.width() < 1) {
      throw new IllegalArgumentException(
          "images of shape [" + count + ", " + shape.height() + ", " + shape.width() + "]: every size must be at least"
              + " 1");
    }
    // Two factors at a time, since the product of all could overflow a long.
    long size = (long) shape.height() * shape.width();
    if (size * shape.channels() > Integer.MAX_VALUE || size * shape.channels() * count != pixels.length) {
      throw new IllegalArgumentException(count + " images of " + shape + " do not have " + pixels.length + " values");
    }
  }

  /** Grey images, [count, height, width]. */
  public Images(byte[] pixels, int count, int height, int width) {
    this(pixels, count, new Shape.Image(height, width));
  }

  /** Number of rows of an image. */
  public int height() {
    return shape.height();
  }

  /** Number of columns of an image. */
  public int width() {
    return shape.width();
  }

  @Override
  public float value(int image, int pixel) {
    return (pixels[image * size() + pixel] & 0xff) / 255f;
  }

  @Override
  public Images take(int... which) {
    int size = size();
    byte[] some = new byte[Math.multiplyExact(which.length, size)];
    for (int i = 0; i < which.length; i++) {
      System.arraycopy(pixels, which[i] * size, some, i * size, size);
    }
    return new Images(some, which.length, shape);
  }

  /** The same images with the colours of a pixel side by side: [count, height, width, channels]. */
  public byte[] interleaved() {
    int channels = shape.channels();
    if (channels == 1) {
      return pixels;
    }
    int area = height() * width();
    byte[] mixed = new byte[pixels.length];
    for (int i = 0; i < count; i++) {
      for (int c = 0; c < channels; c++) {
        for (int p = 0; p < area; p++) {
          mixed[(i * area + p) * channels + c] = pixels[(i * channels + c) * area + p];
        }
      }
    }
    return mixed;
  }

  /** Grey images as images in colour, whose channels are equal; images in colour as they are. */
  public Images inColour() {
    if (shape.channels() == Shape.Image.COLOURS) {
      return this;
    }
    int size = size();
    byte[] colours = new byte[Math.multiplyExact(pixels.length, Shape.Image.COLOURS)];
    for (int i = 0; i < count * Shape.Image.COLOURS; i++) {
      System.arraycopy(pixels, i / Shape.Image.COLOURS * size, colours, i * size, size);
    }
    return new Images(colours, count, new Shape.Image(Shape.Image.COLOURS, height(), width()));
  }
}
