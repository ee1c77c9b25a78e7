package gputae.study;

import gputae.data.CloudFiles;
import gputae.evaluate.Evaluation;
import gputae.evaluate.Measure;
import gputae.files.DataException;
import gputae.homology.PhDimension;
import gputae.linear.FloatPoints;
import gputae.run.Evaluating;
import gputae.run.PhDimensionFile;
import gputae.run.RunConfig;
import gputae.run.SweepRow;
import gputae.train.Epoch;
import gputae.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
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
 * @param embeddings the embeddings of its test images, or null if the run has no file of them
 * @param latent     the picture of its embeddings; the file need not exist
 * @param generated  the picture of its generated images; the file need not exist
 * @param history    the epochs of the training
 */
public record StudyRun(String dataset, TrainConfig config, Map<String, String> parameters, Evaluation evaluation,
    PhDimension dimension, FloatPoints embeddings, Path latent, Path generated, List<Epoch> history) {

  /** The runs that did not fail. */
  public static List<StudyRun> of(List<SweepRow> rows) throws IOException {
    List<StudyRun> runs = new ArrayList<>();
    for (SweepRow row : rows) {
      if (row.failure() == null) {
        runs.add(new StudyRun(RunConfig.shortName(row.cell().spec().dataset()), row.cell().config(),
            row.cell().parameters(), Evaluating.of(row), PhDimensionFile.of(row.run()),
            embeddings(row.run().latents()), row.run().figure("latent"), row.run().figure("generated"),
            row.history()));
      }
    }
    return runs;
  }

  private static FloatPoints embeddings(Path file) throws IOException {
    if (!Files.exists(file)) {
      return null;
    }
    if (CloudFiles.readCloud(file) instanceof FloatPoints points) {
      return points;
    }
    throw new DataException(file + ": expected float32, as a training writes it; remove the run and train again");
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
