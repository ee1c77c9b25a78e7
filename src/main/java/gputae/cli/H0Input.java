package gputae.cli;

import gputae.backend.Backend;
import gputae.data.CloudFiles;
import gputae.data.DistanceMatrix;
import gputae.data.PairDistances;
import gputae.data.SparseDistances;
import gputae.data.TableOptions;
import gputae.homology.DoublePrecision;
import gputae.homology.Homology;
import gputae.homology.Kruskal;
import gputae.homology.Prim;
import gputae.homology.SpanningTree;
import gputae.linear.DoublePoints;
import gputae.linear.FloatPoints;
import gputae.linear.PointCloud;
import gputae.run.Failure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The input of {@code h0} and its precision: the options, and the spanning tree of the file that they describe. */
final class H0Input {

  /** The values of {@code --format}: points, or a form of distances. */
  enum Format {
    POINTS(null),
    DISTANCE(CloudFiles.Distances.SQUARE),
    LOWER_DISTANCE(CloudFiles.Distances.LOWER),
    UPPER_DISTANCE(CloudFiles.Distances.UPPER),
    CONDENSED(CloudFiles.Distances.UPPER),
    SPARSE(CloudFiles.Distances.SPARSE),
    BINARY(CloudFiles.Distances.BINARY);

    private final CloudFiles.Distances distances;

    Format(CloudFiles.Distances distances) {
      this.distances = distances;
    }

    @Override
    public String toString() {
      return label(this);
    }
  }

  /** The values of {@code --precision}. */
  enum Precision {
    AUTO,
    SINGLE,
    DOUBLE;

    @Override
    public String toString() {
      return label(this);
    }
  }

  /** The values of {@code --header}. */
  enum Header {
    AUTO(null),
    YES(true),
    NO(false);

    private final Boolean answer;

    Header(Boolean answer) {
      this.answer = answer;
    }

    @Override
    public String toString() {
      return label(this);
    }
  }

  /**
   * The answer for a file.
   *
   * @param dimension dimension of the points, 0 if distances were given
   * @param precision precision in words
   * @param seconds   time without reading
   */
  record Answer(int points, int dimension, SpanningTree tree, String precision, double seconds) {

    /** The number of classes that never die, which is the number of trees of the forest. */
    int infiniteClasses() {
      return points - tree.lengths().length;
    }
  }

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "points",
      converter = FormatConverter.class,
      description = "points, or distances, where an infinite one means no edge: distance (the full square),"
          + " lower-distance, upper-distance (a triangle row by row, as Ripser reads it), condensed (SciPy's"
          + " pdist), sparse (lines of two points, counted from 0, and their distance), binary (Ripser's)"
          + " (default: ${DEFAULT-VALUE}).")
  private Format format;

  @Option(
      names = "--precision",
      paramLabel = "PRECISION",
      defaultValue = "auto",
      converter = PrecisionConverter.class,
      description = "auto: the precision of the file. Text and float64 clouds are computed in float64, large ones after"
          + " a search in float32, with death times accurate within 1e-5. single: round to float32. double: float64"
          + " throughout, by a plain O(n^2 d) program (default: ${DEFAULT-VALUE}).")
  private Precision precision;

  @Option(
      names = "--header",
      paramLabel = "auto|yes|no",
      defaultValue = "auto",
      converter = HeaderConverter.class,
      description = "Whether the first line of a text file holds names or counts instead of a point (default:"
          + " ${DEFAULT-VALUE}, which refuses a file if it cannot decide).")
  private Header header;

  @Option(
      names = "--columns",
      paramLabel = "COLUMNS",
      split = ",",
      description = "Columns of a text file that are coordinates, by position from 1, range or name: 1,2 or 2-5 or x,y"
          + " (default: all).")
  private List<String> columns;

  @Option(names = "--decimal", paramLabel = "MARK", description = "Decimal mark of a text file, . or , (default: .).")
  private Character decimal;

  private static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static <E extends Enum<E>> E named(E[] values, String word) {
    for (E value : values) {
      if (label(value).equals(word)) {
        return value;
      }
    }
    throw new TypeConversionException("'" + word + "' is none of "
        + Arrays.stream(values).map(H0Input::label).collect(Collectors.joining(", ")));
  }

  static final class FormatConverter implements ITypeConverter<Format> {
    @Override
    public Format convert(String value) {
      return named(Format.values(), value);
    }
  }

  static final class PrecisionConverter implements ITypeConverter<Precision> {
    @Override
    public Precision convert(String value) {
      return named(Precision.values(), value);
    }
  }

  static final class HeaderConverter implements ITypeConverter<Header> {
    @Override
    public Header convert(String value) {
      return named(Header.values(), value);
    }
  }

  /**
   * Reads a file and finds its spanning tree. Standard error receives the lines that say what was decided about the
   * file.
   */
  Answer answer(Path file, DeviceOptions device) throws IOException {
    device.threads();
    if (decimal != null && decimal != '.' && decimal != ',') {
      throw Failure.usage("--decimal '" + decimal + "': expected . or ,");
    }
    List<String> chosen = columns == null ? null : columns.stream().map(String::strip).toList();
    TableOptions options = new TableOptions(header.answer, chosen, decimal, true);
    CloudFiles.Distances form = format.distances;
    if (form == null && CloudFiles.holdsDistances(file)) {
      note(file + ": holds distances, by its DIPHA header");
      form = CloudFiles.Distances.SQUARE;
    }
    if (form != null && precision != Precision.AUTO) {
      throw Failure.usage("--precision is for points; distances are not rounded");
    }
    try {
      return form != null ? ofDistances(CloudFiles.readDistances(file, form, options, H0Input::note))
          : ofCloud(file, options, device);
    } catch (IllegalArgumentException e) {
      throw new Failure(file + ": " + e.getMessage(), e);
    }
  }

  private static void note(String line) {
    System.err.println("gpu-tae: " + line);
  }

  private Answer ofCloud(Path file, TableOptions options, DeviceOptions device) throws IOException {
    PointCloud cloud = CloudFiles.readCloud(file, options, H0Input::note);
    int n = cloud.count();
    int d = cloud.dimension();
    boolean inDouble = precision == Precision.DOUBLE
        || precision != Precision.SINGLE && cloud instanceof DoublePoints && DoublePrecision.isQuick(n, d);
    if (inDouble && device.isAuto()) {
      // This runs on the processor even if there is a GPU: opening a GPU takes longer than this.
      return reference(cloud);
    }
    try (Backend backend = device.open(line -> {})) {
      if (inDouble) {
        return reference(cloud);
      }
      long started = System.nanoTime();
      if (cloud instanceof FloatPoints single) {
        SpanningTree tree = Homology.spanningTree(backend, single);
        if (precision == Precision.SINGLE || !Homology.hasWideScales(single, tree)) {
          return new Answer(n, d, tree, "float32", since(started));
        }
      }
      DoublePoints full = cloud.inDouble();
      if (precision == Precision.SINGLE) {
        return new Answer(n, d, Homology.spanningTree(backend, full), "float32 (rounded from float64)",
            since(started));
      }
      if (DoublePrecision.isQuick(n, d)) {
        return new Answer(n, d, DoublePrecision.reference(full), "float64", since(started));
      }
      SpanningTree tree = DoublePrecision.refined(backend, full).orElseThrow(() -> new Failure(file
          + ": rounded to float32, as the engine for large clouds needs it, death times could be wrong by over 1e-5;"
          + " give --precision double (some " + inWords(DoublePrecision.seconds(n, d)) + ") or --precision single"));
      return new Answer(n, d, tree, "float64, death times within 1e-5", since(started));
    }
  }

  private static Answer reference(PointCloud cloud) {
    long started = System.nanoTime();
    SpanningTree tree = DoublePrecision.reference(cloud.inDouble());
    return new Answer(cloud.count(), cloud.dimension(), tree, "float64", since(started));
  }

  private static String inWords(double seconds) {
    return seconds < 90 ? Math.max(1, Math.round(seconds)) + " seconds" : Math.round(seconds / 60) + " minutes";
  }

  private Answer ofDistances(PairDistances distances) {
    long started = System.nanoTime();
    if (distances instanceof SparseDistances sparse) {
      return new Answer(sparse.points(), 0, Kruskal.ofEdges(sparse.points(), sparse.ends(), sparse.lengths()),
          "float64", since(started));
    }
    DistanceMatrix matrix = (DistanceMatrix) distances;
    SpanningTree tree = matrix.single() != null
        ? Prim.ofDistances(matrix.single(), matrix.points())
        : Prim.ofDistances(matrix.full(), matrix.points());
    return new Answer(matrix.points(), 0, tree, matrix.single() != null ? "float32" : "float64", since(started));
  }

  private static double since(long started) {
    return (System.nanoTime() - started) * 1e-9;
  }
}
