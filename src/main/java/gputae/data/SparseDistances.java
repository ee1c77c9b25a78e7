package gputae.data;

/**
 * The distances of some pairs of points; all other pairs have no edge.
 *
 * @param points  number of points, at least 1
 * @param ends    [m, 2] the two points of each pair, which differ
 * @param lengths [m] their distances, finite and at least 0
 */
public record SparseDistances(int points, int[] ends, double[] lengths) implements PairDistances {

  /**
   * Throws {@link IllegalArgumentException} if the sizes do not fit together. Ends and distances are not checked.
   */
  public SparseDistances {
    if (points < 1 || ends.length != 2L * lengths.length) {
      throw new IllegalArgumentException(ends.length + " ends of " + lengths.length + " distances between " + points
          + " points");
    }
  }
}
