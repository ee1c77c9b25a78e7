package gputae.linear;

/** Clouds that tests write or read as a row of coordinates for each point. */
public final class PointRows {

  private PointRows() {}

  /** The cloud of these points. */
  public static FloatPoints points(float[][] rows) {
    int d = rows[0].length;
    float[] coordinates = new float[rows.length * d];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, coordinates, i * d, d);
    }
    return new FloatPoints(coordinates, d);
  }
}
