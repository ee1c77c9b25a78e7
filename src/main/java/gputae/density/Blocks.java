package gputae.density;

import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Ranges of points that threads work on at the same time. They depend on the cloud alone, and their sums are added in
 * their order, so the number of threads changes no bit.
 */
record Blocks(int points, int size) {

  /** Below this number of points a block is not worth a thread. */
  private static final int LEAST = 1024;

  private static final int MOST_BLOCKS = 16;

  /** The sums of all blocks together have at most this many numbers: 128 MiB. */
  private static final long MOST_NUMBERS = 1 << 24;

  /** The blocks of a cloud of this many points, each with so many numbers of sums. */
  static Blocks of(int points, long numbers) {
    long most = Math.max(1, Math.min(MOST_BLOCKS, MOST_NUMBERS / numbers));
    return new Blocks(points, Math.max(LEAST, Math.toIntExact((points - 1) / most + 1)));
  }

  /** The results of all blocks, in their order; {@code work} gets the first point of a block. */
  <T> List<T> map(IntFunction<T> work) {
    return IntStream.rangeClosed(0, (points - 1) / size).parallel().mapToObj(block -> work.apply(block * size))
        .toList();
  }

  /** The end of the block that begins at a point, exclusive. */
  int end(int first) {
    return Math.min(points, first + size);
  }
}
