package gputae.cli;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.data.DataOptions;
import gputae.data.Dataset;
import gputae.data.SampleFile;
import gputae.data.Samples;
import gputae.data.Shape;
import gputae.data.Vectors;
import gputae.data.Images;
import gputae.data.Npy;
import gputae.files.WholeFile;
import gputae.linear.FloatPoints;
import gputae.model.Autoencoder;
import gputae.model.SampleMatrix;
import gputae.run.Failure;
import gputae.run.Outputs;
import gputae.run.RunConfig;
import gputae.run.RunDirectory;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Embeds samples with a trained model. */
@Command(name = "encode", description = "Embed samples: a split of the run's data set, or a file.",
    mixinStandardHelpOptions = true)
final class EncodeCommand implements Callable<Integer> {

  /** The values of {@code --split}. */
  enum SplitName {
    TRAIN,
    TEST;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Parameters(index = "0", paramLabel = "RUN", description = "Folder of a run.")
  private Path run;

  @Parameters(
      index = "1",
      paramLabel = "FILE",
      arity = "0..1",
      description = "Samples to embed instead of a split: a file of any kind that train reads, of the shape on which"
          + " the model was trained. Features are scaled as in the training.")
  private Path file;

  @Option(names = "--split", paramLabel = "SPLIT", description = "train or test (default: test).")
  private SplitName split;

  @Option(names = "--data", paramLabel = "DIR", description = "Where the run's data set lies now, if it has moved.")
  private Path data;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "File to write: .npy (float32 [n, latent]) or .csv (one line per sample, no header). Replaced if it"
          + " exists; - is standard output, as .npy.")
  private Path out;

  @Mixin
  private DeviceOptions device;

  @Override
  public Integer call() throws IOException {
    if (file != null && split != null) {
      throw Failure.usage("a file and --split exclude each other; give one of them");
    }
    String name = out.toString().toLowerCase(Locale.ROOT);
    boolean csv = name.endsWith(".csv");
    if (!csv && !name.endsWith(".npy") && !Outputs.isThrough(out)) {
      throw Failure.usage("--out " + out + ": the name must end in .npy or .csv");
    }
    RunDirectory directory = RunDirectory.existing(run);
    RunConfig config = directory.read();
    Outputs outputs = new Outputs().option("--out", out).notOverRun(directory, config, data);
    if (file != null) {
      outputs.notOver(List.of(file), "which is read");
    }
    PrintStream console = outputs.console();
    Samples samples;
    if (file != null) {
      samples = SampleFile.read(file, forFile(config.options()), console::println);
      if (samples instanceof Images images && config.options().form() == DataOptions.Form.IMAGES) {
        // Images whose colours are all grey are read as grey ones.
        samples = images.inColour();
      }
    } else {
      Dataset dataset = directory.openData(config, data, console::println);
      samples = (split == SplitName.TRAIN ? dataset.train() : dataset.test()).samples();
    }
    if (!fits(samples.shape(), config.shape())) {
      throw new Failure((file != null ? file : config.dataset()) + " holds " + samples.shape().words() + " of "
          + samples.shape() + "; the model was trained on " + config.shape());
    }
    if (file != null && samples instanceof Vectors vectors) {
      samples = config.options().scaling().apply(vectors);
    }
    int latent = config.config().latent();
    try (Backend backend = device.open(line -> {});
        Autoencoder model = directory.openModel(backend, config);
        Matrix matrix = SampleMatrix.of(backend, samples)) {
      FloatPoints embeddings = model.embeddings(matrix);
      if (csv) {
        WholeFile.write(out, rows(embeddings));
      } else {
        Npy.write(out, embeddings.coordinates(), embeddings.count(), latent);
      }
    }
    String unit = samples.count() == 1 ? " embedding" : " embeddings";
    console.println(out + ": " + samples.count() + unit + " of dimension " + latent);
    return 0;
  }

  /**
   * Whether samples of a shape are those of the run. Names of features count only if both are those of a table, since
   * an array has none.
   */
  private boolean fits(Shape found, Shape wanted) {
    if (!(found instanceof Shape.Features features && wanted instanceof Shape.Features others)) {
      return found.equals(wanted);
    }
    if (features.size() == others.size() && !features.equals(others)
        && !features.equals(Shape.Features.numbered(features.size()))
        && !others.equals(Shape.Features.numbered(others.size()))) {
      throw new Failure(file + ": its columns are " + features.names() + ", the model was trained on " + others.names()
          + "; they must be the same in the same order");
    }
    return features.size() == others.size();
  }

  /**
   * How a file beside the data set is read: a table as the run's own, an archive without the name of an array, unless
   * it is an archive too.
   */
  private DataOptions forFile(DataOptions ofRun) {
    boolean archive = file.toString().toLowerCase(Locale.ROOT).endsWith(".npz");
    boolean table = file.toString().toLowerCase(Locale.ROOT).matches(".*\\.(csv|tsv|txt)(\\.gz)?");
    return ofRun.with(archive ? ofRun.key() : null, table ? ofRun.labelColumn() : null);
  }

  /** One line per row; every number has enough digits to be read back unchanged. */
  private static byte[] rows(FloatPoints points) {
    float[] values = points.coordinates();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < values.length; i++) {
      text.append(Decimal.shortest(values[i])).append((i + 1) % points.dimension() == 0 ? '\n' : ',');
    }
    return text.toString().getBytes(StandardCharsets.US_ASCII);
  }
}
