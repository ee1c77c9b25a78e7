package gputae.data;

/**
 * The distances between all pairs of some points, without the zeros on the diagonal, in the precision of the file.
 * Infinity means no edge. Entry i (i - 1) / 2 + j is the distance of points i and j, j &lt; i. Exactly one of the
 * arrays is not null; the arrays are not copied.
 *
 * @param points number of points, at least 1
 * @param single float32, strictly lower triangle row by row, [points (points - 1) / 2], or null
 * @param full   the same as float64, or null
 */
public record DistanceMatrix(int points, float[] single, double[] full) implements PairDistances {

  /** The largest number of points whose triangle fits into one Java array. */
  public static final int MOST_POINTS = 65_536;

  /** Throws {@link IllegalArgumentException} if the triangle has another size. The distances are not checked. */
  public DistanceMatrix {
    if (points < 1 || (single == null) == (full == null)
        || points * (points - 1L) / 2 != (single != null ? single.length : full.length)) {
      throw new IllegalArgumentException("a distance matrix of " + points
          + " points needs their triangle, in exactly one precision");
    }
  }
}
