package gputae.backend.cuda;

import java.util.Arrays;

/**
 * The bytes of device memory that one call read and wrote. Those of a launch are known only in a watched build of the
 * host runner (native/testing/host/watch.h).
 *
 * @param ranges three numbers for each range: its first address, the address behind it, and {@link #READ},
 *               {@link #WRITTEN} or their sum
 */
record Accesses(long... ranges) {

  static final long READ = 1;
  static final long WRITTEN = 2;

  /** Of a call that accessed nothing, or of which nothing is known. */
  static final Accesses NONE = new Accesses();

  private static final int NUMBERS = 3;

  static Accesses ofCopy(long from, long to, long bytes) {
    return new Accesses(from, from + bytes, READ, to, to + bytes, WRITTEN);
  }

  static Accesses ofClear(long address, long bytes) {
    return new Accesses(address, address + bytes, WRITTEN);
  }

  /** The rows of a matrix of floats as it is stored, {@code leading} floats apart. */
  static Accesses rows(long address, int rows, int columns, int leading, long how) {
    if (columns == leading || rows == 1) {
      return new Accesses(address, address + (long) rows * columns * Float.BYTES, how);
    }
    long[] ranges = new long[NUMBERS * rows];
    for (int row = 0; row < rows; row++) {
      long begin = address + (long) row * leading * Float.BYTES;
      ranges[NUMBERS * row] = begin;
      ranges[NUMBERS * row + 1] = begin + (long) columns * Float.BYTES;
      ranges[NUMBERS * row + 2] = how;
    }
    return new Accesses(ranges);
  }

  Accesses and(Accesses more) {
    long[] all = Arrays.copyOf(ranges, ranges.length + more.ranges.length);
    System.arraycopy(more.ranges, 0, all, ranges.length, more.ranges.length);
    return new Accesses(all);
  }

  boolean isEmpty() {
    return ranges.length == 0;
  }

  /** Says which bytes both calls access although one of them writes them; null if there are none. */
  String conflict(Accesses other) {
    for (int i = 0; i < ranges.length; i += NUMBERS) {
      for (int j = 0; j < other.ranges.length; j += NUMBERS) {
        long begin = Math.max(ranges[i], other.ranges[j]);
        long end = Math.min(ranges[i + 1], other.ranges[j + 1]);
        if (begin < end && ((ranges[i + 2] | other.ranges[j + 2]) & WRITTEN) != 0) {
          return "%d bytes at 0x%x, which the first %s and the second %s".formatted(end - begin, begin,
              does(ranges[i + 2]), does(other.ranges[j + 2]));
        }
      }
    }
    return null;
  }

  private static String does(long how) {
    return how == READ ? "reads" : how == WRITTEN ? "writes" : "reads and writes";
  }
}
