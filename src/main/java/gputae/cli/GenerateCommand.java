package gputae.cli;

import gputae.backend.Backend;
import gputae.data.Dataset;
import gputae.data.Images;
import gputae.data.Npy;
import gputae.data.Samples;
import gputae.data.Shape;
import gputae.data.Vectors;
import gputae.figure.ImageGrid;
import gputae.files.WholeFile;
import gputae.model.Autoencoder;
import gputae.run.DataFingerprint;
import gputae.run.Failure;
import gputae.run.GeneratedSamples;
import gputae.run.Outputs;
import gputae.run.RunConfig;
import gputae.run.RunDirectory;
import gputae.run.SamplerChoice;
import gputae.text.Csv;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Decodes samples of the latent space of a trained model. */
@Command(
    name = "generate",
    description = "Generate images or vectors: decode samples of the latent space. They come from the model's prior,"
        + " which is uniform in the unit ball for tae and disk, and standard normal for the other models, or from a"
        + " distribution that is fitted to the embeddings of the training samples (--sampler). Only vae and wae are"
        + " trained to match their prior; the embeddings of ae, topoae and rae may lie elsewhere, so --sampler gmm:10"
        + " suits them.",
    mixinStandardHelpOptions = true)
final class GenerateCommand implements Callable<Integer> {

  @Parameters(paramLabel = "RUN", description = "Folder of a run.")
  private Path run;

  @Option(names = "--count", paramLabel = "N", defaultValue = "96",
      description = "Samples (default: ${DEFAULT-VALUE}).")
  private int count;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
      description = "Seed of the samples (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "File to write: of images .npy (uint8 [count, height, width], in colour [count, height, width, 3])"
          + " or .png (a grid); of vectors .npy (float32 [count, features]) or .csv, in the unit of the data. Replaced"
          + " if it exists; - is standard output, as .npy.")
  private Path out;

  @Mixin
  private SamplerOption sampler;

  @Option(names = "--data", paramLabel = "PATH",
      description = "With --sampler gmm:K or kde: where the run's data set lies now, if it has moved.")
  private Path data;

  @Mixin
  private DeviceOptions device;

  @Override
  public Integer call() throws IOException {
    String name = out.toString().toLowerCase(Locale.ROOT);
    boolean picture = name.endsWith(".png");
    boolean csv = name.endsWith(".csv");
    if (!picture && !csv && !name.endsWith(".npy") && !Outputs.isThrough(out)) {
      throw Failure.usage("--out " + out + ": the name must end in .npy, or in .png for images and .csv for vectors");
    }
    if (count < 1) {
      throw Failure.usage("--count is " + count + "; at least 1");
    }
    if (data != null && !sampler.choice().needsData()) {
      throw Failure.usage("--data goes with --sampler gmm:K or kde; the prior needs no data");
    }
    RunDirectory directory = RunDirectory.existing(run);
    RunConfig config = directory.read();
    PrintStream console = new Outputs().option("--out", out).notOverRun(directory, config, data).console();
    Shape shape = config.shape();
    if ((long) count * shape.size() > Integer.MAX_VALUE - 8) {
      throw Failure.usage("--count " + count + " " + shape.words() + " of " + shape + " do not fit one file; at most "
          + (Integer.MAX_VALUE - 8) / shape.size());
    }
    if (picture && shape instanceof Shape.Features) {
      throw Failure.usage("--out " + out + ": the run's samples are vectors, which have no pictures; the name must end"
          + " in .npy or .csv");
    }
    if (csv && shape instanceof Shape.Image) {
      throw Failure.usage("--out " + out + ": the run's samples are images; the name must end in .npy or .png");
    }
    sampler.choice().advice(config.config()).ifPresent(line -> console.println("gpu-tae: " + line));
    Samples training = sampler.choice().needsData() ? training(directory, config, console) : null;
    try (Backend backend = device.open(line -> {});
        Autoencoder model = directory.openModel(backend, config)) {
      SamplerChoice.Fitted fitted = sampler.choice().fit(backend, model, config.config(), training);
      if (!fitted.fit().isEmpty()) {
        console.println("sampler: " + fitted.fit());
      }
      Samples samples = GeneratedSamples.generate(backend, model, shape, fitted.sampler(), count, seed);
      if (samples instanceof Images images) {
        write(images, picture);
      } else {
        write(config.options().scaling().undo((Vectors) samples), csv);
      }
    }
    String words = count == 1 ? shape.words().substring(0, shape.words().length() - 1) : shape.words();
    console.println(out + ": " + count + " " + words + " of " + shape);
    return 0;
  }

  /** The samples on which the model was trained. */
  private Samples training(RunDirectory directory, RunConfig config, PrintStream console) throws IOException {
    Dataset dataset = directory.openData(config, data, console::println);
    directory.requireData(config, dataset, DataFingerprint.of(dataset));
    return dataset.train().samples();
  }

  private void write(Images images, boolean picture) throws IOException {
    if (!picture) {
      int channels = images.shape().channels();
      int[] shape = channels == 1 ? new int[] {count, images.height(), images.width()}
          : new int[] {count, images.height(), images.width(), channels};
      Npy.write(out, images.interleaved(), shape);
      return;
    }
    // The picture has 1.5 times as many columns as rows: 12 columns for 96 images, as in the run's own figure.
    int columns = (int) Math.max(1, Math.ceil(Math.sqrt(count * 1.5)));
    ImageGrid.write(out, images, columns);
  }

  private void write(Vectors vectors, boolean csv) throws IOException {
    if (!csv) {
      Npy.write(out, vectors.values(), count, vectors.size());
      return;
    }
    Csv table = new Csv();
    table.row(vectors.shape().names());
    for (int i = 0; i < count; i++) {
      int row = i;
      table.row(IntStream.range(0, vectors.size()).mapToObj(k -> Decimal.shortest(vectors.value(row, k))).toList());
    }
    WholeFile.write(out, table.toString().getBytes(StandardCharsets.UTF_8));
  }
}
