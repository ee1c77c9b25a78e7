package gputae.evaluate;

import gputae.linear.FloatPoints;
import java.util.Arrays;

/**
 * A cloud in a memory layout in which distances to many of its points are computed at a time: tiles of {@link #TILE}
 * points, each stored coordinate by coordinate, in double.
 *
 * <p>Squared distances are sums of squared differences in the order of the coordinates, in double precision. They have
 * the same bits as {@link FloatPoints#squaredDistance}, in both directions of a pair. So equal distances compare as
 * equal; the expansion |x|^2 + |y|^2 - 2 x y would not keep this.
 */
final class DistanceTiles {

  /**
   * Number of points in a tile. With 64 coordinates a tile has 128 KiB, which stay in the second-level cache of a core
   * while a block of rows passes; the sums stay in the first.
   */
  static final int TILE = 256;

  /** Number of rows that pass a tile before the next tile comes; also the rows of a parallel task. */
  static final int BLOCK = 64;

  /**
   * Number of coordinates added to the sums in one pass over them; the dimension is padded to a multiple with zeros,
   * which add nothing.
   */
  private static final int STRIDE = 4;

  /**
   * Receives the squared distances of point {@code row} to the points {@code first} to {@code first + count - 1} of the
   * tiles, {@code squares[0 .. count - 1]}.
   */
  interface Visitor {
    void take(int row, int first, int count, double[] squares);
  }

  private final int count;
  private final int padded;

  /**
   * [tiles, padded, TILE]. Each coordinate has its own array: with offsets into one array, the JIT compiler does not
   * vectorise the loop, which is then 3.5 times slower.
   */
  private final double[][][] tiles;

  DistanceTiles(FloatPoints points) {
    count = points.count();
    padded = padded(points.dimension());
    tiles = new double[(count - 1) / TILE + 1][padded][TILE];
    for (int i = 0; i < count; i++) {
      for (int k = 0; k < points.dimension(); k++) {
        tiles[i / TILE][k][i % TILE] = points.coordinates()[i * points.dimension() + k];
      }
    }
  }

  private static int padded(int dimension) {
    return (dimension + STRIDE - 1) / STRIDE * STRIDE;
  }

  /** The number of blocks of rows of a cloud, for parallel tasks. */
  static int blocks(FloatPoints rows) {
    return (rows.count() - 1) / BLOCK + 1;
  }

  /**
   * Visits every pair of a point in a block of {@code rows} and a point of the tiles. For each row the tiles come in
   * ascending order.
   */
  void visit(FloatPoints rows, int block, Visitor visitor) {
    int firstRow = block * BLOCK;
    int lastRow = Math.min(rows.count(), firstRow + BLOCK);
    double[] x = new double[padded];
    double[] squares = new double[TILE];
    for (int tile = 0; tile < tiles.length; tile++) {
      for (int row = firstRow; row < lastRow; row++) {
        for (int k = 0; k < rows.dimension(); k++) {
          x[k] = rows.coordinates()[row * rows.dimension() + k];
        }
        squaredDistances(x, tiles[tile], squares);
        visitor.take(row, tile * TILE, Math.min(TILE, count - tile * TILE), squares);
      }
    }
  }

  private static void squaredDistances(double[] x, double[][] tile, double[] squares) {
    Arrays.fill(squares, 0);
    for (int k = 0; k < x.length; k += STRIDE) {
      addSquares(x[k], x[k + 1], x[k + 2], x[k + 3], tile[k], tile[k + 1], tile[k + 2], tile[k + 3], squares);
    }
  }

  /** squares[j] += (x0 - y0[j])^2 + ..., in this order; the compiler turns this loop into vector instructions. */
  private static void addSquares(double x0, double x1, double x2, double x3, double[] y0, double[] y1, double[] y2,
      double[] y3, double[] squares) {
    for (int j = 0; j < TILE; j++) {
      double t0 = x0 - y0[j];
      double t1 = x1 - y1[j];
      double t2 = x2 - y2[j];
      double t3 = x3 - y3[j];
      squares[j] = squares[j] + t0 * t0 + t1 * t1 + t2 * t2 + t3 * t3;
    }
  }
}
