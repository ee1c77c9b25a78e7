package gputae.view.lwjgl;

import gputae.linear.FloatPoints;
import gputae.linear.LeadingComponents;
import gputae.linear.SymmetricEigen;
import gputae.linear.Vectors;
import java.util.Arrays;

/**
 * The projection of points of a latent space of d dimensions to three coordinates. For d above 3 the projection is to
 * the space of the three largest principal components. Inside it, the axes are rotated to be as close as possible to
 * those of the previous projection. So the view changes smoothly while variances grow, shrink and cross; the principal
 * components themselves would swap and flip. For d up to 3 the coordinates are the latent ones, padded with zeros.
 *
 * <p>The origin is the latent origin and lengths never grow, so the unit ball is projected onto the unit ball.
 * Immutable.
 */
final class Projection {

  /** Number of coordinates of the view. */
  static final int AXES = 3;

  /** If there are more rows than this, every k-th is used, with the smallest k that gives at most this number. */
  private static final int MOST_ROWS = 20_000;
  /** Number of rows added to the covariance at once, so that its entries are loaded and stored less often. */
  private static final int BLOCK = 8;
  /**
   * The previous axes increase the variance along them by this factor times the whole variance: more than rounding
   * does, and too little to be visible.
   */
  private static final double FAVOUR = 1e-10;
  /**
   * A limit for the cosines between the previous space and the new one: below it, a direction has nothing in common
   * with the previous view.
   */
  private static final double SINGULAR = 1e-6;
  private static final double[][] UNTURNED = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};

  private final int d;
  private final double[] mean;
  /** [3][d], orthonormal; for d below 3 the last ones are zeros. */
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
   * The projection of the rows of {@code latents} whose coordinates are all finite. If they leave a direction open,
   * since there are too few or all lie in a plane, it is taken from the previous axes. Without previous axes, the axes
   * are the principal components, the largest variance first; the sign of each is such that its entry of the largest
   * magnitude (the first of equal ones) is positive.
   *
   * @param latents the points, 0 or more; if there are more than 20,000, a fixed part of them is used
   * @param before  the previous projection, or null; one with another d is ignored
   */
  static Projection of(FloatPoints latents, Projection before) {
    int count = latents.count();
    int d = latents.dimension();
    // This is not count + MOST_ROWS - 1, which may exceed an int.
    int step = Math.max(0, count - 1) / MOST_ROWS + 1;
    int rows = count == 0 ? 0 : (count - 1) / step + 1;
    double[] mean = mean(latents, rows, step);
    if (d > LeadingComponents.FEW_DIMENSIONS) {
      double[][] axesBefore = before != null && before.d == d ? before.axes : null;
      LeadingComponents found = LeadingComponents.of(latents, step, AXES, axesBefore, FAVOUR);
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

  /** Overwrites {@code covariance}; {@code before} [3][d] may be null. */
  private static Projection seen(double[] mean, double[][] covariance, double whole, double[][] before) {
    if (before != null) {
      // This decides only if nothing else does: rounding must not choose a direction in which the points have no
      // extent.
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

  /**
   * The space of three principal components, with its axes rotated towards the previous ones; {@code before} may be
   * null.
   */
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

  /** Mean of the rows that were used, [d]; zeros if none is finite. Must not be changed. */
  double[] mean() {
    return mean;
  }

  /**
   * The unit vector [d] along which coordinate {@code i}, 0 .. 2, is measured; zeros for {@code i} from d on. Must not
   * be changed.
   */
  double[] axis(int i) {
    return axes[i];
  }

  /** The variance along axis {@code i}, 0 .. 2, divided by the total variance, in [0, 1]; 0 if the points have none. */
  double share(int i) {
    return shares[i];
  }

  /** The variance in the view divided by the total variance, in [0, 1]; 0 if the points have none. */
  double share() {
    return Math.min(1, shares[0] + shares[1] + shares[2]);
  }

  /**
   * Projects points.
   *
   * @param out float32 [count, 3]; NaN in all three for rows with a coordinate that is not finite
   * @throws IllegalArgumentException if the points have another dimension or do not fit into the array
   */
  void project(FloatPoints latents, float[] out) {
    int count = latents.count();
    if (latents.dimension() != d || (long) count * AXES > out.length) {
      throw new IllegalArgumentException(
          latents + " do not fit a projection of " + d + " dimensions into an array of " + out.length);
    }
    for (int n = 0; n < count; n++) {
      if (latents.isFinite(n)) {
        double x = 0;
        double y = 0;
        double z = 0;
        for (int j = 0; j < d; j++) {
          double value = latents.coordinate(n, j);
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
   * The point [d] of the space in view that is projected to (x, y, z); for d below 3 the coordinates from d on are
   * ignored.
   */
  double[] lift(double x, double y, double z) {
    double[] point = new double[d];
    Vectors.addTo(point, axes[0], x);
    Vectors.addTo(point, axes[1], y);
    Vectors.addTo(point, axes[2], z);
    return point;
  }

  private static double[] mean(FloatPoints latents, int rows, int step) {
    int d = latents.dimension();
    double[] mean = new double[d];
    int used = 0;
    for (int row = 0; row < rows; row++) {
      int n = row * step;
      if (latents.isFinite(n)) {
        used++;
        for (int i = 0; i < d; i++) {
          mean[i] += latents.coordinate(n, i);
        }
      }
    }
    for (int i = 0; i < d; i++) {
      mean[i] /= Math.max(1, used);
    }
    return mean;
  }

  /**
   * Symmetric [d][d]. The mean is subtracted first, since clouds far from the origin would otherwise lose their
   * variance to cancellation.
   */
  private static double[][] covariance(FloatPoints latents, int rows, double[] mean, int step) {
    int d = mean.length;
    double[][] covariance = new double[d][d];
    double[][] block = new double[BLOCK][d];
    int used = 0;
    int filled = 0;
    for (int row = 0; row < rows; row++) {
      int n = row * step;
      if (latents.isFinite(n)) {
        double[] centred = block[filled];
        for (int i = 0; i < d; i++) {
          centred[i] = latents.coordinate(n, i) - mean[i];
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

  /** Adds the outer products of the rows [8][d] with themselves to the upper half of {@code sum}. */
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
   * Orthogonal Procrustes problem: the orthogonal matrix [3][3] that rotates the orthonormal rows of {@code now} [3][d]
   * as close as possible to those of {@code before}; the new axis i is the sum over k of now[k] times entry [k][i]. It
   * is W Z', where W S Z' is the singular value decomposition of now before'. A direction that the two spaces do not
   * share gets the sign for which its largest entry is positive; if there is more than one such direction, nothing is
   * rotated.
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
        // Of two opposite directions, the one with the right sign is kept.
        double sign = Math.signum(Vectors.dot(direction, Vectors.pointed(direction)));
        w[0] *= sign;
        w[1] *= sign;
        w[2] *= sign;
      }
      // Small singular values leave rounding errors in w, which must not make the axes oblique.
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
