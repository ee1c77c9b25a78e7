package gputae.figure;

import gputae.data.Images;
import gputae.data.Samples;
import gputae.data.Vectors;
import java.util.Arrays;

/**
 * A small picture for each sample: an image itself; of a vector the curve of its features from left to right, or
 * with two features the place of a point in the plane. All vectors have one scale, which comes from given vectors.
 */
public final class SamplePictures {

  private static final int CURVE_HEIGHT = 48;
  private static final int LEAST_WIDTH = 48;
  private static final int MOST_WIDTH = 128;

  /** Share of the numbers at each end that may lie outside the pictures. */
  private static final double OUTSIDE = 0.002;

  private static final byte WHITE = (byte) 255;
  private static final byte ZERO_LINE = 70;
  private static final byte EDGE = 110;

  /** Half the side of the square that shows a point. */
  private static final int DOT = 2;

  private final int channels;
  private final int height;
  private final int width;
  private final double low;
  private final double high;

  /** Pictures for samples of the shape of these. */
  public SamplePictures(Samples samples) {
    if (samples instanceof Vectors vectors) {
      float[] sorted = vectors.values().clone();
      Arrays.sort(sorted);
      int end = (int) (OUTSIDE * sorted.length);
      double least = sorted[end];
      double most = sorted[sorted.length - 1 - end];
      double margin = most > least ? 0.1 * (most - least) : 1;
      low = least - margin;
      high = most + margin;
      channels = 1;
      height = CURVE_HEIGHT;
      // One column more for the edge.
      width = 1 + Math.max(LEAST_WIDTH, Math.min(MOST_WIDTH, vectors.size()));
    } else {
      Images images = (Images) samples;
      channels = images.shape().channels();
      height = images.height();
      width = images.width();
      low = 0;
      high = 1;
    }
  }

  /** Rows of a picture. */
  public int height() {
    return height;
  }

  /** Columns of a picture. */
  public int width() {
    return width;
  }

  /** 1 for grey pictures, 3 for red, green, blue. */
  public int channels() {
    return channels;
  }

  /** The pictures of samples, uint8 [count, height, width, channels], 0 black to 255 white. */
  public byte[] of(Samples samples) {
    if (samples instanceof Images images) {
      return images.interleaved();
    }
    Vectors vectors = (Vectors) samples;
    byte[] pictures = new byte[Math.multiplyExact(vectors.count(), height * width)];
    for (int i = 0; i < vectors.count(); i++) {
      int at = i * height * width;
      if (low < 0 && high > 0) {
        Arrays.fill(pictures, at + row(0) * width, at + (row(0) + 1) * width, ZERO_LINE);
      }
      if (vectors.size() == 2) {
        point(vectors.value(i, 0), vectors.value(i, 1), pictures, at);
      } else {
        curve(vectors, i, pictures, at);
      }
      // An edge to the right and below keeps neighbours apart.
      for (int y = 0; y < height; y++) {
        pictures[at + (y + 1) * width - 1] = EDGE;
      }
      Arrays.fill(pictures, at + (height - 1) * width, at + height * width, EDGE);
    }
    return pictures;
  }

  private void point(float x, float y, byte[] pictures, int at) {
    if (low < 0 && high > 0) {
      for (int row = 0; row < height; row++) {
        pictures[at + row * width + column(0)] = ZERO_LINE;
      }
    }
    if (!Float.isNaN(x) && !Float.isNaN(y)) {
      for (int row = Math.max(0, row(y) - DOT); row <= Math.min(height - 1, row(y) + DOT); row++) {
        Arrays.fill(pictures, at + row * width + Math.max(0, column(x) - DOT),
            at + row * width + Math.min(width, column(x) + DOT + 1), WHITE);
      }
    }
  }

  private int column(double value) {
    double place = (value - low) / (high - low) * (width - 2);
    return (int) Math.round(Math.max(0, Math.min(width - 2, place)));
  }

  private void curve(Vectors vectors, int vector, byte[] pictures, int at) {
    int last = width - 2;
    int p = vectors.size();
    int before = -1;
    for (int x = 0; x <= last; x++) {
      // The features from one column's centre to the next, or the line between two features.
      double from = p == 1 ? 0 : (double) x * (p - 1) / last;
      double to = Math.min(p - 1, from + Math.max(0, (double) (p - 1) / last - 1));
      int top = height;
      int bottom = -1;
      for (double place = from; place <= to; place++) {
        int floor = (int) place;
        double share = place - floor;
        double value = vectors.value(vector, floor) * (1 - share)
            + (share > 0 ? vectors.value(vector, floor + 1) * share : 0);
        if (Double.isNaN(value)) {
          continue;
        }
        top = Math.min(top, row(value));
        bottom = Math.max(bottom, row(value));
      }
      if (bottom < 0) {
        before = -1;
        continue;
      }
      int next = (top + bottom) / 2;
      if (before >= 0) {
        top = Math.min(top, before);
        bottom = Math.max(bottom, before);
      }
      for (int y = top; y <= bottom; y++) {
        pictures[at + y * width + x] = WHITE;
      }
      before = next;
    }
  }

  private int row(double value) {
    double place = (high - value) / (high - low) * (height - 1);
    return (int) Math.round(Math.max(0, Math.min(height - 1, place)));
  }
}
