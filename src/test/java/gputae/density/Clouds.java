package gputae.density;

import gputae.linear.FloatPoints;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ForkJoinPool;

/** Clouds for tests of densities, and a number of threads for their computation. */
final class Clouds {

  private Clouds() {}

  /**
   * Normal clusters one after the other.
   *
   * @param means [clusters][d]
   * @param deviations [clusters], of every coordinate
   */
  static FloatPoints clusters(long seed, int[] sizes, double[][] means, double... deviations) {
    Random random = new Random(seed);
    int d = means[0].length;
    int n = 0;
    for (int size : sizes) {
      n += size;
    }
    float[] coordinates = new float[n * d];
    int at = 0;
    for (int k = 0; k < sizes.length; k++) {
      for (int p = 0; p < sizes[k]; p++) {
        for (int i = 0; i < d; i++) {
          coordinates[at++] = (float) (means[k][i] + deviations[k] * random.nextGaussian());
        }
      }
    }
    return new FloatPoints(coordinates, d);
  }

  /** The result of parallel streams on this number of threads. */
  static <T> T on(int threads, Callable<T> work) throws Exception {
    ForkJoinPool pool = new ForkJoinPool(threads);
    try {
      return pool.submit(work).get();
    } finally {
      pool.shutdown();
    }
  }
}
