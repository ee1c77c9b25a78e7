package gputae.run;

import gputae.backend.Backend;
import gputae.data.Dataset;
import gputae.data.Datasets;
import gputae.data.Shape;
import gputae.files.DataException;
import gputae.files.WholeFile;
import gputae.model.Architecture;
import gputae.model.Autoencoder;
import gputae.model.ModelMetadata;
import gputae.model.ParameterLayout;
import gputae.model.SafeTensors;
import gputae.model.Weights;
import gputae.train.TrainConfig;
import gputae.train.Trainer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The folder of a run: the place of each file, and what may be done with it. */
public final class RunDirectory {

  /** Advice for two files of a run that do not come from the same training. */
  static final String UNFIT = "put both back as the training wrote them, or train again";

  private static final String LOCK = ".lock";

  /** Names of figures, of the last epoch or (with a number) of an earlier one that was kept. */
  private static final Pattern FIGURE = Pattern.compile("(latent|generated|losses|ph-dimension)(-\\d+)?\\.png");

  private final Path path;

  /** The run in this folder, which need not exist. */
  public RunDirectory(Path path) {
    this.path = path;
  }

  /** The folder. */
  public Path path() {
    return path;
  }

  /** The settings of the training and its data: {@link RunConfig}. */
  public Path config() {
    return path.resolve("config.json");
  }

  /** One row per epoch: {@link MetricsCsv}. */
  public Path metrics() {
    return path.resolve("metrics.csv");
  }

  /** The weights alone. */
  public Path model() {
    return path.resolve("model.safetensors");
  }

  /** The state of the training: {@link Checkpoint}. */
  public Path checkpoint() {
    return path.resolve("checkpoint.safetensors");
  }

  /** Embeddings of the test images, float32 [n, latent]. */
  public Path latents() {
    return path.resolve("latents.npy");
  }

  /** The labels of the test images, uint8 [n]; int16 [n] if some images have no class, whose label is -1. */
  public Path labels() {
    return path.resolve("labels.npy");
  }

  /** The report, a page for the user. */
  public Path report() {
    return path.resolve("report.html");
  }

  /** The PH dimension of the last iterates: {@link PhDimensionFile}. */
  public Path phDimension() {
    return path.resolve("ph-dimension.json");
  }

  /** The folder of the pictures. */
  public Path figures() {
    return path.resolve("figures");
  }

  /** The picture of this name. */
  public Path figure(String name) {
    return figures().resolve(name + ".png");
  }

  /** A new folder {@code runs/<dataset>-<model>-d<latent>-<n>}. */
  public static RunDirectory createNew(String dataset, TrainConfig config) throws IOException {
    String name = RunConfig.shortName(dataset).replaceAll("[^A-Za-z0-9._-]", "_");
    Path runs = Path.of("runs");
    if (!Files.isDirectory(runs)) {
      Files.createDirectories(runs);
    }
    for (int n = 1;; n++) {
      Path path = runs.resolve(name + "-" + config.model().label() + "-d" + config.latent() + "-" + n);
      try {
        return new RunDirectory(Files.createDirectory(path));
      } catch (FileAlreadyExistsException e) {
        // The name is taken, perhaps by another run that started at the same moment.
      }
    }
  }

  /**
   * Makes or takes a folder that the user chose. It must be new or empty, but files that a training leaves when it is
   * killed at its very beginning are allowed.
   */
  public static RunDirectory create(Path path) throws IOException {
    if (Files.exists(path) && !Files.isDirectory(path)) {
      throw new Failure("--out " + path + " is a file; give a new or empty folder");
    }
    RunDirectory run = new RunDirectory(path);
    if (!Files.isDirectory(path)) {
      Files.createDirectories(path);
    }
    try (Stream<Path> entries = Files.list(path)) {
      if (!entries.allMatch(entry -> entry.endsWith(LOCK) || WholeFile.isLeftover(entry))) {
        throw new Failure("--out " + path + " is not empty; give a new or empty folder"
            + (Files.exists(run.config()) ? ", or continue the run with --resume " + path : ""));
      }
    }
    return run;
  }

  /**
   * The files of the run, whether they exist or not, without those of its evaluation. Nothing else may overwrite them.
   */
  public List<Path> own() throws IOException {
    List<Path> own = new ArrayList<>(List.of(config(), metrics(), model(), checkpoint(), latents(), labels(), report(),
        phDimension(), path.resolve(LOCK)));
    if (Files.isDirectory(figures())) {
      try (Stream<Path> entries = Files.list(figures())) {
        own.addAll(entries.filter(figure -> FIGURE.matcher(figure.getFileName().toString()).matches()).toList());
      }
    }
    return own;
  }

  /** An existing run. */
  public static RunDirectory existing(Path path) {
    RunDirectory run = new RunDirectory(path);
    if (!Files.isRegularFile(run.config())) {
      throw new Failure(path + " is not a run: it holds no config.json; give the folder that a training made");
    }
    return run;
  }

  /**
   * Keeps other processes from training in this folder until the channel is closed. The lock is on a file of its own,
   * since all other files are replaced.
   */
  public FileChannel lock() throws IOException {
    FileChannel channel = FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE,
        LinkOption.NOFOLLOW_LINKS);
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      channel.close();
      throw new Failure(path + " is being trained by another process; wait for it or stop it");
    }
    return channel;
  }

  /** Removes files that a killed training left half written. Call it only while {@link #lock} is held. */
  public void removeLeftovers() throws IOException {
    WholeFile.removeLeftovers(path);
    Path figures = figures();
    if (Files.isDirectory(figures)) {
      WholeFile.removeLeftovers(figures);
    }
  }

  /** The figure of the embeddings of a part of the training images, drawn by {@code reproduce}. */
  public Path cloud() {
    return figure("latent-512");
  }

  /**
   * Writes {@code config.json} when a training begins or goes on. Deletes what was made of the earlier weights, so that
   * nobody takes it for a result of the new ones.
   *
   * @param stepsLeft whether the training has steps to do. If not, the PH dimension stays, since it cannot be measured
   *     again
   */
  public void begin(RunConfig config, boolean stepsLeft) throws IOException {
    Outputs written = new Outputs();
    for (Path file : List.of(config(), metrics(), model(), checkpoint())) {
      // A file that cannot be written is reported before anything is deleted.
      written.add(file.toString(), file);
    }
    for (Path stale : List.of(report(), cloud())) {
      Files.deleteIfExists(stale);
    }
    if (stepsLeft) {
      Files.deleteIfExists(phDimension());
      Files.deleteIfExists(figure(RunOutputs.PH_DIMENSION));
    }
    new EvaluationOutputs(path).remove();
    config.write(config());
  }

  /**
   * Reads {@code config.json}. A value that a run cannot have gives a {@link Failure} in one line that names the key.
   */
  public RunConfig read() throws IOException {
    return RunConfig.read(config());
  }

  /**
   * Opens the run's data set.
   *
   * @param moved the place where the data lies now, or null
   */
  public Dataset openData(RunConfig description, Path moved, Consumer<String> log) throws IOException {
    try {
      return Datasets.open(description.dataset(), moved != null ? moved : description.data(),
          description.options(), log);
    } catch (DataException e) {
      if (moved != null) {
        throw e;
      }
      String key = description.data() != null ? "data" : "dataset";
      throw new Failure(
          e.getMessage() + " (" + config() + " names it as its \"" + key + "\"; --data says where it lies now)", e);
    }
  }

  /**
   * Refuses data other than that on which the run was trained. It compares the {@link DataFingerprint} and the shape
   * of a sample.
   */
  public void requireData(RunConfig description, Dataset dataset, String fingerprint) {
    if (!fingerprint.equals(description.fingerprint())) {
      throw new Failure("the data set " + description.dataset() + " is not the one " + path + " was trained on (its"
          + " training images or labels differ from the \"data_fingerprint\" in " + config()
          + "); give the right one with --data");
    }
    if (!dataset.shape().equals(description.shape())) {
      boolean images = description.shape() instanceof Shape.Image;
      throw new Failure(
          config() + ": " + (images ? "\"height\", \"width\" and \"channels\" are those of " : "\"features\" are ")
              + description.shape() + ", the run's " + dataset.shape().words() + " are " + dataset.shape()
              + (dataset.shape().size() == description.shape().size() && !images ? " of other names" : "") + "; "
              + RunConfig.DAMAGED);
    }
  }

  static ParameterLayout layout(TrainConfig config, int pixels) {
    try {
      return new ParameterLayout(Trainer.architecture(config, pixels));
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("a network with \"hidden\" " + config.hidden().encoder() + " and \"latent\" "
          + config.latent() + " is larger than any file", e);
    }
  }

  /** The trained model; the caller closes it. */
  public Autoencoder openModel(Backend backend, RunConfig config) throws IOException {
    if (!Files.exists(model())) {
      throw new Failure(
          path + " holds no model.safetensors yet; let the training finish, stop it with Ctrl-C, which saves"
              + " it, or go on with train --resume "
              + ShellWord.of(path.toString()));
    }
    SafeTensors file = SafeTensors.read(model());
    Architecture architecture = Trainer.architecture(config.config(), config.shape().size());
    float[] weights;
    try {
      ModelMetadata.requireFit(architecture, file);
      // This is checked before the model allocates memory, since damage may have put huge sizes into config.json.
      weights = Weights.flat(layout(config.config(), config.shape().size()), file, "");
    } catch (IllegalArgumentException e) {
      throw new Failure(model() + " does not fit " + config() + ": " + e.getMessage() + "; " + UNFIT, e);
    }
    Autoencoder autoencoder = new Autoencoder(backend, architecture);
    autoencoder.parameters().upload(weights);
    return autoencoder;
  }
}
