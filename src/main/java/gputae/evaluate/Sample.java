package gputae.evaluate;

import gputae.backend.Philox;
import gputae.data.Images;
import gputae.data.Split;
import gputae.linear.FloatPoints;
import java.util.Arrays;

/**
 * A selection of images of a data set, for measures whose cost grows with the square of the number of images.
 *
 * @param numbers indices of the images, ascending, from 0
 */
public record Sample(int[] numbers) {

  // A stream of random numbers that differs from those of a training with the same seed.
  private static final int STREAM = 18;

  /**
   * {@code most} of the numbers 0 to n - 1 without repetition, every selection equally likely; all numbers if n is not
   * larger than {@code most}. The seed determines the selection.
   */
  public static Sample of(int n, int most, long seed) {
    if (most < 1) {
      throw new IllegalArgumentException("a sample of " + most + "; expected at least 1");
    }
    int[] numbers = Arrays.copyOf(Philox.permutation(n, seed, 0, STREAM), Math.min(n, most));
    Arrays.sort(numbers);
    return new Sample(numbers);
  }

  /** The images that have a class, in their order; the split itself if all have one. There must be such an image. */
  public static Split classified(Split all) {
    return all.classified() == all.images().count() ? all : new Sample(all.withClass()).split(all);
  }

  public FloatPoints points(FloatPoints all) {
    return all.rows(numbers);
  }

  public Images images(Images all) {
    int p = all.pixelsPerImage();
    byte[] chosen = new byte[Math.multiplyExact(numbers.length, p)];
    for (int i = 0; i < numbers.length; i++) {
      System.arraycopy(all.pixels(), numbers[i] * p, chosen, i * p, p);
    }
    return new Images(chosen, numbers.length, all.height(), all.width());
  }

  private byte[] labels(byte[] all) {
    if (all == null) {
      return null;
    }
    byte[] chosen = new byte[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      chosen[i] = all[numbers[i]];
    }
    return chosen;
  }

  /** The images of the sample with their labels, if there are any. */
  public Split split(Split all) {
    return new Split(images(all.images()), labels(all.labels()));
  }

  /**
   * The classes of the sample.
   *
   * @param all (n), or null, which stays null
   */
  public int[] classes(int[] all) {
    return all == null ? null : Arrays.stream(numbers).map(i -> all[i]).toArray();
  }
}
