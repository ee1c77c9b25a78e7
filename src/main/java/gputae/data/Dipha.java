package gputae.data;

import gputae.files.DataException;
import gputae.linear.PointCloud;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Reads DIPHA's binary files, int64 and float64, little-endian: a magic number, the kind, the number of points n, then,
 * depending on the kind,
 * <ul>
 *   <li>3, points (DIPHA 1): their dimension d, optionally the dimension of a complex, coordinates [n, d];
 *   <li>4, distances (DIPHA 1): optionally the dimension of a complex, distances [n, n];
 *   <li>7, distances: [n, n];
 *   <li>8, sparse distances: the number of entries of each row, their columns, their values.
 * </ul>
 */
final class Dipha {

  private static final long MAGIC = 8067171840L;
  private static final int POINTS = 3;
  private static final int OLD_DISTANCES = 4;
  private static final int DISTANCES = 7;
  private static final int SPARSE_DISTANCES = 8;
  private static final int PIECE = 1 << 16;

  private final Source source;
  private final byte[] bytes = new byte[PIECE];
  private final ByteBuffer piece = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).limit(0);
  private long left;

  private Dipha(Source source) {
    this.source = source;
  }

  static boolean isAt(byte[] start) {
    return start.length >= 16 && ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong() == MAGIC;
  }

  static boolean holdsDistances(Source source) throws DataException {
    byte[] start = source.peek(16);
    return isAt(start) && kind(start) != POINTS;
  }

  private static long kind(byte[] start) {
    return ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong(8);
  }

  static PointCloud cloud(Source source) throws DataException {
    Dipha dipha = new Dipha(source);
    long kind = dipha.kind();
    if (kind != POINTS) {
      throw new DataException(source.file() + ": a DIPHA file of kind " + kind + ", expected points (3)"
          + (kind == DISTANCES || kind == SPARSE_DISTANCES || kind == OLD_DISTANCES ? "; use --format distance" : ""));
    }
    long points = dipha.number("number of points");
    long dimension = dipha.number("dimension");
    if (points < 1 || dimension < 1 || points > Source.LARGEST_ARRAY / dimension) {
      throw new DataException(source.file() + ": " + points + " points of dimension " + dimension
          + " in a DIPHA file; at least one, at most "
          + Source.LARGEST_ARRAY + " coordinates");
    }
    long values = points * dimension;
    if (source.left() != 8 * values) {
      dipha.number("dimension of the complex");
    }
    dipha.expect(values, "coordinates");
    GrowingCloud cloud = new GrowingCloud(source.file(), (int) dimension);
    for (long i = 0; i < values; i++) {
      cloud.add(dipha.real(), source.file().toString(), (int) (i % dimension));
    }
    source.end();
    return cloud.finished();
  }

  static PairDistances distances(Source source, Consumer<String> note) throws DataException {
    Dipha dipha = new Dipha(source);
    long kind = dipha.kind();
    if (kind != DISTANCES && kind != OLD_DISTANCES && kind != SPARSE_DISTANCES) {
      throw new DataException(source.file() + ": a DIPHA file of kind " + kind + ", expected distances (7 or 8)");
    }
    long points = dipha.number("number of points");
    if (points < 1 || points > DistanceMatrix.MOST_POINTS) {
      throw TriangleDistances.tooMany(source.file(), points + " points in a DIPHA file");
    }
    int n = (int) points;
    if (kind == SPARSE_DISTANCES) {
      return dipha.sparse(n);
    }
    if (kind == OLD_DISTANCES && source.left() != 8L * n * n) {
      dipha.number("dimension of the complex");
    }
    dipha.expect((long) n * n, "distances");
    DistanceMatrix matrix = SquareDistances.read(source, n, false, false, dipha::real, note);
    source.end();
    return matrix;
  }

  private SparseDistances sparse(int n) throws DataException {
    Path file = source.file();
    expect(n, "rows");
    int[] sizes = new int[n];
    long total = 0;
    for (int i = 0; i < n; i++) {
      long size = whole();
      if (size < 0 || size > n) {
        throw new DataException(file + ": row " + i + " of " + size + " entries, expected 0 to " + n);
      }
      sizes[i] = (int) size;
      total += size;
    }
    source.demand(16 * total, "entries");
    if (total > Source.LARGEST_ARRAY / 2) {
      throw new DataException(file + ": more than " + Source.LARGEST_ARRAY / 2 + " distances");
    }
    int[] ends = new int[(int) (2 * total)];
    double[] lengths = new double[(int) total];
    expect(total, "columns");
    int next = 0;
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < sizes[i]; k++, next++) {
        long j = whole();
        if (j < 0 || j >= n) {
          throw new DataException(file + ": a distance of points " + i + " and " + j + ", expected points 0 to "
              + (n - 1));
        }
        ends[2 * next] = (int) Math.min(i, j);
        ends[2 * next + 1] = (int) Math.max(i, j);
      }
    }
    expect(total, "distances");
    int kept = 0;
    for (int i = 0; i < total; i++) {
      double length = real();
      int u = ends[2 * i];
      int v = ends[2 * i + 1];
      if (!(length >= 0) || u == v && length != 0) {
        throw TriangleDistances.refused(file.toString(), u, v, length);
      }
      if (u != v && length < Double.POSITIVE_INFINITY) {
        ends[2 * kept] = u;
        ends[2 * kept + 1] = v;
        lengths[kept++] = length + 0.0;
      }
    }
    source.end();
    SparseDistances sparse = new SparseDistances(n, Arrays.copyOf(ends, 2 * kept), Arrays.copyOf(lengths, kept));
    SparseText.refuseContradictions(file, sparse);
    return sparse;
  }

  private long kind() throws DataException {
    byte[] start = source.take(16, "DIPHA header");
    return kind(start);
  }

  private long number(String what) throws DataException {
    return ByteBuffer.wrap(source.take(8, what)).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  /** Requires that this number of 8-byte values follow; {@link #whole} and {@link #real} read them. */
  private void expect(long values, String what) throws DataException {
    source.demand(8 * values, what);
    left = 8 * values;
    piece.limit(0).position(0);
  }

  private long whole() throws DataException {
    more();
    return piece.getLong();
  }

  private double real() throws DataException {
    more();
    return piece.getDouble();
  }

  private void more() throws DataException {
    if (!piece.hasRemaining()) {
      int count = (int) Math.min(left, PIECE);
      source.fill(bytes, count, "values");
      left -= count;
      piece.clear().limit(count);
    }
  }
}
