package gputae.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The built-in data set: 28 x 28 images of the digits 0-9, written by a simulated hand, so that users can try
 * everything without a download.
 *
 * <p>For each image, this class chooses one of a few ways to write the digit ({@link Glyphs}), moves the points of its
 * strokes, bends the whole smoothly, slants, turns and stretches it. It draws a smooth curve through the points with a
 * soft pen of varying pressure ({@link Pen}). As in MNIST the ink fits a box of 20 x 20 pixels and its centre of mass
 * lies near the image's centre.
 *
 * <p>The bytes depend on the seed alone. Every image has its own random stream, and all operations have exactly one
 * correct result (the JDK's arithmetic, {@code sqrt} and {@link StrictMath}). So machine, Java version and number of
 * threads do not matter.
 */
public final class Digits {

  /** Height and width of an image, in pixels. */
  public static final int SIDE = 28;

  /** The sizes and the seed of the data set called {@code digits}. */
  static final int TRAIN = 60_000;
  static final int TEST = 10_000;
  static final long SEED = 0;

  static final List<String> CLASSES = List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");

  private static final double BOX = 20;
  private static final int IMAGES_PER_TASK = 500;
  // Number of points per span between two control points: spans are at most about 7 pixels long, so the pieces are
  // about a pixel long.
  private static final int PIECES = 6;
  // The random streams of the two splits must not overlap, whatever the sizes of the splits.
  private static final long TEST_STREAMS = 1L << 40;
  private static final long ORDER_STREAM = 1L << 41;

  private Digits() {}

  /**
   * Draws {@code train} + {@code test} images. Classes are equally frequent (to within one image) and shuffled. The
   * first images of a larger split differ from those of a smaller split, since the labels are shuffled anew.
   *
   * @param train number of training images, at least 1
   * @param test  number of test images, at least 1
   */
  public static Dataset generate(int train, int test, long seed) {
    return new Dataset("digits", CLASSES, split(train, seed, 0), split(test, seed, TEST_STREAMS));
  }

  private static Split split(int count, long seed, long firstStream) {
    byte[] labels = labels(count, new Draws(seed, ORDER_STREAM + firstStream));
    byte[] pixels = new byte[Math.multiplyExact(count, SIDE * SIDE)];
    int tasks = (count + IMAGES_PER_TASK - 1) / IMAGES_PER_TASK;
    IntStream.range(0, tasks).parallel().forEach(task -> {
      Pen pen = new Pen(SIDE);
      int end = Math.min(count, (task + 1) * IMAGES_PER_TASK);
      for (int i = task * IMAGES_PER_TASK; i < end; i++) {
        draw(labels[i], new Draws(seed, firstStream + i), pen, pixels, i * SIDE * SIDE);
      }
    });
    return new Split(new Images(pixels, count, SIDE, SIDE), labels);
  }

  private static byte[] labels(int count, Draws draws) {
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) (i % 10);
    }
    for (int i = count - 1; i > 0; i--) {
      int j = draws.below(i + 1);
      byte swapped = labels[i];
      labels[i] = labels[j];
      labels[j] = swapped;
    }
    return labels;
  }

  private static void draw(int digit, Draws draws, Pen pen, byte[] pixels, int offset) {
    double[][] strokes = place(choose(Glyphs.of(digit), draws).strokes(), digit, draws);
    double radius = Math.min(2.2, Math.max(0.7, draws.bell(1.22, 0.34)));
    List<double[]> lines = new ArrayList<>(strokes.length);
    for (double[] stroke : strokes) {
      lines.add(curve(stroke));
    }
    fit(lines, radius, draws);

    double pressure = draws.uniform(0, 0.22);
    double rhythm = draws.uniform(2, 5);
    double phase = draws.uniform(0, 2 * Math.PI);
    pen.clear();
    for (double[] line : lines) {
      int pieces = line.length / 2 - 1;
      for (int i = 0; i < pieces; i++) {
        double here = radius * (1 + pressure * StrictMath.sin(rhythm * i / pieces + phase));
        pen.segment(line[2 * i], line[2 * i + 1], line[2 * i + 2], line[2 * i + 3], here);
      }
    }
    pen.paint(draws.uniform(1.0, 1.7), pixels, offset);
  }

  private static Glyphs.Variant choose(Glyphs.Variant[] variants, Draws draws) {
    double total = 0;
    for (Glyphs.Variant variant : variants) {
      total += variant.weight();
    }
    double left = draws.uniform() * total;
    for (Glyphs.Variant variant : variants) {
      left -= variant.weight();
      if (left < 0) {
        return variant;
      }
    }
    return variants[variants.length - 1];
  }

  /** The control points where this hand sets them: jitter, a smooth bend, then slant, rotation and proportions. */
  private static double[][] place(double[][] strokes, int digit, Draws draws) {
    double careless = draws.uniform(0.010, 0.032);
    double bendX = draws.bell(0, 0.050);
    double bendY = draws.bell(0, 0.040);
    // Moves the waist up or down, which changes the share of upper and lower half, or of loop and stem.
    double waist = draws.bell(0, 0.19);
    double belly = draws.bell(0, 0.19);
    double waveX = draws.uniform(2, 5);
    double waveY = draws.uniform(2, 5);
    double phaseX = draws.uniform(0, 2 * Math.PI);
    double phaseY = draws.uniform(0, 2 * Math.PI);
    // A one has no width to stretch, and slants more freely than the others.
    double slant = digit == 1 ? draws.bell(0.22, 0.30) : draws.bell(0.16, 0.22);
    double turn = draws.bell(0, 0.09);
    double wide = StrictMath.exp(draws.bell(0.08, 0.17));
    double cos = StrictMath.cos(turn);
    double sin = StrictMath.sin(turn);

    double[][] placed = new double[strokes.length][];
    for (int s = 0; s < strokes.length; s++) {
      double[] stroke = strokes[s];
      double[] points = new double[stroke.length];
      // Each stroke after the first begins with a small offset.
      double offX = s == 0 ? 0 : draws.bell(0, 0.025);
      double offY = s == 0 ? 0 : draws.bell(0, 0.025);
      for (int i = 0; i < stroke.length; i += 2) {
        if (i > 0 && stroke[i] == stroke[i - 2] && stroke[i + 1] == stroke[i - 1]) {
          points[i] = points[i - 2];
          points[i + 1] = points[i - 1];
          continue;
        }
        // The ends of a stroke vary most between hands.
        double loose = i == 0 || i == stroke.length - 2 ? 1.6 * careless : careless;
        double x = stroke[i] + offX + draws.bell(0, loose);
        double y = stroke[i + 1] + offY + draws.bell(0, loose);
        x *= 1 + belly * (y - 0.5);
        y += waist * y * (1 - y);
        double bentX = (x + bendX * StrictMath.sin(waveX * y + phaseX)) * wide;
        double bentY = y + bendY * StrictMath.sin(waveY * x + phaseY);
        double leaning = bentX - slant * bentY;
        points[i] = cos * leaning - sin * bentY;
        points[i + 1] = sin * leaning + cos * bentY;
      }
      placed[s] = points;
    }
    return placed;
  }

  /** The polyline of a stroke, smooth between corners. */
  private static double[] curve(double[] points) {
    int count = points.length / 2;
    double[] line = new double[2 * ((count - 1) * PIECES + 1)];
    int length = 0;
    int start = 0;
    for (int end = 1; end < count; end++) {
      boolean corner =
          end + 1 < count && points[2 * end] == points[2 * end + 2] && points[2 * end + 1] == points[2 * end + 3];
      if (corner || end == count - 1) {
        length = smooth(points, start, end, line, length);
        start = end + 1;
        end += corner ? 1 : 0;
      }
    }
    line[length++] = points[2 * count - 2];
    line[length++] = points[2 * count - 1];
    return Arrays.copyOf(line, length);
  }

  /**
   * Appends the centripetal Catmull-Rom curve through points start..end, without the last point, to the line; returns
   * the line's new length.
   */
  private static int smooth(double[] points, int start, int end, double[] line, int length) {
    for (int i = start; i < end; i++) {
      double x1 = points[2 * i];
      double y1 = points[2 * i + 1];
      double x2 = points[2 * i + 2];
      double y2 = points[2 * i + 3];
      // At an end of the stroke the curve is continued by reflection.
      double x0 = i > start ? points[2 * i - 2] : 2 * x1 - x2;
      double y0 = i > start ? points[2 * i - 1] : 2 * y1 - y2;
      double x3 = i + 1 < end ? points[2 * i + 4] : 2 * x2 - x1;
      double y3 = i + 1 < end ? points[2 * i + 5] : 2 * y2 - y1;
      double before = knot(x1 - x0, y1 - y0);
      double between = knot(x2 - x1, y2 - y1);
      double after = knot(x3 - x2, y3 - y2);
      // Tangents of the centripetal form, scaled to the span: the curve neither overshoots nor makes loops where the
      // distances between points vary.
      double tx1 = between * ((x1 - x0) / before - (x2 - x0) / (before + between) + (x2 - x1) / between);
      double ty1 = between * ((y1 - y0) / before - (y2 - y0) / (before + between) + (y2 - y1) / between);
      double tx2 = between * ((x2 - x1) / between - (x3 - x1) / (between + after) + (x3 - x2) / after);
      double ty2 = between * ((y2 - y1) / between - (y3 - y1) / (between + after) + (y3 - y2) / after);
      for (int piece = 0; piece < PIECES; piece++) {
        double t = (double) piece / PIECES;
        double keep = (1 + 2 * t) * (1 - t) * (1 - t);
        double leave = t * (1 - t) * (1 - t);
        double arrive = t * t * (t - 1);
        line[length++] = keep * x1 + leave * tx1 + (1 - keep) * x2 + arrive * tx2;
        line[length++] = keep * y1 + leave * ty1 + (1 - keep) * y2 + arrive * ty2;
      }
    }
    return length;
  }

  // The square root of the distance. It is never 0, so that points which jitter moved onto each other do no harm.
  private static double knot(double dx, double dy) {
    return Math.sqrt(Math.sqrt(dx * dx + dy * dy)) + 1e-6;
  }

  /**
   * Scales the lines so that the ink fits the box, and moves its centre of mass near the image's centre. After this,
   * lengths are in pixels.
   */
  private static void fit(List<double[]> lines, double radius, Draws draws) {
    double left = Double.POSITIVE_INFINITY;
    double right = Double.NEGATIVE_INFINITY;
    double top = Double.POSITIVE_INFINITY;
    double bottom = Double.NEGATIVE_INFINITY;
    double length = 0;
    double momentX = 0;
    double momentY = 0;
    for (double[] line : lines) {
      for (int i = 0; i < line.length; i += 2) {
        left = Math.min(left, line[i]);
        right = Math.max(right, line[i]);
        top = Math.min(top, line[i + 1]);
        bottom = Math.max(bottom, line[i + 1]);
        if (i > 0) {
          double dx = line[i] - line[i - 2];
          double dy = line[i + 1] - line[i - 1];
          double piece = Math.sqrt(dx * dx + dy * dy);
          length += piece;
          momentX += piece * (line[i] + line[i - 2]) / 2;
          momentY += piece * (line[i + 1] + line[i - 1]) / 2;
        }
      }
    }
    double scale = (BOX - 2 * radius) / Math.max(right - left, bottom - top) * draws.uniform(0.93, 1.0);
    double centreX = SIDE / 2.0 + draws.bell(0, 0.3) - scale * momentX / length;
    double centreY = SIDE / 2.0 + draws.bell(0, 0.3) - scale * momentY / length;
    for (double[] line : lines) {
      for (int i = 0; i < line.length; i += 2) {
        line[i] = centreX + scale * line[i];
        line[i + 1] = centreY + scale * line[i + 1];
      }
    }
  }
}
