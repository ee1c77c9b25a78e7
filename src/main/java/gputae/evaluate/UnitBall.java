package gputae.evaluate;

/** Where embeddings lie relative to the unit ball. */
public final class UnitBall {

  private UnitBall() {}

  /** Share of the points, row-major (n, d), whose Euclidean norm is greater than 1; between 0 and 1. */
  public static double shareOutside(float[] points, int dimension) {
    int outside = 0;
    int n = points.length / dimension;
    for (int i = 0; i < n; i++) {
      double square = 0;
      for (int k = 0; k < dimension; k++) {
        square += (double) points[i * dimension + k] * points[i * dimension + k];
      }
      // NaN counts as outside.
      if (!(square <= 1)) {
        outside++;
      }
    }
    return (double) outside / n;
  }
}
