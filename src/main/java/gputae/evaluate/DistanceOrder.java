package gputae.evaluate;

import java.util.Arrays;

/**
 * Puts the points of a cloud in the order of their distance from one of them: itself, then the others by distance,
 * equal ones by index. A radix sort of the distances' bits, which for numbers that are not negative are ordered as the
 * numbers are; stable, so indices need no comparison. One thread, many uses.
 */
final class DistanceOrder {

  private static final int DIGIT_BITS = 11;
  /** 63 bits, the sign being 0. */
  private static final int DIGITS = 6;

  private final int[][] starts = new int[DIGITS][1 << DIGIT_BITS];
  private long[] keys;
  private long[] otherKeys;
  private char[] ids;
  private char[] otherIds;

  /** @param count points, at most 65,536 */
  DistanceOrder(int count) {
    keys = new long[count - 1];
    otherKeys = new long[count - 1];
    ids = new char[count - 1];
    otherIds = new char[count - 1];
  }

  /**
   * @return order[r] = index of the point of rank r among those seen from {@code self}, order[0] = self; written over
   * by the next call, its length n
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
      // A digit that all have in common orders nothing.
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
