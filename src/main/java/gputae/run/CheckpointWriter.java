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

/** Keeps the metrics and the checkpoint of a run on disk while it trains. */
public final class CheckpointWriter implements TrainListener {

  /**
   * Least time between two checkpoints: an interruption may lose this much work. Writing takes some milliseconds and a
   * sync of the disk, which is too much for every epoch of a fifth of a second. Tests that stop the program while it
   * writes set 0: a checkpoint after each epoch.
   */
  public static double secondsBetween = 10;

  private final RunDirectory run;
  private final Trainer trainer;
  private final String conditions;
  private final MetricsCsv metrics;
  private long last = System.nanoTime();

  /**
   * A writer for a trainer; the caller holds the lock of the run. {@code conditions} are what the bits depend on beside
   * settings and data.
   */
  public CheckpointWriter(RunDirectory run, Trainer trainer, String conditions) {
    this.run = run;
    this.trainer = trainer;
    this.metrics = new MetricsCsv(trainer.objective().columns());
    this.conditions = conditions;
  }

  /** Writes metrics.csv as it must be at the start: with the epochs already done. */
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

  /** Writes the checkpoint; the previous one stays until the new one is complete. */
  public void save() throws IOException {
    TrainState state = trainer.state();
    SafeTensors file = state.toTensors(trainer.model().layout(), trainer.objective());
    file.metadata().put(Checkpoint.FORMAT_KEY, Checkpoint.FORMAT);
    file.metadata().put(Checkpoint.CONDITIONS, conditions);
    WholeFile.write(run.checkpoint(), file.toBytes());
    last = System.nanoTime();
  }
}
