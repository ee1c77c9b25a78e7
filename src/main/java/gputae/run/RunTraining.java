package gputae.run;

import gputae.backend.Backend;
import gputae.data.Dataset;
import gputae.homology.NoDimensionException;
import gputae.homology.PhDimension;
import gputae.linear.FloatPoints;
import gputae.model.ParameterLayout;
import gputae.train.BatchOfOneException;
import gputae.train.Epoch;
import gputae.train.MissingLabelsException;
import gputae.train.Step;
import gputae.train.TooFewStepsException;
import gputae.train.TrainConfig;
import gputae.train.TrainControl;
import gputae.train.TrainListener;
import gputae.train.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * A training in a run directory; the caller holds the lock of the directory. Call {@link #begin}, {@link #train},
 * {@link #save} and {@link #finish} in this order, on one thread. Every training that leaves a run uses this class.
 */
public final class RunTraining {

  private final Backend backend;
  private final RunDirectory run;
  private final RunConfig config;
  private final Trainer trainer;
  private final CheckpointWriter checkpoints;
  private final Consumer<String> warn;
  private final RunOutputs outputs;

  /**
   * @param trainer a trainer that has not begun, or one that was restored from a checkpoint; the caller closes it
   * @param warn    receives messages for the user
   */
  public RunTraining(Backend backend, RunDirectory run, RunConfig config, Dataset data, Trainer trainer,
      Consumer<String> warn) {
    this.backend = backend;
    this.run = run;
    this.config = config;
    this.trainer = trainer;
    this.checkpoints = new CheckpointWriter(run, trainer, config.conditions());
    this.warn = warn;
    this.outputs = new RunOutputs(run, config, data.test(), warn);
  }

  /**
   * Makes a trainer with these settings.
   *
   * @throws Failure if the sizes of the network overflow, if a term of the objective needs labels that the data set
   *     lacks, if a batch normalisation would get a batch of one image, if the training has too few steps for the PH
   *     dimension, or if its checkpoint would be too large
   */
  public static Trainer trainer(Backend backend, TrainConfig config, Dataset data, TrainControl control) {
    Checkpoint.requireSize(config, layout(config, data.train().samples().size()));
    try {
      return new Trainer(backend, config, data, control);
    } catch (ArithmeticException e) {
      throw tooLarge(e);
    } catch (MissingLabelsException e) {
      throw new Failure(e.getMessage() + "; take a data set with labels, or leave the term out", e);
    } catch (TooFewStepsException e) {
      throw new Failure(e.getMessage(), e);
    } catch (BatchOfOneException e) {
      throw new Failure(e.getMessage() + "; take another --batch", e);
    }
  }

  /**
   * The parameters of the network that these settings make, for images of {@code pixels} pixels.
   *
   * @throws Failure if the sizes of the network overflow
   */
  public static ParameterLayout layout(TrainConfig config, int pixels) {
    try {
      return new ParameterLayout(Trainer.architecture(config, pixels));
    } catch (ArithmeticException e) {
      throw tooLarge(e);
    }
  }

  private static Failure tooLarge(ArithmeticException e) {
    return new Failure(
        "the network is too large: its sizes overflow; a smaller --hidden, --latent or --batch is needed", e);
  }

  /** Writes the settings of the run and the rows of the epochs that are already done. */
  public void begin() throws IOException {
    run.begin(config, trainer.history().size() < config.config().epochs());
    checkpoints.begin(trainer.history());
  }

  /**
   * Trains until all epochs are done or until the trainer's control stops it. Each epoch is on disk before
   * {@code listener} is told of it. If the PH dimension is asked for, it is on disk at the end.
   *
   * @return whether all epochs are done
   */
  public boolean train(TrainListener listener) throws IOException {
    try {
      boolean done = trainer.run(new TrainListener() {
        @Override
        public void onStep(Step step) {
          listener.onStep(step);
        }

        @Override
        public void onEpoch(Epoch epoch) {
          checkpoints.onEpoch(epoch);
          listener.onEpoch(epoch);
        }
      });
      if (done) {
        measureDimension();
      }
      return done;
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void measureDimension() throws IOException {
    try {
      PhDimension dimension = trainer.phDimension();
      if (dimension != null) {
        PhDimensionFile.write(run.phDimension(), dimension);
      } else if (config.config().phDimension() && !Files.exists(run.phDimension())) {
        warn.accept(run.phDimension() + " is missing, and no step is left to measure it again; more --epochs would");
      }
    } catch (NoDimensionException e) {
      warn.accept("no PH dimension: " + e.getMessage());
    }
  }

  /** Writes the checkpoint and the weights. */
  public void save() throws IOException {
    checkpoints.save();
    outputs.writeModel(trainer.model());
  }

  /**
   * Writes what a finished training leaves: embeddings, figures, report. Returns the share of embeddings outside the
   * ball.
   */
  public double finish() throws IOException {
    return outputs.writeAll(backend, trainer.model(), embeddings(), trainer.history());
  }

  /** Draws the figures of an epoch. They are kept beside those of the last epoch. */
  public void drawFigures(int epoch) throws IOException {
    outputs.drawFigures(backend, trainer.model(), embeddings(), String.format(Locale.ROOT, "-%04d", epoch));
  }

  private FloatPoints embeddings() {
    return trainer.model().embeddings(trainer.testSamples());
  }
}
