package gputae.run;

import gputae.data.Dataset;
import gputae.train.TrainConfig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One training of a sweep.
 *
 * @param name       name of its run directory
 * @param parameters the options of {@code train} and their values that distinguish it from the other cells, for tables
 * @param spec       the training to be done
 */
public record SweepCell(String name, Map<String, String> parameters, TrainSpec spec) {

  /** Settings of the training. */
  public TrainConfig config() {
    return spec.config();
  }

  /**
   * The training at a point of a grid. Its name always contains the data set, the model and the latent dimension, then
   * the other options of the point, if the model has them.
   *
   * @param point the options of the grid that the model has, and their values
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

  /** The same training with the settings that its data decide. */
  SweepCell on(Dataset loaded) {
    return new SweepCell(name, parameters, spec.with(spec.config(loaded)));
  }

  /** Whether the other cell is the same training on the same data. */
  public boolean isLike(SweepCell other) {
    return config().equals(other.config()) && key().equals(other.key());
  }

  /** The run directory of this cell in the folder of a sweep; it need not exist. */
  RunDirectory directory(Path sweep) {
    return new RunDirectory(sweep.resolve("runs").resolve(name));
  }

  /** The key that distinguishes the data set from those of other cells. */
  List<Object> key() {
    return Arrays.asList(spec.place(), spec.data(), spec.options());
  }
}
