package gputae.run;

import gputae.model.ParameterLayout;
import gputae.model.SafeTensors;
import gputae.objective.ParameterTerm;
import gputae.text.StrictJson;
import gputae.train.TooFewStepsException;
import gputae.train.TrainConfig;
import gputae.train.TrainState;
import gputae.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Locale;

/**
 * The state of a training: {@code checkpoint.safetensors} of a run.
 *
 * @param run  the run
 * @param file the content of the file
 */
public record Checkpoint(RunDirectory run, SafeTensors file) {

  /** Keys of the metadata: the format, and the conditions on which the bits depend. */
  static final String FORMAT_KEY = "format";

  static final String FORMAT = "gpu-tae checkpoint 1";
  static final String CONDITIONS = "conditions";

  /** The run's checkpoint, or null if there is none. It must be a checkpoint of this program. */
  public static Checkpoint of(RunDirectory run) throws IOException {
    return Files.exists(run.checkpoint()) ? read(run) : null;
  }

  /** As {@link #of}, for a run that has a checkpoint. */
  public static Checkpoint read(RunDirectory run) throws IOException {
    SafeTensors file = SafeTensors.read(run.checkpoint());
    if (!FORMAT.equals(file.metadata().get(FORMAT_KEY)) || !file.metadata().containsKey(CONDITIONS)) {
      throw new Failure(run.checkpoint() + " is not a checkpoint of this program: its metadata is "
          + StrictJson.shown(file.metadata()) + ", expected \"" + FORMAT_KEY + "\": \"" + FORMAT + "\" and \""
          + CONDITIONS
          + "\"; copy it again, or train again");
    }
    return new Checkpoint(run, file);
  }

  /** A file is made in one array. */
  private static final long MOST_BYTES = Integer.MAX_VALUE - (1 << 20);

  /** Refuses a training whose checkpoint would be too large. */
  static void requireSize(TrainConfig config, ParameterLayout layout) {
    long bytes = (2L * layout.trained() + layout.size()) * Float.BYTES
        + config.objective().state(layout.trained()).stream().mapToLong(ParameterTerm.State::bytes).sum();
    if (bytes > MOST_BYTES) {
      throw new Failure(String.format(Locale.ROOT,
          "the checkpoint of this training would have %,d bytes, and %,d are the most; a smaller --hidden is needed,"
              + " or an objective without a term of the weights",
          bytes, MOST_BYTES));
    }
  }

  /** What the bits depend on beside settings and data. */
  public String conditions() {
    return file.metadata().get(CONDITIONS);
  }

  /** The state in this checkpoint, for the run's network on images of {@code pixels} pixels. */
  public TrainState state(TrainConfig config, int pixels) {
    try {
      return TrainState.fromTensors(RunDirectory.layout(config, pixels), config.objective(), file);
    } catch (IllegalArgumentException e) {
      throw new Failure(run.checkpoint() + " does not fit " + run.config() + ": " + e.getMessage() + "; "
          + RunDirectory.UNFIT, e);
    }
  }

  /** Sets a trainer with the run's settings to a state of this checkpoint. Returns the number of epochs done. */
  public int restore(Trainer trainer, TrainState state) {
    int done = state.history().size();
    if (state.step() / trainer.stepsPerEpoch() != done) {
      throw new Failure(run.checkpoint() + " does not fit " + run.config() + ": it has " + state.step() + " steps of "
          + trainer.stepsPerEpoch() + " an epoch, but " + done + " epochs; " + RunDirectory.UNFIT);
    }
    try {
      trainer.restore(state);
    } catch (TooFewStepsException e) {
      throw new Failure(e.getMessage(), e);
    }
    return done;
  }
}
