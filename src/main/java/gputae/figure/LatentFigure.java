package gputae.figure;

import gputae.data.Split;
import gputae.linear.FloatPoints;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The latent points: the paper's figures 2, 3 and 6. Every embedding is a dot in the colour of its class. The figure
 * shows the unit circle, into which the ball penalty pulls the embeddings; both axes have the same scale, so the circle
 * is round. More than two dimensions are projected to the plane of the first two principal components through the
 * origin, so that the circle is the projection of the unit ball. One dimension is drawn as one strip per class.
 */
public final class LatentFigure {

  private LatentFigure() {}

  /**
   * Draws the embeddings. The range covers the data and the unit ball. Embeddings with a coordinate that is not finite
   * are left out and counted in the subtitle. The order of the dots is mixed, so that no class covers the others.
   *
   * @param png          the file, about 1400 pixels wide, replaced if it exists; missing directories are made
   * @param latents      the embeddings, 0 or more
   * @param labelsOrNull uint8 [count], the class of each embedding or {@link Split#NO_CLASS}; null draws all in one
   *     colour, without a legend
   * @param classes      names of the classes by label; labels beyond the list, or all if it is empty, are shown as
   *     numbers
   * @param title        one line, shortened if it is too long; may be empty
   * @throws IllegalArgumentException if there are fewer labels than embeddings
   * @throws FigureException          if this Java cannot draw text; the message says what to install
   * @throws IOException              if the file cannot be written
   */
  public static void write(Path png, FloatPoints latents, byte[] labelsOrNull, List<String> classes, String title)
      throws IOException {
    if (labelsOrNull != null && labelsOrNull.length < latents.count()) {
      throw new IllegalArgumentException(latents.count() + " embeddings have only " + labelsOrNull.length + " labels");
    }
    Figures.write(png, () -> {
      Cloud cloud = Cloud.of(latents, labelsOrNull, classes);
      return latents.dimension() == 1 ? LatentStrip.draw(cloud, title) : LatentPlane.draw(cloud, title);
    });
  }

  /**
   * The points of the figure: all finite embeddings, projected to the plane.
   *
   * @param x       [n]
   * @param y       [n]; 0 for one dimension
   * @param label   [n], 0 if there are no labels
   * @param skipped number of embeddings left out
   * @param names   names of the classes by label, and of the points without a class; empty if there are no labels
   * @param noClass label of the points without a class, the last name; -1 if there are none
   * @param plane   the plane of the projection if there are more than two dimensions, otherwise null
   */
  record Cloud(double[] x, double[] y, int[] label, int skipped, List<String> names, int noClass,
      PrincipalPlane plane) {

    static Cloud of(FloatPoints latents, byte[] labelsOrNull, List<String> classes) {
      int count = latents.count();
      int dimension = latents.dimension();
      int kept = 0;
      for (int n = 0; n < count; n++) {
        kept += latents.isFinite(n) ? 1 : 0;
      }
      PrincipalPlane plane = dimension > 2 ? PrincipalPlane.of(latents) : null;
      double[] x = new double[kept];
      double[] y = new double[kept];
      int[] label = new int[kept];
      int largest = -1;
      for (int n = 0, i = 0; n < count; n++) {
        if (latents.isFinite(n)) {
          x[i] = plane != null ? along(plane.first(), latents, n) : latents.coordinate(n, 0);
          y[i] = plane != null ? along(plane.second(), latents, n) : dimension == 2 ? latents.coordinate(n, 1) : 0;
          label[i] = labelsOrNull == null ? 0 : Split.isClass(labelsOrNull[n]) ? labelsOrNull[n] & 255 : -1;
          largest = Math.max(largest, label[i]);
          i++;
        }
      }
      List<String> names = new ArrayList<>();
      if (labelsOrNull != null) {
        names.addAll(classes);
        while (names.size() <= largest) {
          names.add(Integer.toString(names.size()));
        }
      }
      int noClass = -1;
      if (Arrays.stream(label).anyMatch(c -> c < 0)) {
        noClass = names.size();
        names.add("no class");
        for (int i = 0; i < kept; i++) {
          label[i] = label[i] < 0 ? noClass : label[i];
        }
      }
      return new Cloud(x, y, label, count - kept, names, noClass, plane);
    }

    private static double along(double[] direction, FloatPoints latents, int n) {
      double sum = 0;
      for (int i = 0; i < direction.length; i++) {
        sum += direction[i] * latents.coordinate(n, i);
      }
      return sum;
    }

    int size() {
      return x.length;
    }

    boolean labelled() {
      return !names.isEmpty();
    }

    /** The number of points of each label. */
    int[] counts() {
      int[] counts = new int[Math.max(1, names.size())];
      for (int c : label) {
        counts[c]++;
      }
      return counts;
    }

    int[] colours() {
      if (!labelled()) {
        return new int[] {ClassColours.UNLABELLED};
      }
      return noClass < 0 ? ClassColours.of(names.size()) : ClassColours.withNoClass(noClass);
    }

    /**
     * For example "10,000 embeddings, 3 skipped (not finite), first two principal components (81 % of the variance)".
     */
    String subtitle() {
      String text = String.format(Locale.ROOT, "%,d embedding%s", size(), size() == 1 ? "" : "s");
      if (skipped > 0) {
        text += String.format(Locale.ROOT, ", %,d skipped (not finite)", skipped);
      }
      if (plane != null) {
        text += String.format(Locale.ROOT, ", first two principal components (%.0f %% of the variance)",
            100 * (plane.firstShare() + plane.secondShare()));
      }
      return text;
    }

    /**
     * The step of a walk over 0 .. n - 1 that visits every point once and mixes points sorted by class: the golden
     * section of n, made coprime to n.
     */
    int scatterStep() {
      int n = Math.max(1, size());
      int step = Math.max(1, (int) Math.round(n * 0.6180339887498949));
      while (gcd(step, n) != 1) {
        step++;
      }
      return step;
    }

    private static int gcd(int a, int b) {
      return b == 0 ? a : gcd(b, a % b);
    }

    /**
     * The radius of a dot in pixels. Dots become smaller and fainter as their number grows; the values were chosen by
     * eye for 100 to 1,000,000 dots.
     */
    double dotRadius() {
      return Math.max(1.1, Math.min(5.5, 34 / Math.pow(Math.max(1, size()), 0.27)));
    }

    double dotAlpha() {
      return Math.max(0.15, Math.min(0.9, 1.55 - 0.21 * Math.log10(Math.max(1, size()))));
    }
  }
}
