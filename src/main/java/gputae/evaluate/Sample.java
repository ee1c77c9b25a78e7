package gputae.evaluate;

import gputae.backend.Philox;
import gputae.data.Samples;
import gputae.data.Split;
import gputae.linear.FloatPoints;
import java.util.Arrays;

/**
 * A selection of samples of a data set, for measures whose cost grows with the square of their number.
 *
 * @param numbers indices of the samples, ascending, from 0
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

  /** The samples that have a class, in their order; the split itself if all have one. There must be such a sample. */
  public static Split classified(Split all) {
    return all.classified() == all.count() ? all : new Sample(all.withClass()).split(all);
  }

  public FloatPoints points(FloatPoints all) {
    return all.rows(numbers);
  }

  public Samples samples(Samples all) {
    return all.take(numbers);
  }

  /** The samples with their labels, if there are any. */
  public Split split(Split all) {
    return all.take(numbers);
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
