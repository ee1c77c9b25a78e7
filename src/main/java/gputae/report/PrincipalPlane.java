package gputae.report;

/**
 * The two directions in which a cloud varies most.
 *
 * @param first       unit vector [d], the principal component of the largest variance
 * @param second      unit vector [d], of the second largest
 * @param firstShare  the variance along {@code first} divided by the whole variance, in [0, 1]; 0 if the cloud has none
 * @param secondShare the same of {@code second}
 */
record PrincipalPlane(double[] first, double[] second, double firstShare, double secondShare) {

  /** Cyclic Jacobi converges quadratically; a dozen sweeps do for any size met here. */
  private static final int MOST_SWEEPS = 60;

  /**
   * The plane of the rows of {@code latents} (float32 [count, d], d at least 2) whose coordinates are all finite. The sign of each direction is such
   * that its largest entry in magnitude, the first among equals, is positive.
   */
  static PrincipalPlane of(float[] latents, int count, int d) {
    double[] covariance = covariance(latents, count, d);
    double[] vectors = new double[d * d];
    jacobi(covariance, vectors, d);
    double trace = 0;
    for (int i = 0; i < d; i++) {
      trace += covariance[i * d + i];
    }
    int first = largest(covariance, d, -1);
    int second = largest(covariance, d, first);
    return new PrincipalPlane(column(vectors, d, first), column(vectors, d, second),
        trace > 0 ? Math.max(0, covariance[first * d + first]) / trace : 0,
        trace > 0 ? Math.max(0, covariance[second * d + second]) / trace : 0);
  }

  /** Row-major [d, d]. The mean is taken first: far-off clouds would otherwise lose their variance to cancellation. */
  private static double[] covariance(float[] latents, int count, int d) {
    double[] mean = new double[d];
    int rows = 0;
    for (int n = 0; n < count; n++) {
      if (finite(latents, n, d)) {
        rows++;
        for (int i = 0; i < d; i++) {
          mean[i] += latents[n * d + i];
        }
      }
    }
    for (int i = 0; i < d; i++) {
      mean[i] /= Math.max(1, rows);
    }
    double[] covariance = new double[d * d];
    double[] centred = new double[d];
    for (int n = 0; n < count; n++) {
      if (finite(latents, n, d)) {
        for (int i = 0; i < d; i++) {
          centred[i] = latents[n * d + i] - mean[i];
        }
        for (int i = 0; i < d; i++) {
          for (int j = i; j < d; j++) {
            covariance[i * d + j] += centred[i] * centred[j];
          }
        }
      }
    }
    for (int i = 0; i < d; i++) {
      for (int j = i; j < d; j++) {
        covariance[i * d + j] /= Math.max(1, rows);
        covariance[j * d + i] = covariance[i * d + j];
      }
    }
    return covariance;
  }

  static boolean finite(float[] latents, int n, int d) {
    for (int i = 0; i < d; i++) {
      if (!Float.isFinite(latents[n * d + i])) {
        return false;
      }
    }
    return true;
  }

  /** Rotates the symmetric {@code a} [d, d] until it is diagonal; the columns of {@code v} become its eigenvectors. */
  private static void jacobi(double[] a, double[] v, int d) {
    for (int i = 0; i < d; i++) {
      v[i * d + i] = 1;
    }
    for (int sweep = 0; sweep < MOST_SWEEPS; sweep++) {
      double off = 0;
      double all = 0;
      for (int i = 0; i < d; i++) {
        for (int j = 0; j < d; j++) {
          all += a[i * d + j] * a[i * d + j];
          off += i == j ? 0 : a[i * d + j] * a[i * d + j];
        }
      }
      if (!(off > 1e-28 * all)) {
        return;
      }
      for (int p = 0; p < d; p++) {
        for (int q = p + 1; q < d; q++) {
          rotate(a, v, d, p, q);
        }
      }
    }
  }

  /** The rotation in the plane (p, q) that makes a[p, q] zero; the smaller of the two angles. */
  private static void rotate(double[] a, double[] v, int d, int p, int q) {
    double apq = a[p * d + q];
    if (apq == 0) {
      return;
    }
    double theta = (a[q * d + q] - a[p * d + p]) / (2 * apq);
    double t = Math.copySign(1, theta) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
    double c = 1 / Math.sqrt(t * t + 1);
    double s = t * c;
    for (int k = 0; k < d; k++) {
      double akp = a[k * d + p];
      double akq = a[k * d + q];
      a[k * d + p] = c * akp - s * akq;
      a[k * d + q] = s * akp + c * akq;
    }
    for (int k = 0; k < d; k++) {
      double apk = a[p * d + k];
      double aqk = a[q * d + k];
      a[p * d + k] = c * apk - s * aqk;
      a[q * d + k] = s * apk + c * aqk;
      double vkp = v[k * d + p];
      double vkq = v[k * d + q];
      v[k * d + p] = c * vkp - s * vkq;
      v[k * d + q] = s * vkp + c * vkq;
    }
  }

  private static int largest(double[] diagonalised, int d, int except) {
    int best = -1;
    for (int i = 0; i < d; i++) {
      if (i != except && (best < 0 || diagonalised[i * d + i] > diagonalised[best * d + best])) {
        best = i;
      }
    }
    return best;
  }

  private static double[] column(double[] vectors, int d, int c) {
    double[] column = new double[d];
    int peak = 0;
    for (int i = 0; i < d; i++) {
      column[i] = vectors[i * d + c];
      // The slack keeps rounding from choosing between entries that are equal in exact arithmetic.
      if (Math.abs(column[i]) > Math.abs(column[peak]) * (1 + 1e-9)) {
        peak = i;
      }
    }
    if (column[peak] < 0) {
      for (int i = 0; i < d; i++) {
        column[i] = -column[i];
      }
    }
    return column;
  }
}
