package gputae.run;

import gputae.data.Dataset;
import gputae.data.Datasets;
import gputae.data.DataOptions;
import gputae.data.HeldOut;
import gputae.files.DataException;
import gputae.files.RegularFile;
import gputae.files.Sha256;
import gputae.model.ModelMetadata;
import gputae.model.ParameterLayout;
import gputae.model.SafeTensors;
import gputae.model.Weights;
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
 * @param options what the user says about the data; {@code heldOut} is null if no share of test images is asked for
 * @param init    file of the initial weights, or null for weights drawn from the seed
 * @param config  settings
 */
public record TrainSpec(String dataset, Path data, DataOptions options, Path init, TrainConfig config) {

  private static final DataOptions NOTHING_SAID = new DataOptions(null, null, null);

  /**
   * A training on a data set whose files may lie in a folder of several data sets.
   *
   * @param folder folder with a folder for each data set that has a name, or null
   */
  public static TrainSpec of(String dataset, Path folder, TrainConfig config) {
    boolean published = Datasets.isNamed(dataset) && !dataset.equals("digits");
    return new TrainSpec(dataset, folder != null && published ? folder.resolve(dataset) : null, NOTHING_SAID, null,
        config);
  }

  /** Loads the data set; {@code log} receives messages for the user. */
  public Dataset load(Consumer<String> log) throws IOException {
    boolean asked = options.heldOut() != null;
    Dataset loaded = Datasets.open(dataset, data, asked ? options : options.with(HeldOut.DEFAULT), log);
    if (asked && loaded.heldOut() == null) {
      throw Failure.usage("--test-share has no meaning for " + dataset + ", which brings its own test images; leave it"
          + " out");
    }
    return loaded;
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

  /** The initial weights for images of {@code pixels} pixels, as one flat array; null if no file is given. */
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
