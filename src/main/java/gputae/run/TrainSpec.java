package gputae.run;

import gputae.data.Dataset;
import gputae.data.Datasets;
import gputae.backend.Output;
import gputae.data.DataOptions;
import gputae.data.Images;
import gputae.data.Scaling;
import gputae.data.Split;
import gputae.data.Vectors;
import gputae.files.DataException;
import gputae.files.RegularFile;
import gputae.files.Sha256;
import gputae.model.ModelMetadata;
import gputae.model.ParameterLayout;
import gputae.model.SafeTensors;
import gputae.model.Weights;
import gputae.objective.Signature;
import gputae.train.TrainConfig;
import gputae.train.Trainer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * A training to be done: its data set, its initial weights and its settings.
 *
 * @param dataset name or path of the data set
 * @param data    folder of the data set's files, or null
 * @param options what the user says about the data; {@code heldOut} is null if no share of test samples is asked for
 * @param init    file of the initial weights, or null for weights drawn from the seed
 * @param config  settings; {@link #config(Dataset)} has those that the data decide
 * @param output  what the decoder's outputs mean; null if the data decide
 * @param unit    whether the unit of the signature loss is given; otherwise the data decide
 */
public record TrainSpec(String dataset, Path data, DataOptions options, Path init, TrainConfig config, Output output,
    boolean unit) {

  private static final DataOptions NOTHING_SAID = new DataOptions(null, null, null);

  /**
   * A training on a data set whose files may lie in a folder of several data sets.
   *
   * @param folder folder with a folder for each data set that has a name, or null
   */
  public static TrainSpec of(String dataset, Path folder, TrainConfig config) {
    return new TrainSpec(dataset, folder != null && Datasets.isPublished(dataset) ? folder.resolve(dataset) : null,
        NOTHING_SAID, null,
        config, null, false);
  }

  /** Loads the data set; {@code log} receives messages for the user. */
  public Dataset load(Consumer<String> log) throws IOException {
    Dataset loaded = Datasets.open(dataset, data, options, log);
    if (options.heldOut() != null && loaded.heldOut() == null) {
      throw Failure.usage("--test-share has no meaning for " + dataset + ", which brings its own test samples; leave it"
          + " out");
    }
    return loaded;
  }

  /**
   * The settings of a training on this data set, which decides what nobody says. What the decoder's outputs mean:
   * pixels are probabilities, features have normal distributions. The unit of the signature loss: the range for images,
   * the batch for features.
   *
   * @throws Failure if numbers are asked to be probabilities and are none
   */
  public TrainConfig config(Dataset loaded) {
    Output chosen = output != null ? output
        : loaded.train().samples() instanceof Images ? Output.BERNOULLI : Output.GAUSSIAN;
    if (chosen == Output.BERNOULLI) {
      requireUnit(loaded, loaded.train(), "training", "; take --scale unit, or --output gaussian");
      requireUnit(loaded, loaded.test(), "test", "; take --output gaussian");
    }
    TrainConfig decided = config.withOutput(chosen);
    Signature signature = decided.objective().signature();
    if (signature == null || unit || loaded.train().samples() instanceof Images) {
      return decided;
    }
    // Features have no largest possible distance.
    return decided.withObjective(
        decided.objective().with(new Signature(signature.weight(), Signature.Normalisation.BATCH)));
  }

  private void requireUnit(Dataset loaded, Split split, String part, String remedy) {
    if (split.samples() instanceof Vectors vectors) {
      for (float value : vectors.values()) {
        if (!(value >= 0 && value <= 1)) {
          throw Failure.usage("--output bernoulli is for numbers in [0, 1], and a feature of a " + part + " sample of "
              + dataset + " is " + value + (loaded.scaling().kind() == Scaling.Kind.NONE ? "" : " when it is scaled")
              + remedy);
        }
      }
    }
  }

  /** The same training with other settings. */
  TrainSpec with(TrainConfig other) {
    return new TrainSpec(dataset, data, options, init, other, output, unit);
  }

  /**
   * The name of the data set in {@code config.json}. A path is made absolute where it must be found again from another
   * working folder.
   */
  public String place() {
    return data != null || Datasets.isNamed(dataset) ? dataset : Path.of(dataset).toAbsolutePath().toString();
  }

  /** SHA-256 of the file of the initial weights, or null if there is none. */
  public String initFingerprint() throws IOException {
    if (init == null) {
      return null;
    }
    try (InputStream bytes = Channels.newInputStream(RegularFile.open(init))) {
      return new Sha256().add(bytes).hexadecimal();
    }
  }

  /** The initial weights for samples of {@code pixels} numbers, as one flat array; null if no file is given. */
  public float[] initialWeights(int pixels) throws IOException {
    if (init == null) {
      return null;
    }
    ParameterLayout layout = RunTraining.layout(config, pixels);
    try {
      SafeTensors file = SafeTensors.read(init);
      ModelMetadata.requireFit(Trainer.architecture(config, pixels), file);
      return Weights.flat(layout, file, "");
    } catch (IllegalArgumentException e) {
      throw new Failure("--init " + init + " does not fit the model: " + e.getMessage()
          + "; give other weights, or the --model, --latent, --hidden and --activation of these", e);
    } catch (DataException e) {
      throw new Failure("--init " + e.getMessage(), e);
    }
  }
}
