package gputae.homology;

import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The persistent homology dimension of a cloud in dimension 0 (Birdal, Lou, Guibas, Simsekli 2021: Intrinsic dimension,
 * persistent homology and generalization in neural networks). E(n) is the sum of the death times of n points that are
 * drawn from the cloud at random. If the cloud is drawn from a set of dimension D, E(n) grows as n^(1 - 1 / D). So with
 * m the slope of log E(n) against log n, fitted by least squares, the dimension is 1 / (1 - m).
 *
 * @param sizes     numbers n of points, ascending
 * @param sums      E(n) for each size, all above 0
 * @param slope     m
 * @param intercept the fitted line's value at n = 1: log E(n) is about intercept + slope log n
 * @param residual  how far the values of log E(n) are from the line: the root of the mean of the squared differences
 */
public record PhDimension(int[] sizes, double[] sums, double slope, double intercept, double residual) {

  /** The number of points for which {@link #SIZES} are made. */
  public static final int POINTS = 1000;

  /** 200, 250, ..., 950, as in the paper's code. */
  private static final int[] SIZES = IntStream.rangeClosed(4, 19).map(i -> 50 * i).toArray();

  /**
   * The dimension of {@link #POINTS} points.
   *
   * @param squares squared distances, [POINTS, POINTS]
   * @param orders  the points in random order for the number of a size, from 0 on; the first n of them are its points
   * @throws NoDimensionException if the points have none, since some E(n) is 0 or not finite
   */
  public static PhDimension of(float[] squares, IntFunction<int[]> orders) {
    if (squares.length != POINTS * POINTS) {
      throw new IllegalArgumentException(squares.length + " distances for " + POINTS + " points");
    }
    double[] sums = new double[SIZES.length];
    for (int i = 0; i < SIZES.length; i++) {
      sums[i] = sumOfDeaths(squares, Arrays.copyOf(orders.apply(i), SIZES[i]));
    }
    return fit(SIZES, sums);
  }

  private static double sumOfDeaths(float[] squares, int[] chosen) {
    float[] lower = new float[chosen.length * (chosen.length - 1) / 2];
    int place = 0;
    for (int i = 0; i < chosen.length; i++) {
      for (int j = 0; j < i; j++) {
        lower[place++] = ExactDistance.length(squares[chosen[i] * POINTS + chosen[j]]);
      }
    }
    SpanningTree tree = Prim.ofDistances(lower, chosen.length);
    // Infinite edges are in no tree.
    return tree.lengths().length < chosen.length - 1 ? Double.POSITIVE_INFINITY : tree.totalPersistence(1);
  }

  /**
   * Fits the line through these values, of which there are at least two with different sizes.
   *
   * @throws NoDimensionException if a sum is 0 or not finite
   */
  public static PhDimension fit(int[] sizes, double[] sums) {
    int count = sizes.length;
    double[] x = new double[count];
    double[] y = new double[count];
    for (int i = 0; i < count; i++) {
      if (!(sums[i] > 0 && sums[i] < Double.POSITIVE_INFINITY)) {
        throw new NoDimensionException("the death times of " + sizes[i] + " points have the sum " + sums[i]);
      }
      x[i] = Math.log(sizes[i]);
      y[i] = Math.log(sums[i]);
    }
    double middleX = Arrays.stream(x).sum() / count;
    double middleY = Arrays.stream(y).sum() / count;
    double xx = 0;
    double xy = 0;
    for (int i = 0; i < count; i++) {
      xx += (x[i] - middleX) * (x[i] - middleX);
      xy += (x[i] - middleX) * (y[i] - middleY);
    }
    double slope = xy / xx;
    double intercept = middleY - slope * middleX;
    double squares = 0;
    for (int i = 0; i < count; i++) {
      double off = y[i] - intercept - slope * x[i];
      squares += off * off;
    }
    return new PhDimension(sizes.clone(), sums.clone(), slope, intercept, Math.sqrt(squares / count));
  }

  /** Whether there is a dimension: a set of finite dimension has a slope below 1. */
  public boolean exists() {
    return slope < 1;
  }

  /** 1 / (1 - slope), if it {@link #exists}. */
  public double dimension() {
    return 1 / (1 - slope);
  }
}
