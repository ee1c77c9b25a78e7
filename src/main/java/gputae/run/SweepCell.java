package gputae.run;

import gputae.train.TrainConfig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One training of a sweep.
 *
 * @param name       of its run directory
 * @param parameters what tells it from the others, for tables: option of {@code train} and value
 * @param spec       what is trained
 */
public record SweepCell(String name, Map<String, String> parameters, TrainSpec spec) {

  /** Settings. */
  public TrainConfig config() {
    return spec.config();
  }

  /**
   * The training of a point of a grid. Data set, model and latent dimension are in every name; of the point's other
   * options those that the model has.
   *
   * @param point what the options of the grid are given
   */
  public static SweepCell of(TrainSpec spec, Map<String, String> point) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("dataset", RunConfig.shortName(spec.dataset()));
    parameters.put("model", spec.config().model().label());
    parameters.put("latent", Integer.toString(spec.config().latent()));
    StringBuilder name = new StringBuilder(parameters.get("dataset")).append('-').append(parameters.get("model"))
        .append("-d").append(parameters.get("latent"));
    point.forEach((option, value) -> {
      if (!parameters.containsKey(option)) {
        parameters.put(option, value);
        name.append('-').append(option).append(value);
      }
    });
    return new SweepCell(name.toString().replaceAll("[^A-Za-z0-9._-]", "_"), parameters, spec);
  }

  /** The same training, on the same data. */
  public boolean isLike(SweepCell other) {
    return config().equals(other.config()) && key().equals(other.key());
  }

  /** Its run in the folder of a sweep, there or not. */
  RunDirectory directory(Path sweep) {
    return new RunDirectory(sweep.resolve("runs").resolve(name));
  }

  /** What tells the data set from those of other cells. */
  List<Object> key() {
    return Arrays.asList(spec.place(), spec.data());
  }
}
