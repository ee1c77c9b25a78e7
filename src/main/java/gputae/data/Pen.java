package gputae.data;

import java.util.Arrays;

/**
 * Draws polylines with a round, slightly soft pen into one small grayscale image.
 *
 * <p>The brightness of a pixel depends on m, the minimum over all segments of (distance of the pixel's centre to the
 * segment - the pen's radius there): full for m below -softness/2, none for m above softness/2, linear in between.
 */
final class Pen {

  /** The widest rim that {@link #paint} accepts, in pixels. */
  static final double SOFTEST = 1.8;

  private final int side;
  private final double[] margin;

  /** A pen for square images of {@code side} x {@code side} pixels. */
  Pen(int side) {
    this.side = side;
    this.margin = new double[side * side];
    clear();
  }

  void clear() {
    Arrays.fill(margin, Double.POSITIVE_INFINITY);
  }

  /**
   * Adds the segment from (ax, ay) to (bx, by); pixel (column c, row r) has its centre at (c + 0.5, r + 0.5). Lengths
   * are in pixels.
   */
  void segment(double ax, double ay, double bx, double by, double radius) {
    // Only pixels whose centre lies within reach. A cast truncates, which equals the floor since the value is not
    // negative.
    double reach = radius + SOFTEST / 2;
    int left = (int) Math.max(0, Math.min(ax, bx) - reach + 0.5);
    int right = (int) Math.min(side - 1, Math.max(ax, bx) + reach - 0.5);
    int top = (int) Math.max(0, Math.min(ay, by) - reach + 0.5);
    int bottom = (int) Math.min(side - 1, Math.max(ay, by) + reach - 0.5);
    double dx = bx - ax;
    double dy = by - ay;
    double squared = dx * dx + dy * dy;
    double inverse = squared > 0 ? 1 / squared : 0;
    for (int row = top; row <= bottom; row++) {
      double py = row + 0.5 - ay;
      for (int column = left; column <= right; column++) {
        double px = column + 0.5 - ax;
        double along = Math.min(1, Math.max(0, (px * dx + py * dy) * inverse));
        double ex = px - along * dx;
        double ey = py - along * dy;
        double m = Math.sqrt(ex * ex + ey * ey) - radius;
        int pixel = row * side + column;
        if (m < margin[pixel]) {
          margin[pixel] = m;
        }
      }
    }
  }

  /**
   * Writes the image, uint8 [side, side], to {@code pixels} from {@code offset}. The rim is {@code softness} pixels
   * wide, in (0, SOFTEST].
   */
  void paint(double softness, byte[] pixels, int offset) {
    for (int i = 0; i < margin.length; i++) {
      double coverage = Math.min(1, Math.max(0, 0.5 - margin[i] / softness));
      pixels[offset + i] = (byte) (int) (255 * coverage + 0.5);
    }
  }
}
