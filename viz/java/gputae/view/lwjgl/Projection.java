package gputae.view.lwjgl;

import gputae.linear.LeadingComponents;
import gputae.linear.SymmetricEigen;
import gputae.linear.Vectors;
import java.util.Arrays;

/**
 * How points of a latent space of d dimensions are seen in three. For d above 3 the space seen is that of the three
 * largest principal components; inside it the axes are turned to lie as near as possible to those of the projection
 * before, so that what is seen goes on smoothly while variances grow, shrink and cross, where principal components by
 * themselves would swap and flip. For d up to 3 the coordinates are the latent ones, zeros beyond.
 *
 * <p>The origin stays the latent origin and lengths never grow: the unit ball is projected onto the unit ball.
 * Immutable.
 */
final class Projection {

  /** Coordinates that are seen. */
  static final int AXES = 3;

  /** From more rows than these every k-th is taken, k the smallest that leaves no more. */
  private static final int MOST_ROWS = 20_000;
  /** Rows added to the covariance at once: its entries are loaded and stored the less often. */
  private static final int BLOCK = 8;
  /**
   * Times the whole variance: what the axes before add to their variance. More than rounding gives, less than anyone
   * sees.
   */
  private static final double FAVOUR = 1e-10;
  /**
   * Of the cosines between the space before and now: below, a direction has nothing in common with what was seen
   * before.
   */
  private static final double SINGULAR = 1e-6;
  private static final double[][] UNTURNED = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};

  private final int d;
  private final double[] mean;
  /** [3][d], orthonormal; for d below 3 the last are zeros. */
  private final double[][] axes;
  /** [3] */
  private final double[] shares;

  private Projection(double[] mean, double[][] axes, double[] shares) {
    this.d = mean.length;
    this.mean = mean;
    this.axes = axes;
    this.shares = shares;
  }

  /**
   * The projection of the rows of {@code latents} whose coordinates are all finite. Where they leave a direction open,
   * because there are too few or they all lie in a plane, it is taken from the axes before. Without those the axes are
   * the principal components, the largest variance first, each with its largest entry in magnitude, the first among
   * equals, positive.
   *
   * @param latents float32 [count, d]
   * @param count   rows, 0 or more; of more than 20,000 a fixed part is looked at
   * @param d       latent dimensions, at least 1
   * @param before  what was seen until now, or null; one of another d counts as none
   * @throws IllegalArgumentException if the sizes do not fit the array
   */
  static Projection of(float[] latents, int count, int d, Projection before) {
    checkSizes(latents.length, count, d);
    // Not count + MOST_ROWS - 1, which may be more than an int holds.
    int step = Math.max(0, count - 1) / MOST_ROWS + 1;
    int rows = count == 0 ? 0 : (count - 1) / step + 1;
    double[] mean = mean(latents, rows, d, step);
    if (d > LeadingComponents.FEW_DIMENSIONS) {
      double[][] axesBefore = before != null && before.d == d ? before.axes : null;
      LeadingComponents found = LeadingComponents.of(latents, count, d, step, AXES, axesBefore, FAVOUR);
      return turned(mean, found.vectors(), found.variances(), found.whole(), axesBefore);
    }
    double[][] covariance = covariance(latents, rows, mean, step);
    double whole = 0;
    for (int i = 0; i < d; i++) {
      whole += covariance[i][i];
    }
    return d <= AXES ? identity(mean, covariance, whole)
        : seen(mean, covariance, whole, before != null && before.d == d ? before.axes : null);
  }

  private static Projection identity(double[] mean, double[][] covariance, double whole) {
    int d = mean.length;
    double[][] axes = new double[AXES][d];
    double[] shares = new double[AXES];
    for (int i = 0; i < d; i++) {
      axes[i][i] = 1;
      shares[i] = whole > 0 ? covariance[i][i] / whole : 0;
    }
    return new Projection(mean, axes, shares);
  }

  /** {@code covariance} is used up; {@code before} [3][d] may be null. */
  private static Projection seen(double[] mean, double[][] covariance, double whole, double[][] before) {
    int d = mean.length;
    if (before != null) {
      // Decides where nothing else does: rounding must not choose a direction in which the points have no extent.
      for (double[] axis : before) {
        addSquare(covariance, axis, whole > 0 ? FAVOUR * whole : 1);
      }
    }
    SymmetricEigen eigen = SymmetricEigen.of(covariance);
    int[] order = eigen.largest(AXES);
    double[][] components = new double[AXES][];
    double[] variances = new double[AXES];
    for (int k = 0; k < AXES; k++) {
      components[k] = eigen.vector(order[k]);
      variances[k] = Math.max(0, eigen.values()[order[k]]);
    }
    return turned(mean, components, variances, whole, before);
  }

  /** The space of three principal components, whose axes are turned to those before; {@code before} may be null. */
  private static Projection turned(double[] mean, double[][] principal, double[] variances, double whole,
      double[][] before) {
    int d = mean.length;
    double[][] components = new double[AXES][];
    for (int k = 0; k < AXES; k++) {
      components[k] = Vectors.pointed(principal[k]);
    }
    double[][] turn = before == null ? UNTURNED : nearest(components, before);
    double[][] axes = new double[AXES][d];
    double[] shares = new double[AXES];
    for (int i = 0; i < AXES; i++) {
      for (int k = 0; k < AXES; k++) {
        Vectors.addTo(axes[i], components[k], turn[k][i]);
        shares[i] += whole > 0 ? turn[k][i] * turn[k][i] * variances[k] / whole : 0;
      }
      shares[i] = Math.min(1, shares[i]);
    }
    return new Projection(mean, axes, shares);
  }

  /** Whether the coordinates are the latent ones, padded with zeros: for d up to 3. */
  boolean identity() {
    return d <= AXES;
  }

  /** Of the rows looked at, [d]; zeros if none is finite. Not to be changed. */
  double[] mean() {
    return mean;
  }

  /**
   * The unit vector [d] along which coordinate {@code i}, 0 .. 2, is measured; zeros for {@code i} from d on. Not to be
   * changed.
   */
  double[] axis(int i) {
    return axes[i];
  }

  /** The variance along axis {@code i}, 0 .. 2, divided by the whole variance, in [0, 1]; 0 if the points have none. */
  double share(int i) {
    return shares[i];
  }

  /** The variance that is seen divided by the whole, in [0, 1]; 0 if the points have none. */
  double share() {
    return Math.min(1, shares[0] + shares[1] + shares[2]);
  }

  /**
   * Projects points.
   *
   * @param latents float32 [count, d]
   * @param out     float32 [count, 3]; NaN in all three for rows with a coordinate that is not finite
   * @throws IllegalArgumentException if the sizes do not fit the arrays
   */
  void project(float[] latents, int count, float[] out) {
    checkSizes(latents.length, count, d);
    checkSizes(out.length, count, AXES);
    for (int n = 0; n < count; n++) {
      if (Vectors.isFinite(latents, n, d)) {
        double x = 0;
        double y = 0;
        double z = 0;
        for (int j = 0; j < d; j++) {
          double value = latents[n * d + j];
          x += value * axes[0][j];
          y += value * axes[1][j];
          z += value * axes[2][j];
        }
        out[AXES * n] = (float) x;
        out[AXES * n + 1] = (float) y;
        out[AXES * n + 2] = (float) z;
      } else {
        Arrays.fill(out, AXES * n, AXES * n + AXES, Float.NaN);
      }
    }
  }

  /**
   * The point [d] of the space seen that is projected to (x, y, z); for d below 3 coordinates from d on are left out.
   */
  double[] lift(double x, double y, double z) {
    double[] point = new double[d];
    Vectors.addTo(point, axes[0], x);
    Vectors.addTo(point, axes[1], y);
    Vectors.addTo(point, axes[2], z);
    return point;
  }

  private static void checkSizes(int length, int count, int d) {
    if (count < 0 || d < 1 || (long) count * d > length) {
      throw new IllegalArgumentException(count + " points of " + d + " numbers do not fit an array of " + length);
    }
  }

  private static double[] mean(float[] latents, int rows, int d, int step) {
    double[] mean = new double[d];
    int used = 0;
    for (int row = 0; row < rows; row++) {
      int n = row * step;
      if (Vectors.isFinite(latents, n, d)) {
        used++;
        for (int i = 0; i < d; i++) {
          mean[i] += latents[n * d + i];
        }
      }
    }
    for (int i = 0; i < d; i++) {
      mean[i] /= Math.max(1, used);
    }
    return mean;
  }

  /** Symmetric [d][d]. The mean is taken first: far-off clouds would otherwise lose their variance to cancellation. */
  private static double[][] covariance(float[] latents, int rows, double[] mean, int step) {
    int d = mean.length;
    double[][] covariance = new double[d][d];
    double[][] block = new double[BLOCK][d];
    int used = 0;
    int filled = 0;
    for (int row = 0; row < rows; row++) {
      int n = row * step;
      if (Vectors.isFinite(latents, n, d)) {
        double[] centred = block[filled];
        for (int i = 0; i < d; i++) {
          centred[i] = latents[n * d + i] - mean[i];
        }
        used++;
        if (++filled == BLOCK) {
          addSquares(covariance, block);
          filled = 0;
        }
      }
    }
    for (int i = 0; i < filled; i++) {
      addSquare(covariance, block[i], 1);
    }
    for (int i = 0; i < d; i++) {
      for (int j = i; j < d; j++) {
        covariance[i][j] /= Math.max(1, used);
        covariance[j][i] = covariance[i][j];
      }
    }
    return covariance;
  }

  /** Adds the outer squares of the rows [8][d] to the upper half of {@code sum}. */
  private static void addSquares(double[][] sum, double[][] rows) {
    double[] a = rows[0];
    double[] b = rows[1];
    double[] c = rows[2];
    double[] e = rows[3];
    double[] f = rows[4];
    double[] g = rows[5];
    double[] h = rows[6];
    double[] k = rows[7];
    for (int i = 0; i < sum.length; i++) {
      double[] row = sum[i];
      double ai = a[i];
      double bi = b[i];
      double ci = c[i];
      double ei = e[i];
      double fi = f[i];
      double gi = g[i];
      double hi = h[i];
      double ki = k[i];
      for (int j = i; j < row.length; j++) {
        row[j] += ai * a[j] + bi * b[j] + ci * c[j] + ei * e[j] + fi * f[j] + gi * g[j] + hi * h[j] + ki * k[j];
      }
    }
  }

  private static void addSquare(double[][] sum, double[] row, double factor) {
    for (int i = 0; i < sum.length; i++) {
      Vectors.addTo(sum[i], row, factor * row[i]);
    }
  }

  /**
   * Orthogonal Procrustes: the orthogonal [3][3] that turns the orthonormal rows of {@code now} [3][d] nearest to those
   * of {@code before}, the new axis i being the sum over k of now[k] times entry [k][i]. It is W Z' where W S Z' is the
   * singular value decomposition of now before'. A direction that the two spaces do not share points where its largest
   * entry is positive; if there is more than one, nothing is turned.
   */
  private static double[][] nearest(double[][] now, double[][] before) {
    double[][] cosines = new double[AXES][AXES];
    double[][] squares = new double[AXES][AXES];
    for (int k = 0; k < AXES; k++) {
      for (int i = 0; i < AXES; i++) {
        cosines[k][i] = Vectors.dot(now[k], before[i]);
      }
      addSquare(squares, cosines[k], 1);
    }
    SymmetricEigen right = SymmetricEigen.of(squares);
    int[] order = right.largest(AXES);
    double[][] left = new double[AXES][AXES];
    double[][] turn = new double[AXES][AXES];
    for (int c = 0; c < AXES; c++) {
      double[] z = right.vector(order[c]);
      double[] w = left[c];
      for (int k = 0; k < AXES; k++) {
        w[k] = Vectors.dot(cosines[k], z);
      }
      double singular = Math.sqrt(Vectors.dot(w, w));
      if (singular < SINGULAR) {
        if (c < AXES - 1) {
          return UNTURNED;
        }
        z = Vectors.pointed(z);
        cross(left[0], left[1], w);
        double[] direction = new double[now[0].length];
        for (int k = 0; k < AXES; k++) {
          Vectors.addTo(direction, now[k], w[k]);
        }
        // The one of two opposites that is pointed already stays as it is.
        double sign = Math.signum(Vectors.dot(direction, Vectors.pointed(direction)));
        w[0] *= sign;
        w[1] *= sign;
        w[2] *= sign;
      }
      // Small singular values leave rounding in w, which must not make the axes oblique.
      for (int other = 0; other < c; other++) {
        Vectors.addTo(w, left[other], -Vectors.dot(w, left[other]));
      }
      double length = Math.sqrt(Vectors.dot(w, w));
      for (int k = 0; k < AXES; k++) {
        w[k] /= length;
        Vectors.addTo(turn[k], z, w[k]);
      }
    }
    return turn;
  }

  private static void cross(double[] a, double[] b, double[] out) {
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
  }
}
