package gputae.data;

/**
 * Grayscale images of one size.
 *
 * @param pixels uint8, row-major [count, height, width], 0 black to 255 white; not copied, so nobody may change it
 *     afterwards
 * @param count  number of images, at least 1
 * @param height number of rows of an image, at least 1
 * @param width  number of columns of an image, at least 1
 */
public record Images(byte[] pixels, int count, int height, int width) implements Samples {

  /** Throws {@link IllegalArgumentException} if the sizes do not fit together. */
  public Images {
    if (count < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "images of shape [" + count + ", " + height + ", " + width + "]: every size must be at least 1");
    }
    // Two factors at a time, since the product of all three could overflow a long.
    if ((long) height * width > Integer.MAX_VALUE || (long) height * width * count != pixels.length) {
      throw new IllegalArgumentException(
          "images of shape [" + count + ", " + height + ", " + width + "] do not have " + pixels.length + " pixels");
    }
  }

  @Override
  public Shape.Image shape() {
    return new Shape.Image(height, width);
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
    return new Images(some, which.length, height, width);
  }
}
