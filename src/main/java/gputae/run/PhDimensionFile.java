package gputae.run;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import gputae.files.WholeFile;
import gputae.homology.PhDimension;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/** The PH dimension of a run's last iterates on disk: {@code ph-dimension.json}. */
public final class PhDimensionFile {

  /** The name of the column in tables. The term of the objective has 100 iterates and another name. */
  public static final String COLUMN = "ph_dim_1000";

  private static final String ADVICE = "remove the file, or train again";

  private PhDimensionFile() {}

  static void write(Path file, PhDimension dimension) throws IOException {
    JsonObject json = new JsonObject();
    if (dimension.exists()) {
      json.addProperty("dimension", dimension.dimension());
    }
    json.addProperty("slope", dimension.slope());
    json.addProperty("intercept", dimension.intercept());
    json.addProperty("residual", dimension.residual());
    json.addProperty("iterates", PhDimension.POINTS);
    JsonArray sizes = new JsonArray();
    Arrays.stream(dimension.sizes()).forEach(sizes::add);
    json.add("sizes", sizes);
    JsonArray sums = new JsonArray();
    Arrays.stream(dimension.sums()).forEach(sums::add);
    json.add("sums", sums);
    WholeFile.write(file,
        (new GsonBuilder().setPrettyPrinting().create().toJson(json) + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The PH dimension of a run, or null if the run has none. It is computed from the file's "sizes" and "sums".
   *
   * @throws Failure if the file is damaged
   */
  public static PhDimension of(RunDirectory run) throws IOException {
    if (!Files.exists(run.phDimension())) {
      return null;
    }
    JsonSettings json = JsonSettings.read(run.phDimension(), ADVICE);
    String expected = "ascending numbers of iterates up to " + PhDimension.POINTS;
    int[] sizes = json.integers("sizes", expected, 1, PhDimension.POINTS).stream().mapToInt(size -> size).toArray();
    double[] sums = json.numbers("sums", "a positive number for each size",
        sum -> sum > 0 && sum < Double.POSITIVE_INFINITY);
    for (int i = 1; i < sizes.length; i++) {
      if (sizes[i] <= sizes[i - 1]) {
        throw json.wrong("sizes", Arrays.toString(sizes), expected);
      }
    }
    if (sizes.length < 2) {
      throw json.wrong("sizes", Arrays.toString(sizes), "at least 2 numbers");
    }
    if (sums.length != sizes.length) {
      throw json.wrong("sums", Arrays.toString(sums), sizes.length + " numbers");
    }
    return PhDimension.fit(sizes, sums);
  }

  /** The dimension and its fit in words. */
  public static String words(PhDimension dimension) {
    return String.format(Locale.ROOT, "%s (slope %.4f, residual %.4f)", number(dimension), dimension.slope(),
        dimension.residual());
  }

  private static String number(PhDimension dimension) {
    return dimension.exists() ? String.format(Locale.ROOT, "%.3f", dimension.dimension()) : "none, since the slope"
        + " is not below 1";
  }
}
