package gputae.cli;

import gputae.data.WholeFile;
import gputae.model.SafeTensors;
import gputae.report.MetricsCsv;
import gputae.train.Epoch;
import gputae.train.TrainListener;
import gputae.train.TrainState;
import gputae.train.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** Keeps a run's metrics and checkpoint on disk as it trains. */
final class CheckpointWriter implements TrainListener {

  /**
   * What an interruption may cost. Writing takes some milliseconds and a sync of the disk, too much for every epoch of a fifth of a second. Tests that stop
   * the program while it writes set 0: a checkpoint at each epoch.
   */
  static double secondsBetween = 10;

  /** Of a checkpoint's metadata: what it is, and what its bits depend on. */
  static final String FORMAT_KEY = "format";
  static final String FORMAT = "gpu-tae checkpoint 1";
  static final String CONDITIONS = "conditions";

  private final RunDirectory run;
  private final Trainer trainer;
  private final String conditions;
  private final MetricsCsv metrics;
  private long last = System.nanoTime();

  CheckpointWriter(RunDirectory run, Trainer trainer, String conditions) {
    this.run = run;
    this.trainer = trainer;
    this.metrics = new MetricsCsv(trainer.objective().columns());
    this.conditions = conditions;
  }

  /** metrics.csv as it must be at the start: the epochs already done. */
  void begin(List<Epoch> history) throws IOException {
    metrics.write(run.metrics(), history);
  }

  @Override
  public void onEpoch(Epoch epoch) {
    try {
      metrics.append(run.metrics(), epoch);
      if ((System.nanoTime() - last) * 1e-9 >= secondsBetween) {
        save();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the checkpoint; the one before stays until the new one is whole. */
  void save() throws IOException {
    TrainState state = trainer.state();
    SafeTensors file = state.toTensors(trainer.model().layout());
    file.metadata().put(FORMAT_KEY, FORMAT);
    file.metadata().put(CONDITIONS, conditions);
    WholeFile.write(run.checkpoint(), file.toBytes());
    last = System.nanoTime();
  }
}
