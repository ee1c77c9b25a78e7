package gputae.study;

import gputae.run.SweepCell;
import gputae.run.TrainSpec;
import gputae.train.TrainConfig;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The size of a study.
 *
 * @param datasets names or paths of the data sets
 * @param data     folder with a folder for each data set, or null
 * @param epochs   epochs of every training
 * @param seeds    number of trainings of each setting, with the seeds 0 to {@code seeds} - 1
 */
public record StudyPlan(List<String> datasets, Path data, int epochs, int seeds) {

  /**
   * A training on one of the data sets.
   *
   * @param varied the settings beside model and latent dimension that distinguish it, for its name and for tables
   */
  SweepCell cell(String dataset, TrainConfig config, Map<String, String> varied) {
    Map<String, String> point = new LinkedHashMap<>(varied);
    point.put("seed", Long.toString(config.seed()));
    return SweepCell.of(TrainSpec.of(dataset, data, config), point);
  }
}
