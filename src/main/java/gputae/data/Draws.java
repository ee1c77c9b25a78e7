package gputae.data;

import java.util.SplittableRandom;

/**
 * Random draws for the built-in digits, with the same bits on every machine: only 64-bit integers are taken from the
 * generator, and all operations on them are exactly rounded.
 */
final class Draws {

  private final SplittableRandom random;

  /** Random stream number {@code stream} of {@code seed}. */
  Draws(long seed, long stream) {
    // Two rounds of a mixer. SplittableRandom advances its state by a constant, so neighbouring seeds must not be a few
    // steps apart.
    random = new SplittableRandom(mix(mix(seed) + stream));
  }

  /** Uniform in [0, 1). */
  double uniform() {
    return (random.nextLong() >>> 11) * 0x1p-53;
  }

  /** Uniform in [low, high). */
  double uniform(double low, double high) {
    return low + (high - low) * uniform();
  }

  /** Bell-shaped: the sum of four uniform numbers. It never exceeds 3.47 deviations, so no digit looks absurd. */
  double bell(double mean, double deviation) {
    double sum = uniform() + uniform() + uniform() + uniform();
    return mean + deviation * (sum - 2) * 1.7320508075688772;
  }

  /** Uniform in 0..bound-1. */
  int below(int bound) {
    return (int) (uniform() * bound);
  }

  // The finaliser of MurmurHash3 with Stafford's constants ("Mix13").
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
