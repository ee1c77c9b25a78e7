package gputae.data;

/**
 * The distances between all pairs of some points, without the zeros on the diagonal.
 *
 * @param points number of points, at least 1
 * @param lower  strictly lower triangle row by row, [points (points - 1) / 2]: the distance of points i and j, j &lt; i, is at i (i - 1) / 2 + j
 */
public record DistanceMatrix(int points, float[] lower) {

  /** The most points whose triangle fits one Java array. */
  public static final int MOST_POINTS = 65_536;

  /** Throws {@link IllegalArgumentException} where the triangle has another size. Distances are not looked at. */
  public DistanceMatrix {
    if (points < 1 || points * (points - 1L) / 2 != lower.length) {
      throw new IllegalArgumentException(points + " points do not have " + lower.length + " distances");
    }
  }
}
