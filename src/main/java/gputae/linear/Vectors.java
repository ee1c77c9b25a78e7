package gputae.linear;

/** Vectors as arrays of doubles of the same length. */
public final class Vectors {

  private Vectors() {}

  /** The inner product. */
  public static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** sum += factor times vector. */
  public static void addTo(double[] sum, double[] vector, double factor) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += factor * vector[i];
    }
  }

  /** vector = factor times vector. */
  static void scale(double[] vector, double factor) {
    for (int i = 0; i < vector.length; i++) {
      vector[i] *= factor;
    }
  }

  /** The vector or its negative: the one whose entry of the largest magnitude (the first of equal ones) is positive. */
  public static double[] pointed(double[] vector) {
    int peak = 0;
    for (int i = 0; i < vector.length; i++) {
      // The tolerance keeps rounding from choosing between entries that are equal in exact arithmetic.
      if (Math.abs(vector[i]) > Math.abs(vector[peak]) * (1 + 1e-9)) {
        peak = i;
      }
    }
    double[] pointed = vector.clone();
    if (vector[peak] < 0) {
      for (int i = 0; i < vector.length; i++) {
        pointed[i] = -vector[i];
      }
    }
    return pointed;
  }
}
