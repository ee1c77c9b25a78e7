package gputae.cli;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.data.Dataset;
import gputae.data.Datasets;
import gputae.data.Images;
import gputae.data.ImageFile;
import gputae.data.Npy;
import gputae.model.Autoencoder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Embeds images with a trained model. */
@Command(name = "encode", description = "Embed images: a split of the run's data set, or a file.", mixinStandardHelpOptions = true)
final class EncodeCommand implements Callable<Integer> {

  /** What {@code --split} takes. */
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
      description = "Images to embed instead of a split: .npy or IDX, of the size the model was trained on.")
  private Path file;

  @Option(names = "--split", paramLabel = "SPLIT", description = "train or test (default: test).")
  private SplitName split;

  @Option(names = "--data", paramLabel = "DIR", description = "Where the run's data set lies now, if it has moved.")
  private Path data;

  @Option(names = "--out", paramLabel = "FILE", required = true, description = "File to write: .npy, float32 [n, latent]. Replaced if it exists.")
  private Path out;

  @Mixin private DeviceOptions device;

  @Override
  public Integer call() throws IOException {
    if (file != null && split != null) {
      throw Failure.usage("a file and --split exclude each other");
    }
    RunDirectory directory = RunDirectory.existing(run);
    RunDirectory.Config config = directory.read();
    Images images;
    if (file != null) {
      images = ImageFile.read(file, System.out::println);
    } else {
      Dataset dataset = Datasets.open(config.dataset(), data != null ? data : config.data(), System.out::println);
      images = (split == SplitName.TRAIN ? dataset.train() : dataset.test()).images();
    }
    int pixels = config.height() * config.width();
    if (images.pixelsPerImage() != pixels) {
      throw new Failure((file != null ? file : config.dataset()) + " holds images of " + images.height() + " x " + images.width() + "; the model was trained on "
          + config.height() + " x " + config.width());
    }
    int latent = config.config().latent();
    try (Backend backend = device.open(line -> {});
        Autoencoder model = directory.openModel(backend, config);
        Matrix pixelsOnDevice = backend.allocate(ElementType.UINT8, images.count(), pixels).upload(images.pixels())) {
      Npy.write(out, model.embeddings(pixelsOnDevice), images.count(), latent);
    }
    System.out.println(out + ": " + images.count() + (images.count() == 1 ? " embedding" : " embeddings") + " of dimension " + latent);
    return 0;
  }
}
