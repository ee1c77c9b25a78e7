package gputae.paper;

import gputae.run.RunConfig;
import gputae.run.SweepCell;
import gputae.run.TrainSpec;
import gputae.train.ModelKind;
import gputae.train.TrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The models of the paper's experiments, with the paper's settings.
 *
 * @param datasets names or paths of the data sets
 * @param data     folder with a folder for each data set, or null
 * @param epochs   epochs of every training
 * @param seeds    number of trainings of each model, with the seeds 0 to {@code seeds} - 1
 */
public record Experiments(List<String> datasets, Path data, int epochs, int seeds) {

  private static final List<Integer> LATENTS = List.of(2, 5, 10);
  private static final List<ModelKind> MODELS = ModelKind.PAPER;

  /** The batch size of the paper. */
  private static final int BATCH = 128;

  /** The name of its run directory, without the seed. */
  private static String name(String dataset, ModelKind model, int latent) {
    return RunConfig.shortName(dataset) + "-" + model.label() + "-d" + latent;
  }

  /** The names of all models. */
  public List<String> names() {
    List<String> names = new ArrayList<>();
    for (String dataset : datasets) {
      for (int latent : LATENTS) {
        for (ModelKind model : MODELS) {
          names.add(name(dataset, model, latent));
        }
      }
    }
    return names;
  }

  /**
   * The cells whose name is chosen, in the order of the paper's tables, so that the first ones can be looked at first.
   */
  public List<SweepCell> cells(Predicate<String> chosen) {
    List<SweepCell> cells = new ArrayList<>();
    for (String dataset : datasets) {
      for (int latent : LATENTS) {
        for (ModelKind model : MODELS) {
          if (chosen.test(name(dataset, model, latent))) {
            for (int seed = 0; seed < seeds; seed++) {
              cells.add(SweepCell.of(spec(dataset, TrainConfig.ofPaper(model, latent, BATCH, epochs, seed)),
                  Map.of("seed", Integer.toString(seed))));
            }
          }
        }
      }
    }
    return cells;
  }

  /** A training on one of the data sets. */
  TrainSpec spec(String dataset, TrainConfig config) {
    return TrainSpec.of(dataset, data, config);
  }
}
