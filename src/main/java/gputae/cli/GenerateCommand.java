package gputae.cli;

import gputae.backend.Backend;
import gputae.data.Npy;
import gputae.figure.ImageGrid;
import gputae.model.Autoencoder;
import gputae.run.Failure;
import gputae.run.GeneratedImages;
import gputae.run.Outputs;
import gputae.run.RunConfig;
import gputae.run.RunDirectory;
import gputae.train.TrainConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Decodes samples from the prior of a trained model. */
@Command(
    name = "generate",
    description = "Generate images: decode samples of the latent prior, which is uniform in the unit ball for tae and "
        + "disk, and standard normal for the other models. Only vae is trained to match it; the embeddings of ae and "
        + "topoae may lie elsewhere.",
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
    RunDirectory directory = RunDirectory.existing(run);
    RunConfig config = directory.read();
    PrintStream console = new Outputs().option("--out", out).notOverRun(directory, config, null).console();
    int pixels = config.height() * config.width();
    if ((long) count * pixels > Integer.MAX_VALUE - 8) {
      throw Failure.usage("--count " + count + " images of " + pixels + " pixels do not fit one file; at most "
          + (Integer.MAX_VALUE - 8) / pixels);
    }
    TrainConfig train = config.config();
    try (Backend backend = device.open(line -> {});
        Autoencoder model = directory.openModel(backend, config)) {
      byte[] images = GeneratedImages.generate(backend, model, train.model().prior(), count, seed);
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
}
