package gputae.selftest;

import gputae.linear.FloatPoints;
import java.util.Random;

/** Clouds for which errors in spanning trees are most likely. */
public final class Clouds {

  private Clouds() {}

  /** Kinds of clouds. */
  public enum Kind {
    /** Coordinates uniform in [-1, 1). */
    UNIFORM,
    /** Coordinates are 0, 1 or 2: many equal lengths. */
    TIED,
    /**
     * The points of a lattice of up to five dimensions, each once, in shuffled order: nearly all edges have equal
     * lengths, with up to ten equal ones at a point.
     */
    LATTICE,
    /** Three different points, each repeated a random number of times. */
    DUPLICATE,
    /** Ten clusters, whose distances are a thousand times their width. */
    CLUSTERED,
    /** The first points on a line at multiples of 1/8, each once, in shuffled order. */
    COLLINEAR,
    /** All points the same. */
    ONE_PLACE,
    /** Coordinates that differ only in their last bits, where rounding decides. */
    NEARLY_EQUAL,
    /**
     * Thirty-two clusters that are far apart. The indices of the points of a cluster differ by multiples of 32, so that
     * one lane of a warp sees all points near a given one. The points are in groups of eight: of a point's eight
     * nearest, seven join its own component and the eighth leads out of it.
     */
    STRIPED
  }

  private static final int LATTICE_AXES = 5;

  /** A cloud of n points of dimension d. */
  public static FloatPoints draw(Kind kind, int n, int d, Random random) {
    float[] points = new float[n * d];
    float[] direction = new float[d];
    for (int k = 0; k < d; k++) {
      direction[k] = random.nextInt(5) - 2;
    }
    // Any direction except zero.
    int leading = random.nextInt(d);
    direction[leading] = direction[leading] == 0 ? 1 : direction[leading];
    int side = (int) Math.ceil(Math.pow(n, 1.0 / Math.min(d, LATTICE_AXES)));
    int[] order = shuffle(n, random);
    for (int i = 0; i < n; i++) {
      int shuffled = order[i];
      int copied = random.nextInt(3);
      for (int k = 0; k < d; k++) {
        points[i * d + k] =
            switch (kind) {
              case UNIFORM -> 2 * random.nextFloat() - 1;
              case TIED -> random.nextInt(3);
              case LATTICE -> k < LATTICE_AXES ? shuffled / (int) Math.pow(side, k) % side : 0;
              case DUPLICATE -> i < 3 ? random.nextFloat() : points[copied * d + k];
              case CLUSTERED -> 1000 * ((i % 10 * 7919 + k * 104729) % 11) + random.nextFloat();
              case COLLINEAR -> direction[k] * (shuffled / 8f);
              case ONE_PLACE -> 0.3f;
              case NEARLY_EQUAL -> Float.intBitsToFloat(Float.floatToIntBits(1.5f) + random.nextInt(4));
              case STRIPED ->
                  1000 * ((i % 32 * 7919 + k * 104729) % 37) + 20 * ((i / 256 * 7919 + k) % 11) + random.nextFloat();
            };
      }
    }
    return new FloatPoints(points, d);
  }

  /** The numbers 0 to n - 1 in an order drawn uniformly (Fisher, Yates). */
  private static int[] shuffle(int n, Random random) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      int other = random.nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    return order;
  }
}
