package gputae.run;

import gputae.train.Epoch;
import gputae.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Objects;

/**
 * What there is on disk of a sweep's cell.
 *
 * @param run its directory, there or not
 */
record CellRun(SweepCell cell, RunDirectory run) {

  /**
   * The number of epochs that are done.
   *
   * @throws Failure where the directory holds something else
   */
  int epochs(LoadedData data) throws IOException {
    if (Files.exists(run.config())) {
      RunConfig description = run.read();
      TrainConfig found = description.config();
      run.requireData(description, data.dataset(), data.fingerprint());
      if (!found.withEpochs(cell.config().epochs()).equals(cell.config())
          || !Objects.equals(description.init(), cell.spec().initFingerprint())) {
        throw new Failure(run.path() + " holds a training with other settings; give another --out, or remove it");
      }
      if (found.epochs() > cell.config().epochs()) {
        throw new Failure(run.path() + " is a training of " + found.epochs() + " epochs, more than the "
            + cell.config().epochs() + " asked for; give another --out, or remove it");
      }
      return history().size();
    } else if (Files.exists(run.checkpoint())) {
      throw new Failure(run.path() + " holds a checkpoint but no config.json, so nobody knows of what; remove it");
    }
    return 0;
  }

  /** The epochs in a run's metrics, none where they cannot be read: the checkpoint knows them too. */
  private List<Epoch> history() {
    try {
      return Files.exists(run.metrics())
          ? new MetricsCsv(cell.config().objective().columns()).read(run.metrics()) : List.of();
    } catch (IOException e) {
      return List.of();
    }
  }

  /**
   * The row of a run that has all its epochs and its report, which is written last and goes when a training goes on;
   * else null.
   */
  SweepRow trained() throws IOException {
    if (!Files.exists(run.config()) || !run.read().config().equals(cell.config()) || !Files.exists(run.report())
        || !Files.exists(run.model())) {
      return null;
    }
    List<Epoch> history = history();
    return history.size() == cell.config().epochs() ? new SweepRow(cell, run, history, null) : null;
  }
}
