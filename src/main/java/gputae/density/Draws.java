package gputae.density;

import gputae.backend.Philox;

/**
 * The random numbers of one point, each a function of its address. Only exactly rounded operations and StrictMath make
 * them, so every machine has the same ones.
 *
 * @param seed   of all points
 * @param point  the number of the point, from 0
 * @param stream the last word of the counter of Philox
 */
record Draws(long seed, long point, int stream) {

  /** Uniform in [0, 1), with 53 bits; {@code number} from 0 tells the numbers of a point apart. */
  double uniform(int number) {
    int[] words = Philox.words(seed, point, number / 2, stream);
    int half = number % 2 * 2;
    return ((words[half] >>> 5) * 0x1p26 + (words[half + 1] >>> 6)) * 0x1p-53;
  }

  /**
   * {@code count} independent standard normal numbers, from the uniform numbers {@code first} (which is even) and on:
   * pairs of them by the transform of Box and Muller 1958.
   */
  double[] normals(int first, int count) {
    double[] normals = new double[count];
    for (int i = 0; i < count; i += 2) {
      double radius = Math.sqrt(-2 * StrictMath.log(1 - uniform(first + i)));
      double angle = 2 * Math.PI * uniform(first + i + 1);
      normals[i] = radius * StrictMath.cos(angle);
      if (i + 1 < count) {
        normals[i + 1] = radius * StrictMath.sin(angle);
      }
    }
    return normals;
  }
}
