package gputae.homology;

import java.util.Random;

/** Clouds on which spanning trees go wrong, if they do. */
public final class Clouds {

  private Clouds() {}

  /** Kinds of clouds. */
  public enum Kind {
    /** Coordinates uniform in [-1, 1). */
    UNIFORM,
    /** Coordinates among 0, 1, 2: many equal lengths. */
    TIED,
    /** A lattice in shuffled order: nearly all edges tie. */
    LATTICE,
    /** Every point several times. */
    DUPLICATE,
    /** Ten clusters a thousand times farther apart than they are wide. */
    CLUSTERED,
    /** Points on a line at multiples of 1/8, in shuffled order. */
    COLLINEAR,
    /** All points the same. */
    ONE_PLACE,
    /** Coordinates that differ in their last bits only, where rounding decides. */
    NEARLY_EQUAL
  }

  /** Row-major (n, d). */
  public static float[] draw(Kind kind, int n, int d, Random random) {
    float[] points = new float[n * d];
    float[] direction = new float[d];
    for (int k = 0; k < d; k++) {
      direction[k] = random.nextInt(5) - 2;
    }
    int side = (int) Math.ceil(Math.pow(n, 1.0 / Math.min(d, 3)));
    int[] order = random.ints(0, Integer.MAX_VALUE).distinct().limit(n).toArray();
    for (int i = 0; i < n; i++) {
      int shuffled = order[i] % n;
      for (int k = 0; k < d; k++) {
        points[i * d + k] =
            switch (kind) {
              case UNIFORM -> 2 * random.nextFloat() - 1;
              case TIED -> random.nextInt(3);
              case LATTICE -> k < 3 ? shuffled / (int) Math.pow(side, k) % side : 0;
              case DUPLICATE -> i >= 3 ? points[random.nextInt(Math.max(1, i / 3)) * d + k] : random.nextFloat();
              case CLUSTERED -> 1000 * ((i % 10 * 7919 + k * 104729) % 11) + random.nextFloat();
              case COLLINEAR -> direction[k] * (shuffled / 8f);
              case ONE_PLACE -> 0.3f;
              case NEARLY_EQUAL -> Float.intBitsToFloat(Float.floatToIntBits(1.5f) + random.nextInt(4));
            };
      }
      if (kind == Kind.DUPLICATE && i >= 3) {
        System.arraycopy(points, random.nextInt(3) * d, points, i * d, d);
      }
    }
    return points;
  }
}
