package gputae.study;

import gputae.evaluate.Evaluation;
import gputae.evaluate.Measure;
import gputae.homology.PhDimension;
import gputae.run.Evaluating;
import gputae.run.PhDimensionFile;
import gputae.run.RunConfig;
import gputae.run.SweepRow;
import gputae.train.Epoch;
import gputae.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A training of a study with its results.
 *
 * @param dataset    short name of the data set
 * @param config     its settings
 * @param parameters what distinguishes the training, for tables
 * @param evaluation its measures
 * @param dimension  the PH dimension of its last iterates, or null
 * @param latent     the picture of its embeddings; the file need not exist
 * @param generated  the picture of its generated images; the file need not exist
 * @param history    the epochs of the training
 */
public record StudyRun(String dataset, TrainConfig config, Map<String, String> parameters, Evaluation evaluation,
    PhDimension dimension, Path latent, Path generated, List<Epoch> history) {

  /** The runs that did not fail. */
  public static List<StudyRun> of(List<SweepRow> rows) throws IOException {
    List<StudyRun> runs = new ArrayList<>();
    for (SweepRow row : rows) {
      if (row.failure() == null) {
        runs.add(new StudyRun(RunConfig.shortName(row.cell().spec().dataset()), row.cell().config(),
            row.cell().parameters(), Evaluating.of(row), PhDimensionFile.of(row.run()), row.run().figure("latent"),
            row.run().figure("generated"), row.history()));
      }
    }
    return runs;
  }

  /** The data sets of the runs, in the order of the runs. */
  static List<String> datasets(List<StudyRun> runs) {
    return runs.stream().map(StudyRun::dataset).distinct().toList();
  }

  /** The time of the training. */
  double seconds() {
    return history.get(history.size() - 1).seconds();
  }

  /** A measure; NaN if it is absent. */
  double get(Measure measure) {
    return evaluation.get(measure);
  }

  /** The reconstruction of test images minus that of training images, nats per pixel. */
  double gap() {
    return get(Measure.BCE_TEST) - get(Measure.BCE_TRAIN);
  }
}
