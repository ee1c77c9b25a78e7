package gputae.cli;

import gputae.data.Npy;
import gputae.files.WholeFile;
import gputae.homology.Landscapes;
import gputae.homology.SpanningTree;
import gputae.run.Failure;
import gputae.run.Outputs;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints the death times of a file's points. */
@Command(
    name = "h0",
    description = {
      "0-dimensional persistent homology of a point cloud or distance matrix: all finite death times of its"
          + " Vietoris-Rips filtration, exactly, in the",
      "precision that the result names. Births are 0; one class never dies (several if distances have missing"
          + " edges). Deaths are distances (diameters), as in Ripser and GUDHI; duplicates die at 0 and are kept."
    },
    mixinStandardHelpOptions = true)
final class H0Command implements Callable<Integer> {

  @Parameters(
      paramLabel = "FILE",
      description = {
        "Points, one per line: .csv, .txt, with or without a header line; .npy, .npz [n, d]; OFF, PLY, PCD, XYZ, DIPHA;"
            + " gzip of any. The content decides the format.",
        "A column called id, index, label, class or target is refused unless --columns chooses."
      })
  private Path file;

  @Mixin
  private H0Input input;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write the death times here, ascending, one per line; to a .npy as float64 [deaths]. Replaced if it"
          + " exists; - is standard output.")
  private Path out;

  @Option(
      names = "--edges",
      paramLabel = "FILE",
      description = "Write the tree's edges here as u,v,length, ascending, points counted from 0; to a .npy as float64"
          + " [edges, 3]. Replaced if it exists; - is standard output.")
  private Path edges;

  @Option(
      names = "--landscape",
      paramLabel = "K",
      description = "Also print the norms of the K largest persistence landscapes together (Bubenik 2015): their"
          + " integral, the root of the integral of their squares, their maximum. In dimension 0, the k-th landscape is"
          + " the tent max(0, min(t, d - t)) of the k-th largest death time d; it holds nothing beside d.")
  private Integer landscapes;

  @Option(
      names = "--out-landscape",
      paramLabel = "FILE",
      description = "Write the corners of the K landscapes here as k,t,value, three for each; to a .npy as float64"
          + " [3 K, 3]. Replaced if it exists; - is standard output.")
  private Path outLandscape;

  private static final Pattern OTHER_FORMATS =
      Pattern.compile("(?i).*\\.(npz|json|jsonl|parquet|feather|h5|hdf5|mat|pkl|pt|xlsx?|gz|zip|png|svg|pdf)");

  private PrintStream console;

  @Mixin
  private DeviceOptions device;

  @Override
  public Integer call() throws IOException {
    requireFormat("--out", out);
    requireFormat("--edges", edges);
    requireFormat("--out-landscape", outLandscape);
    if (landscapes != null && landscapes < 1) {
      throw Failure.usage("--landscape is " + landscapes + "; it is at least 1");
    }
    if (outLandscape != null && landscapes == null) {
      throw Failure.usage("--out-landscape needs --landscape K, the number of landscapes");
    }
    console = new Outputs().option("--out", out).option("--edges", edges).option("--out-landscape", outLandscape)
        .notOver(List.of(file), "which is read")
        .console();
    H0Input.Answer answer = input.answer(file, device);
    SpanningTree tree = answer.tree();
    double[] deaths = tree.deathTimes();
    print("points", String.valueOf(answer.points()));
    if (answer.dimension() > 0) {
      print("dimension", String.valueOf(answer.dimension()));
    }
    if (answer.infiniteClasses() > 1) {
      print("finite deaths", String.valueOf(deaths.length));
      print("infinite classes", String.valueOf(answer.infiniteClasses()));
    }
    print("total persistence", String.valueOf(tree.totalPersistence(1)));
    if (deaths.length > 0) {
      print("largest death", shortest(deaths[deaths.length - 1]));
      print("median death", shortest(median(deaths)));
    }
    Landscapes tents = landscapes == null ? null : Landscapes.of(deaths, landscapes);
    if (tents != null) {
      print("landscapes", String.valueOf(tents.count()));
      print("landscape L1", String.valueOf(tents.norm(1)));
      print("landscape L2", String.valueOf(tents.norm(2)));
      print("landscape maximum", shortest(tents.norm(Double.POSITIVE_INFINITY)));
    }
    print("precision", answer.precision());
    print("seconds", String.format(Locale.ROOT, "%.6f", answer.seconds()));
    if (isNpy(out)) {
      Npy.write(out, deaths, deaths.length);
    } else if (out != null) {
      StringBuilder text = new StringBuilder();
      for (double death : deaths) {
        text.append(shortest(death)).append('\n');
      }
      WholeFile.write(out, text.toString().getBytes(StandardCharsets.US_ASCII));
    }
    SpanningTree sorted = edges == null ? null : tree.sorted();
    if (isNpy(edges)) {
      double[] rows = new double[3 * sorted.lengths().length];
      for (int i = 0; i < sorted.lengths().length; i++) {
        rows[3 * i] = sorted.edges()[2 * i];
        rows[3 * i + 1] = sorted.edges()[2 * i + 1];
        rows[3 * i + 2] = sorted.lengths()[i];
      }
      Npy.write(edges, rows, sorted.lengths().length, 3);
    } else if (edges != null) {
      StringBuilder text = new StringBuilder("u,v,length\n");
      for (int i = 0; i < sorted.lengths().length; i++) {
        text.append(sorted.edges()[2 * i]).append(',').append(sorted.edges()[2 * i + 1]).append(',')
            .append(shortest(sorted.lengths()[i])).append('\n');
      }
      WholeFile.write(edges, text.toString().getBytes(StandardCharsets.US_ASCII));
    }
    if (outLandscape != null) {
      writeLandscapes(tents);
    }
    return 0;
  }

  /** The corners of each tent: (0, 0), (d / 2, d / 2), (d, 0). */
  private void writeLandscapes(Landscapes tents) throws IOException {
    double[] rows = new double[9 * tents.count()];
    StringBuilder text = new StringBuilder("k,t,value\n");
    for (int k = 1; k <= tents.count(); k++) {
      double death = tents.death(k);
      for (int corner = 0; corner < 3; corner++) {
        double t = death / 2 * corner;
        double value = corner == 1 ? t : 0;
        int at = 9 * (k - 1) + 3 * corner;
        rows[at] = k;
        rows[at + 1] = t;
        rows[at + 2] = value;
        text.append(k).append(',').append(shortest(t)).append(',').append(shortest(value)).append('\n');
      }
    }
    if (isNpy(outLandscape)) {
      Npy.write(outLandscape, rows, 3 * tents.count(), 3);
    } else {
      WholeFile.write(outLandscape, text.toString().getBytes(StandardCharsets.US_ASCII));
    }
  }

  private static boolean isNpy(Path file) {
    return file != null && file.toString().toLowerCase(Locale.ROOT).endsWith(".npy");
  }

  /** Refuses a name whose extension stands for a format that is not written; any other name is for text. */
  private static void requireFormat(String option, Path file) {
    if (file != null && OTHER_FORMATS.matcher(file.toString()).matches()) {
      throw Failure.usage(option + " " + file + ": .npy and text (.csv, .txt) can be written, not this format");
    }
  }

  private void print(String name, String value) {
    console.printf(Locale.ROOT, "%-18s %s%n", name, value);
  }

  private static double median(double[] ascending) {
    int middle = ascending.length / 2;
    return ascending.length % 2 == 1 ? ascending[middle] : (ascending[middle - 1] + ascending[middle]) / 2;
  }

  /**
   * The shortest decimal that reads back as the same float32; for a number outside the range of float32, as the same
   * double.
   */
  static String shortest(double length) {
    float single = (float) length;
    return single == length ? Decimal.shortest(single) : Double.toString(length);
  }
}
