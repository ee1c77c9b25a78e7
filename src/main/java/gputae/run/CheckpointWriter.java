package gputae.run;

import gputae.files.WholeFile;
import gputae.model.SafeTensors;
import gputae.train.Epoch;
import gputae.train.TrainListener;
import gputae.train.TrainState;
import gputae.train.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** Keeps a run's metrics and checkpoint on disk as it trains. */
public final class CheckpointWriter implements TrainListener {

  /**
   * What an interruption may cost. Writing takes some milliseconds and a sync of the disk, too much for every epoch of
   * a fifth of a second. Tests that stop the program while it writes set 0: a checkpoint at each epoch.
   */
  public static double secondsBetween = 10;

  private final RunDirectory run;
  private final Trainer trainer;
  private final String conditions;
  private final MetricsCsv metrics;
  private long last = System.nanoTime();

  /** Of a trainer whose run has the lock; {@code conditions} are what its bits depend on beside settings and data. */
  public CheckpointWriter(RunDirectory run, Trainer trainer, String conditions) {
    this.run = run;
    this.trainer = trainer;
    this.metrics = new MetricsCsv(trainer.objective().columns());
    this.conditions = conditions;
  }

  /** metrics.csv as it must be at the start: the epochs already done. */
  public void begin(List<Epoch> history) throws IOException {
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
  public void save() throws IOException {
    TrainState state = trainer.state();
    SafeTensors file = state.toTensors(trainer.model().layout());
    file.metadata().put(Checkpoint.FORMAT_KEY, Checkpoint.FORMAT);
    file.metadata().put(Checkpoint.CONDITIONS, conditions);
    WholeFile.write(run.checkpoint(), file.toBytes());
    last = System.nanoTime();
  }
}
