package gputae.evaluate;

import java.util.Arrays;

/**
 * Sorts the points of a cloud by their distance from one of them: the point itself first, then the others by distance,
 * equal distances by index. It is a radix sort of the bits of the distances; for numbers that are not negative, the
 * order of the bits is that of the numbers. The sort is stable, so indices need not be compared. An object serves one
 * thread, any number of times.
 */
final class DistanceOrder {

  private static final int DIGIT_BITS = 11;
  /** 63 bits, since the sign is 0. */
  private static final int DIGITS = 6;

  private final int[][] starts = new int[DIGITS][1 << DIGIT_BITS];
  private long[] keys;
  private long[] otherKeys;
  private char[] ids;
  private char[] otherIds;

  /** @param count number of points, at most 65,536 */
  DistanceOrder(int count) {
    keys = new long[count - 1];
    otherKeys = new long[count - 1];
    ids = new char[count - 1];
    otherIds = new char[count - 1];
  }

  /**
   * Ranks the points by distance.
   *
   * @param order of length n, written: order[r] = index of the point of rank r as seen from {@code self}; order[0] =
   *     self
   */
  void order(double[] squares, int self, char[] order) {
    int m = keys.length;
    for (int[] digit : starts) {
      Arrays.fill(digit, 0);
    }
    for (int r = 0; r < m; r++) {
      int j = r < self ? r : r + 1;
      long key = Double.doubleToRawLongBits(squares[j]);
      keys[r] = key;
      ids[r] = (char) j;
      for (int digit = 0; digit < DIGITS; digit++) {
        starts[digit][digit(key, digit)]++;
      }
    }
    for (int digit = 0; digit < DIGITS; digit++) {
      int[] start = starts[digit];
      // A digit that is the same in all keys does not change the order.
      if (start[digit(keys[0], digit)] == m) {
        continue;
      }
      int sum = 0;
      for (int value = 0; value < start.length; value++) {
        int size = start[value];
        start[value] = sum;
        sum += size;
      }
      for (int r = 0; r < m; r++) {
        int place = start[digit(keys[r], digit)]++;
        otherKeys[place] = keys[r];
        otherIds[place] = ids[r];
      }
      long[] sortedKeys = otherKeys;
      otherKeys = keys;
      keys = sortedKeys;
      char[] sortedIds = otherIds;
      otherIds = ids;
      ids = sortedIds;
    }
    order[0] = (char) self;
    System.arraycopy(ids, 0, order, 1, m);
  }

  private static int digit(long key, int digit) {
    return (int) (key >>> digit * DIGIT_BITS) & (1 << DIGIT_BITS) - 1;
  }
}
