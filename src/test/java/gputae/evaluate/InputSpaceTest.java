package gputae.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gputae.data.Images;
import gputae.linear.FloatPoints;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Ranks, and the distances and the sort on which they depend. */
class InputSpaceTest {

  private static double square(byte[] pixels, int p, int i, int j) {
    long sum = 0;
    for (int k = 0; k < p; k++) {
      long t = (pixels[i * p + k] & 0xff) - (pixels[j * p + k] & 0xff);
      sum += t * t;
    }
    return sum;
  }

  /**
   * The code takes 4 pixels and 256 images at a time, so the sizes are around multiples of these. The range of rows and
   * the first column are random.
   */
  @Test
  void distancesOfImagesAreExact() {
    Random random = new Random(11);
    for (int p : new int[] {1, 3, 4, 5, 64, 97}) {
      for (int n : new int[] {2, 255, 256, 257, 515}) {
        byte[] pixels = new byte[n * p];
        for (int i = 0; i < pixels.length; i++) {
          pixels[i] = (byte) (random.nextInt(3) == 0 ? 0 : random.nextInt(4) == 0 ? 255 : random.nextInt(256));
        }
        int from = random.nextInt(n);
        int to = Math.min(n, from + 1 + random.nextInt(SquaredDistances.TILE));
        int first = random.nextInt(n);
        double[][] rows = new double[to - from][n];
        PixelDistances distances = new PixelDistances(pixels, n, p);
        distances.rows(from, to, first, rows);
        for (int i = from; i < to; i++) {
          for (int j = 0; j < n; j++) {
            assertEquals(j < first ? 0 : square(pixels, p, i, j), rows[i - from][j],
                n + " images of " + p + " pixels: " + i + ", " + j);
          }
        }
      }
    }
  }

  @Test
  void theLargestImagesDoNotOverflow() {
    int p = PixelDistances.MOST_PIXELS;
    byte[] pixels = new byte[3 * p];
    Arrays.fill(pixels, p, 3 * p, (byte) 255);
    pixels[2 * p] = (byte) 254;
    double[][] rows = new double[3][3];
    PixelDistances distances = new PixelDistances(pixels, 3, p);
    distances.rows(0, 3, 0, rows);
    double all = 65_025.0 * p;
    assertArrayEquals(new double[] {0, all, all - 65_025 + 254 * 254}, rows[0]);
    assertArrayEquals(new double[] {all, 0, 1}, rows[1]);
    assertArrayEquals(new double[] {all - 65_025 + 254 * 254, 1, 0}, rows[2]);
    assertEquals(all, distances.largest());
    // As float32 the two distances from the first image would be equal, and the index would decide wrongly.
    assertEquals(2, InputSpace.of(new Images(pixels, 3, p, 1)).rank(0, 1));
    // With one pixel more, the sums are no longer in whole numbers, but still exact.
    byte[] more = new byte[3 * (p + 1)];
    Arrays.fill(more, p + 1, 3 * (p + 1), (byte) 255);
    more[2 * (p + 1)] = (byte) 254;
    assertEquals(2, InputSpace.of(new Images(more, 3, p + 1, 1)).rank(0, 1));
  }

  /** The code takes 2 coordinates and 1024 points at a time, so the sizes are around multiples of these. */
  @Test
  void distancesOfPointsAreThoseOfPoints() {
    Random random = new Random(12);
    for (int d : new int[] {1, 2, 3, 4, 5, 10}) {
      for (int n : new int[] {2, 1024, 1025}) {
        FloatPoints cloud = cloud(random, n, d);
        FloatPoints others = cloud(random, 40, d);
        double[][] rows = new double[20][n];
        CoordinateDistances distances = new CoordinateDistances(cloud);
        distances.rows(others, 17, 37, 1, rows);
        for (int i = 17; i < 37; i++) {
          for (int j = 1; j < n; j++) {
            assertEquals(others.squaredDistance(i, cloud, j), rows[i - 17][j],
                n + " points of dimension " + d + ": " + i + ", " + j);
          }
        }
        double largest = IntStream.range(0, n)
            .mapToDouble(
                i -> IntStream.range(0, n).mapToDouble(j -> cloud.squaredDistance(i, cloud, j)).max().orElseThrow())
            .max().orElseThrow();
        assertEquals(largest, distances.largest());
      }
    }
    assertThrows(IllegalArgumentException.class,
        () -> new CoordinateDistances(cloud(random, 3, 2)).rows(cloud(random, 3, 3), 0, 1, 0, new double[1][3]));
  }

  private static FloatPoints cloud(Random random, int n, int d) {
    float[] x = new float[n * d];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return new FloatPoints(x, d);
  }

  /**
   * One object sorts all rows, as in use, so nothing of a row may stay behind. The keys differ in no digit, in the
   * lowest, in the highest, or in all digits.
   */
  @Test
  void orderIsByDistanceThenIndex() {
    Random random = new Random(13);
    for (int n : new int[] {2, 3, 50, 700}) {
      DistanceOrder sort = new DistanceOrder(n);
      char[] order = new char[n];
      for (int kind = 0; kind < 6; kind++) {
        double[] squares = new double[n];
        for (int j = 0; j < n; j++) {
          squares[j] = switch (kind) {
            case 0 -> random.nextDouble();
            case 1 -> random.nextInt(5);
            case 2 -> 3.5;
            case 3 -> 1 + random.nextInt(n) * 0x1p-52;
            case 4 -> Math.scalb(1 + random.nextInt(3), random.nextInt(2000) - 1074);
            default -> random.nextInt(3) * Double.MIN_VALUE;
          };
        }
        for (int self : new int[] {0, n / 2, n - 1}) {
          // The distance of the point to itself must not matter.
          squares[self] = kind % 2 == 0 ? 0 : 9;
          sort.order(squares, self, order);
          int[] expected = IntStream.concat(IntStream.of(self), IntStream.range(0, n).filter(j -> j != self).boxed()
              .sorted(Comparator.<Integer>comparingDouble(j -> squares[j]).thenComparing(Comparator.naturalOrder()))
              .mapToInt(j -> j)).toArray();
          assertArrayEquals(expected, IntStream.range(0, n).map(r -> order[r]).toArray(),
              n + " points, kind " + kind + ", from " + self);
        }
      }
    }
  }

  @Test
  void ranksOfTiesAndDuplicates() {
    InputSpace inputs = InputSpace.of(new Images(new byte[] {10, 20, 10, 0, 20}, 5, 1, 1));
    int[][] expected = {{0, 2, 1, 3, 4}, {2, 0, 3, 4, 1}, {1, 2, 0, 3, 4}, {1, 3, 2, 0, 4}, {2, 1, 3, 4, 0}};
    for (int i = 0; i < 5; i++) {
      int row = i;
      assertArrayEquals(expected[i], IntStream.range(0, 5).map(j -> inputs.rank(row, j)).toArray(), "seen from " + i);
    }
    assertArrayEquals(new char[] {2, 1, 3, 4}, inputs.nearest(0));
    assertEquals(5, inputs.count());
  }

  @Test
  void twoHundredNearestAreKept() {
    InputSpace inputs = InputSpace.of(cloud(new Random(14), 300, 2));
    assertEquals(200, inputs.nearest(7).length);
    for (int r = 0; r < 200; r++) {
      assertEquals(r + 1, inputs.rank(7, inputs.nearest(7)[r]));
    }
  }
}
