package gputae.evaluate;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Squared distances of uint8 images, |x|^2 + |y|^2 - 2 x.y in exact integers. The products are added for one pixel of x
 * after another, for a block of images y at a time; the compiler turns these loops into vector instructions. Pixels
 * where x is black add nothing and are skipped; in MNIST these are four of five.
 */
final class PixelDistances implements SquaredDistances {

  /** 255^2 times this number fits an int. */
  static final int MOST_PIXELS = 33_025;

  /**
   * Number of images y at a time: 784 of their pixels, as ints, stay in the second-level cache of a core for all rows
   * of a tile.
   */
  private static final int BLOCK = 256;

  private final int count;
  private final byte[] pixels; // (n, p)
  private final int pixelsPerImage;
  private final int[][] columns; // (p, n): the values of each pixel in all images
  private final int[] norms; // (n): |x|^2

  PixelDistances(byte[] pixels, int count, int pixelsPerImage) {
    if (pixelsPerImage > MOST_PIXELS) {
      throw new IllegalArgumentException(
          "images of " + pixelsPerImage + " pixels; their exact distances are computed for at most " + MOST_PIXELS);
    }
    this.count = count;
    this.pixels = pixels;
    this.pixelsPerImage = pixelsPerImage;
    columns = new int[pixelsPerImage][count];
    norms = new int[count];
    for (int i = 0; i < count; i++) {
      for (int k = 0; k < pixelsPerImage; k++) {
        int value = pixels[i * pixelsPerImage + k] & 0xff;
        columns[k][i] = value;
        norms[i] += value * value;
      }
    }
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public void rows(int from, int to, int first, double[][] out) {
    int[][] inked = new int[to - from][];
    for (int i = from; i < to; i++) {
      int start = i * pixelsPerImage;
      inked[i - from] = IntStream.range(0, pixelsPerImage).filter(k -> pixels[start + k] != 0).toArray();
    }
    int[] products = new int[count];
    for (int low = first; low < count; low += BLOCK) {
      int high = Math.min(count, low + BLOCK);
      for (int i = from; i < to; i++) {
        Arrays.fill(products, low, high, 0);
        int[] numbers = inked[i - from];
        int k = 0;
        for (; k + 4 <= numbers.length; k += 4) {
          int[] a = columns[numbers[k]];
          int[] b = columns[numbers[k + 1]];
          int[] c = columns[numbers[k + 2]];
          int[] d = columns[numbers[k + 3]];
          add(products, low, high, a, a[i], b, b[i], c, c[i], d, d[i]);
        }
        for (; k < numbers.length; k++) {
          int[] a = columns[numbers[k]];
          add(products, low, high, a, a[i]);
        }
        // Sums beyond 2^31 wrap around, but the result fits and is still correct.
        toSquares(products, low, high, norms, norms[i], out[i - from]);
      }
    }
  }

  private static void add(int[] sums, int low, int high, int[] a, int x, int[] b, int y, int[] c, int z, int[] d,
      int w) {
    for (int j = low; j < high; j++) {
      sums[j] += x * a[j] + y * b[j] + z * c[j] + w * d[j];
    }
  }

  private static void add(int[] sums, int low, int high, int[] a, int x) {
    for (int j = low; j < high; j++) {
      sums[j] += x * a[j];
    }
  }

  private static void toSquares(int[] products, int low, int high, int[] norms, int norm, double[] out) {
    for (int j = low; j < high; j++) {
      out[j] = norm + norms[j] - 2 * products[j];
    }
  }
}
