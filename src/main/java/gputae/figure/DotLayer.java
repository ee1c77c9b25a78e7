package gputae.figure;

/**
 * Round, smooth, half-transparent dots that are blended into a part of a picture. A million dots take about a second
 * this way; drawing antialiased shapes one by one would take a minute. Colours are summed in float, since rounding to
 * eight bits would take the colour from many layers of faint dots.
 */
final class DotLayer {

  private final int left;
  private final int top;
  private final int width;
  private final int height;
  /** [height, width, 3], 0 .. 255. */
  private final float[] colours;

  /**
   * A layer over the pixels [top, top + height) x [left, left + width) of a picture 0xRRGGBB. It starts with the
   * colours of the picture.
   */
  DotLayer(int[] pixels, int stride, int left, int top, int width, int height) {
    this.left = left;
    this.top = top;
    this.width = width;
    this.height = height;
    colours = new float[width * height * 3];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int pixel = pixels[(top + y) * stride + left + x];
        int at = (y * width + x) * 3;
        colours[at] = pixel >> 16 & 255;
        colours[at + 1] = pixel >> 8 & 255;
        colours[at + 2] = pixel & 255;
      }
    }
  }

  /**
   * Blends one dot. The coverage of a pixel depends on how far its centre lies inside the radius, with a ramp of one
   * pixel.
   *
   * @param x      centre in pixels of the whole picture; pixel i reaches from i to i + 1
   * @param radius radius in pixels
   * @param colour 0xRRGGBB
   * @param alpha  opacity inside the dot, 0 .. 1
   */
  void dot(double x, double y, double radius, int colour, double alpha) {
    float r = colour >> 16 & 255;
    float g = colour >> 8 & 255;
    float b = colour & 255;
    double cx = x - left - 0.5;
    double cy = y - top - 0.5;
    int x0 = Math.max(0, (int) Math.ceil(cx - radius - 0.5));
    int x1 = Math.min(width - 1, (int) Math.floor(cx + radius + 0.5));
    int y0 = Math.max(0, (int) Math.ceil(cy - radius - 0.5));
    int y1 = Math.min(height - 1, (int) Math.floor(cy + radius + 0.5));
    for (int py = y0; py <= y1; py++) {
      for (int px = x0; px <= x1; px++) {
        double distance = Math.sqrt((px - cx) * (px - cx) + (py - cy) * (py - cy));
        float a = (float) (alpha * Math.max(0, Math.min(1, radius + 0.5 - distance)));
        int at = (py * width + px) * 3;
        colours[at] += a * (r - colours[at]);
        colours[at + 1] += a * (g - colours[at + 1]);
        colours[at + 2] += a * (b - colours[at + 2]);
      }
    }
  }

  /** Writes the blended colours back. */
  void writeTo(int[] pixels, int stride) {
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = (y * width + x) * 3;
        pixels[(top + y) * stride + left + x] =
            Math.round(colours[at]) << 16 | Math.round(colours[at + 1]) << 8 | Math.round(colours[at + 2]);
      }
    }
  }
}
