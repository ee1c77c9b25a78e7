package gputae.cli;

import gputae.backend.Backend;
import gputae.data.Dataset;
import gputae.data.Images;
import gputae.data.Npy;
import gputae.figure.ImageGrid;
import gputae.model.Autoencoder;
import gputae.run.DataFingerprint;
import gputae.run.Failure;
import gputae.run.GeneratedImages;
import gputae.run.Outputs;
import gputae.run.RunConfig;
import gputae.run.RunDirectory;
import gputae.run.SamplerChoice;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Decodes samples of the latent space of a trained model. */
@Command(
    name = "generate",
    description = "Generate images: decode samples of the latent space. They come from the model's prior, which is "
        + "uniform in the unit ball for tae and disk, and standard normal for the other models, or from a distribution "
        + "that is fitted to the embeddings of the training images (--sampler). Only vae is trained to match its prior;"
        + " the embeddings of ae and topoae may lie elsewhere, so --sampler gmm:10 suits them.",
    mixinStandardHelpOptions = true)
final class GenerateCommand implements Callable<Integer> {

  @Parameters(paramLabel = "RUN", description = "Folder of a run.")
  private Path run;

  @Option(names = "--count", paramLabel = "N", defaultValue = "96", description = "Images (default: ${DEFAULT-VALUE}).")
  private int count;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
      description = "Seed of the samples (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "File to write: .npy (uint8 [count, height, width]) or .png (a grid). Replaced if it exists;"
          + " - is standard output, as .npy.")
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
    if (!picture && !name.endsWith(".npy") && !Outputs.isThrough(out)) {
      throw Failure.usage("--out " + out + ": the name must end in .npy or .png");
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
    int pixels = config.height() * config.width();
    if ((long) count * pixels > Integer.MAX_VALUE - 8) {
      throw Failure.usage("--count " + count + " images of " + pixels + " pixels do not fit one file; at most "
          + (Integer.MAX_VALUE - 8) / pixels);
    }
    Images training = sampler.choice().needsData() ? training(directory, config, console) : null;
    try (Backend backend = device.open(line -> {});
        Autoencoder model = directory.openModel(backend, config)) {
      SamplerChoice.Fitted fitted = sampler.choice().fit(backend, model, config.config(), training);
      if (!fitted.fit().isEmpty()) {
        console.println("sampler: " + fitted.fit());
      }
      byte[] images = GeneratedImages.generate(backend, model, fitted.sampler(), count, seed);
      if (!picture) {
        Npy.write(out, images, count, config.height(), config.width());
      } else {
        // The picture has 1.5 times as many columns as rows: 12 columns for 96 images, as in the run's own figure.
        int columns = (int) Math.max(1, Math.ceil(Math.sqrt(count * 1.5)));
        ImageGrid.write(out, images, count, config.height(), config.width(), Math.min(count, columns));
      }
    }
    String unit = count == 1 ? " image" : " images";
    console.println(out + ": " + count + unit + " of " + config.height() + " x " + config.width());
    return 0;
  }

  /** The images on which the model was trained. */
  private Images training(RunDirectory directory, RunConfig config, PrintStream console) throws IOException {
    Dataset dataset = directory.openData(config, data, console::println);
    directory.requireData(config, dataset, DataFingerprint.of(dataset));
    return dataset.train().images();
  }
}
