package gputae.data;

import gputae.files.DataException;
import gputae.linear.DoublePoints;
import gputae.linear.FloatPoints;
import gputae.linear.PointCloud;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;

/** Reads point clouds and distance matrices. The content of a file decides its format; the name does not matter. */
public final class CloudFiles {

  private CloudFiles() {}

  /** The layouts of a file of distances. The names are those of Ripser's formats, where Ripser has the format. */
  public enum Distances {
    /** The full square matrix, as text or .npy [n, n], with zeros on the diagonal. */
    SQUARE,
    /** The lower triangle row by row, with or without its diagonal. */
    LOWER,
    /** The upper triangle row by row, with or without its diagonal; without it, this is SciPy's condensed form. */
    UPPER,
    /** Lines of two points, counted from 0, and their distance. A pair that is missing has no edge. */
    SPARSE,
    /** Only float32 values, little-endian: the strictly lower triangle row by row. */
    BINARY
  }

  /** As {@link #readCloud(Path, TableOptions, Consumer)}, without options; notes are dropped. */
  public static PointCloud readCloud(Path file) throws DataException {
    return readCloud(file, TableOptions.NONE, line -> {});
  }

  /**
   * Reads a point cloud: text with one point per line ({@link CloudTable}), .npy or .npz of numbers [n, d] (or [n] for
   * points on a line), OFF, PLY, PCD, XYZ, DIPHA; each of them may be gzip. float16 and float32 values become float32,
   * all others float64. A NaN or infinite coordinate is refused.
   *
   * @param note receives lines that say what was decided about the file
   */
  public static PointCloud readCloud(Path file, TableOptions options, Consumer<String> note) throws DataException {
    try (Source source = Source.open(file, true)) {
      CloudKind kind = CloudKind.of(source);
      if (kind != CloudKind.TABLE) {
        options.refuseFor(file.toString(), kind.words());
      }
      PointCloud cloud = switch (kind) {
        case NPY -> NpyCloud.read(source);
        case NPZ -> NpyCloud.readZip(source);
        case DIPHA -> Dipha.cloud(source);
        case PLY -> PlyCloud.read(source, note);
        case OFF -> OffCloud.read(new TextTable(source, options));
        case PCD -> PcdCloud.read(new TextTable(source, options), note);
        case XYZ -> XyzCloud.read(new TextTable(source, options));
        case TABLE -> CloudTable.read(new TextTable(source, options), note);
      };
      long n = Math.round((1 + Math.sqrt(1 + 8.0 * cloud.count())) / 2);
      if (cloud.dimension() == 1 && n >= 5 && n * (n - 1) / 2 == cloud.count() && isNonNegative(cloud)) {
        note.accept("warning: " + file + ": " + cloud.count()
            + " numbers taken as points on a line; if these are the distances of " + n
            + " points, give --format condensed");
      }
      if (isDistances(cloud)) {
        note.accept("warning: " + file + ": a symmetric square with zeros on its diagonal, taken as " + cloud.count()
            + " points; if these are distances, give --format distance");
      }
      return cloud;
    }
  }

  /**
   * Reads distances in the precision of the file: float32 from float16 and float32, otherwise float64. An infinite
   * distance means no edge; negative distances and NaN are refused.
   *
   * @param note receives lines that say what was decided about the file
   */
  public static PairDistances readDistances(Path file, Distances form, TableOptions options,
      Consumer<String> note) throws DataException {
    try (Source source = Source.open(file, true)) {
      if (form == Distances.BINARY) {
        return TriangleDistances.binary(source);
      }
      CloudKind kind = CloudKind.of(source);
      if (kind == CloudKind.DIPHA) {
        return Dipha.distances(source, note);
      }
      if (kind == CloudKind.NPY && form == Distances.SQUARE) {
        return SquareDistances.npy(source, note);
      }
      if (kind == CloudKind.NPY && form != Distances.SPARSE) {
        return TriangleDistances.npy(source, form, note);
      }
      if (kind != CloudKind.TABLE) {
        throw new DataException(file + ": is " + kind.words() + ", expected "
            + (form == Distances.SPARSE ? "lines of two points and their distance"
                : "distances as text or .npy"));
      }
      if (options.columns() != null) {
        throw new DataException(file + ": --columns is for points; leave other columns out of a file of distances");
      }
      long size = source.left();
      TextTable table = new TextTable(source, options);
      return switch (form) {
        case SQUARE -> SquareDistances.text(table, size, note);
        case SPARSE -> SparseText.read(table, note);
        default -> TriangleDistances.text(table, form, note);
      };
    }
  }

  /** Whether the content shows that the file holds distances. A pipe is not checked, since it can be read only once. */
  public static boolean holdsDistances(Path file) throws DataException {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (Source source = Source.open(file, true)) {
      return Dipha.holdsDistances(source);
    }
  }

  /** Whether the name of a file is that of a .npy file. */
  static boolean isNpy(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".npy");
  }

  /** Whether the content shows that the file is a .npy file. A pipe is not checked, since it can be read only once. */
  public static boolean holdsNpy(Path file) throws DataException {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (Source source = Source.open(file, false)) {
      return NpyHeader.isAt(source.peek(8));
    }
  }

  private static boolean isDistances(PointCloud cloud) {
    int n = cloud.count();
    if (n != cloud.dimension() || n < 2) {
      return false;
    }
    boolean any = false;
    for (int i = 0; i < n; i++) {
      if (cloud.coordinate(i, i) != 0) {
        return false;
      }
      for (int j = 0; j < i; j++) {
        double value = cloud.coordinate(i, j);
        any |= value != 0;
        if (value < 0 || value != cloud.coordinate(j, i)) {
          return false;
        }
      }
    }
    return any;
  }

  private static boolean isNonNegative(PointCloud cloud) {
    for (int i = 0; i < cloud.count(); i++) {
      if (cloud.coordinate(i, 0) < 0) {
        return false;
      }
    }
    return true;
  }

  /** A cloud of float64 coordinates; all of them must be finite. */
  static PointCloud cloud(Path file, int dimension, double[] values) throws DataException {
    for (int i = 0; i < values.length; i++) {
      CloudTable.refuseNotFinite(values[i], file.toString(), i / dimension, i % dimension);
    }
    return new DoublePoints(values, dimension);
  }

  /** A cloud of float32 coordinates; all of them must be finite. */
  static PointCloud cloud(Path file, int dimension, float[] values) throws DataException {
    for (int i = 0; i < values.length; i++) {
      CloudTable.refuseNotFinite(values[i], file.toString(), i / dimension, i % dimension);
    }
    return new FloatPoints(values, dimension);
  }

  /** The number of points and of coordinates from a shape; [n] means n points on a line. */
  static int[] sizes(Path file, int[] shape) throws DataException {
    if (shape.length != 1 && shape.length != 2) {
      throw new DataException(file + ": shape " + Arrays.toString(shape)
          + ", expected [points, dimension] or [points]");
    }
    int dimension = shape.length == 1 ? 1 : shape[1];
    if (shape[0] == 0 || dimension == 0) {
      throw new DataException(file + ": shape " + Arrays.toString(shape) + " holds no points");
    }
    return new int[] {shape[0], dimension};
  }
}
