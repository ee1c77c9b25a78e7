package gputae.backend;

/**
 * Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC 2011), the generator of
 * kernels/philox.h: a number is a function of its address (seed, index, step, stream), so any part of a run can be
 * drawn again without the part before it.
 */
public final class Philox {

  private Philox() {}

  /** Four independent 32-bit words. */
  public static int[] words(long seed, long index, int step, int stream) {
    int c0 = (int) index;
    int c1 = (int) (index >>> 32);
    int c2 = step;
    int c3 = stream;
    int k0 = (int) seed;
    int k1 = (int) (seed >>> 32);
    for (int round = 0; round < 10; round++) {
      long p0 = 0xD2511F53L * (c0 & 0xFFFFFFFFL);
      long p1 = 0xCD9E8D57L * (c2 & 0xFFFFFFFFL);
      int n0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      int n2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c1 = (int) p1;
      c3 = (int) p0;
      c0 = n0;
      c2 = n2;
      k0 += 0x9E3779B9;
      k1 += 0xBB67AE85;
    }
    return new int[] {c0, c1, c2, c3};
  }

  /** (word >> 8) 2^-24, in [0, 1). */
  public static float uniform(int word) {
    return (word >>> 8) * 0x1p-24f;
  }

  /**
   * The numbers 0 to n - 1 in random order; all orders are equally likely (Fisher, Yates), without bias (Lemire 2019).
   */
  public static int[] permutation(int n, long seed, int step, int stream) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    long index = 0;
    int[] words = null;
    int used = 4;
    for (int i = n - 1; i > 0; i--) {
      long bound = i + 1L;
      long product;
      do {
        if (used == 4) {
          words = words(seed, index++, step, stream);
          used = 0;
        }
        product = (words[used++] & 0xFFFFFFFFL) * bound;
        // Words whose low product falls into the incomplete last range are drawn again.
      } while ((product & 0xFFFFFFFFL) < (0x100000000L - bound) % bound);
      int j = (int) (product >>> 32);
      int other = order[j];
      order[j] = order[i];
      order[i] = other;
    }
    return order;
  }
}
