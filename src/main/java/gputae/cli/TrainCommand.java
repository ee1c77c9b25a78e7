package gputae.cli;

import gputae.backend.Backend;
import gputae.backend.BallPenalty;
import gputae.backend.cpu.NativeLibraries;
import gputae.data.Dataset;
import gputae.data.Datasets;
import gputae.data.Images;
import gputae.data.Split;
import gputae.loss.LatentRegulariser;
import gputae.model.ParameterLayout;
import gputae.model.SafeTensors;
import gputae.model.Weights;
import gputae.report.ConsoleProgress;
import gputae.train.DivergedException;
import gputae.train.Epoch;
import gputae.train.ModelKind;
import gputae.train.Step;
import gputae.train.TrainConfig;
import gputae.train.TrainControl;
import gputae.train.TrainListener;
import gputae.train.TrainState;
import gputae.train.Trainer;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** Trains a model and leaves a run directory. */
@Command(
    name = "train",
    description = {"Train an autoencoder. Without options: the paper's regularised autoencoder on the built-in digits.", ""},
    footerHeading = "%nThe objective, minimised by Adam on each batch of B images:%n",
    footer = {
      "  rec + kl + lambda_ball * ball - lambda_deaths * deaths",
      "  rec     binary cross-entropy in nats, mean over the batch's images and pixels",
      "  ball    sum over the batch of max(|z| - 1, 0), or max(|z|^2 - 1, 0)      tae, disk",
      "  deaths  sum of d^k over the batch's B - 1 death times d, the edge lengths of",
      "          the Euclidean minimum spanning tree of its latent points           tae",
      "  kl      Kullback-Leibler divergence to the standard normal in nats, summed",
      "          over the batch, divided by B * pixels                              vae",
      "",
      "ball and deaths are sums: a larger batch or latent dimension weighs them more.",
      "Ctrl-C and SIGTERM save a checkpoint; --resume continues to the same bytes."
    },
    mixinStandardHelpOptions = true)
final class TrainCommand implements Callable<Integer> {

  /** Settings that belong together. */
  enum Preset {
    /** The paper's text. */
    PAPER("paper", 128, BallPenalty.NORM, Double.POSITIVE_INFINITY),
    /** The last commit of the authors' repository. */
    AUTHORS_CODE("authors-code", 512, BallPenalty.SQUARED, 0.5);

    private final String label;
    private final int batch;
    private final BallPenalty penalty;
    private final double maxEdge;

    Preset(String label, int batch, BallPenalty penalty, double maxEdge) {
      this.label = label;
      this.batch = batch;
      this.penalty = penalty;
      this.maxEdge = maxEdge;
    }

    @Override
    public String toString() {
      return label;
    }
  }

  static final class PresetConverter implements picocli.CommandLine.ITypeConverter<Preset> {
    @Override
    public Preset convert(String value) {
      for (Preset preset : Preset.values()) {
        if (preset.label.equals(value)) {
          return preset;
        }
      }
      throw new picocli.CommandLine.TypeConversionException("'" + value + "' is not paper or authors-code");
    }
  }

  @Spec private CommandSpec spec;

  @Option(
      names = "--dataset",
      paramLabel = "NAME|PATH",
      defaultValue = "digits",
      description = {
        "digits (built in), mnist or fashion-mnist (from --data, else downloaded once), or a path: images.npy (labels beside it in images-labels.npy), or a "
            + "folder of .npy, IDX or image files (default: ${DEFAULT-VALUE})."
      })
  private String dataset;

  @Option(names = "--data", paramLabel = "DIR", description = "Folder with the data set's IDX files, plain or gzip.")
  private Path data;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      defaultValue = "tae",
      description = "ae, tae (ball penalty and death times), disk (ball penalty alone) or vae (default: ${DEFAULT-VALUE}).")
  private ModelKind model;

  @Option(names = "--latent", paramLabel = "D", defaultValue = "2", description = "Dimension of the latent space (default: ${DEFAULT-VALUE}).")
  private int latent;

  @Option(
      names = "--hidden",
      paramLabel = "N",
      split = ",",
      defaultValue = "64,64",
      description = "Sizes of the encoder's hidden layers, the decoder's reversed (default: ${DEFAULT-VALUE}).")
  private List<Integer> hidden;

  @Option(names = "--preset", paramLabel = "NAME", defaultValue = "paper", converter = PresetConverter.class, description = {
      "paper: batch 128, norm penalty, all death times. authors-code: batch 512, squared-norm penalty, edges up to 0.5. Options of one's own go first "
          + "(default: ${DEFAULT-VALUE})."})
  private Preset preset;

  @Option(names = "--batch", paramLabel = "B", description = "Images per step; the last step of an epoch takes what is left (default: 128).")
  private Integer batch;

  @Option(names = "--epochs", paramLabel = "N", defaultValue = "100", description = "Passes over the training images (default: ${DEFAULT-VALUE}).")
  private int epochs;

  @Option(names = "--lr", paramLabel = "X", defaultValue = "3e-4", description = "Adam's learning rate (default: ${DEFAULT-VALUE}).")
  private double rate;

  @Option(names = "--lambda", paramLabel = "X", defaultValue = "0.005", description = "Weight of both sums of the penalty (default: ${DEFAULT-VALUE}).")
  private double lambda;

  @Option(names = "--lambda-ball", paramLabel = "X", description = "Weight of the ball penalty alone (default: --lambda).")
  private Double lambdaBall;

  @Option(names = "--lambda-deaths", paramLabel = "X", description = "Weight of the death times alone (default: --lambda).")
  private Double lambdaDeaths;

  @Option(names = "--degree", paramLabel = "K", defaultValue = "1", description = "k of the total persistence sum of d^k, at least 1 (default: ${DEFAULT-VALUE}).")
  private double degree;

  @Option(names = "--max-edge", paramLabel = "X", description = "Leave out death times above this (default: none are).")
  private Double maxEdge;

  @Option(names = "--penalty", paramLabel = "P", description = "norm: max(|z| - 1, 0); squared: max(|z|^2 - 1, 0) (default: norm).")
  private BallPenalty penalty;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "Of initial weights, orders of images and noise (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--init", paramLabel = "FILE", description = "Initial weights: a model.safetensors of the same network, from here or from PyTorch.")
  private Path init;

  @Option(names = "--out", paramLabel = "DIR", description = "Run directory, new or empty (default: runs/<dataset>-<model>-d<latent>-<n>).")
  private Path out;

  @Option(names = "--resume", paramLabel = "RUN", description = "Continue a run with its settings; only --epochs, --data and device options may go with it.")
  private Path resume;

  @Option(names = "--figures-every", paramLabel = "N", description = "Keep the figures of every N-th epoch too.")
  private Integer figuresEvery;

  @Option(names = "--quiet", description = "No progress; the last line names the run.")
  private boolean quiet;

  @Mixin private DeviceOptions device;

  @Mixin private ViewSettings views;

  private final PrintStream console = System.out;

  @Override
  public Integer call() throws IOException {
    if (figuresEvery != null && figuresEvery < 1) {
      throw Failure.usage("--figures-every is " + figuresEvery + "; at least 1");
    }
    views.check();
    return resume == null ? trainNew() : trainOn();
  }

  private int trainNew() throws IOException {
    TrainConfig config = settings();
    try (Backend backend = device.open(this::say)) {
      Dataset loaded = load(dataset, data);
      Images images = loaded.train().images();
      float[] weights = init == null ? null : initialWeights(config, images.pixelsPerImage());
      // Before the folder is made, so that a network that does not fit leaves none behind.
      try (Trainer trainer = trainer(backend, config, loaded)) {
        if (weights != null) {
          trainer.initialise(weights);
        }
        try (TrainingViews shown = views.open(ViewSettings.subject(dataset, config, loaded, DeviceOptions.conditions(backend)), backend, control, this::warn)) {
          RunDirectory run = out == null ? RunDirectory.createNew(dataset, config) : RunDirectory.create(out);
          // A path must be found again from another working folder.
          String place = data != null || Datasets.isNamed(dataset) ? dataset : Path.of(dataset).toAbsolutePath().toString();
          RunDirectory.Config description = new RunDirectory.Config(config, place, data, fingerprint(loaded), images.height(), images.width(),
              loaded.classes(), DeviceOptions.conditions(backend));
          try (FileChannel lock = run.lock()) {
            run.write(description);
            return train(backend, run, description, loaded, trainer, shown);
          }
          }
      }
    }
  }

  private int trainOn() throws IOException {
    requireOnlyResumeOptions();
    if (epochs < 1) {
      throw Failure.usage("--epochs is " + epochs + "; at least 1");
    }
    RunDirectory run = RunDirectory.existing(resume);
    RunDirectory.Config description = run.read();
    if (!Files.exists(run.checkpoint())) {
      throw new Failure(resume + " holds no checkpoint yet, so there is nothing to resume; start it again");
    }
    try (FileChannel lock = run.lock();
        Backend backend = device.open(this::say)) {
      run.removeLeftovers();
      SafeTensors checkpoint = SafeTensors.read(run.checkpoint());
      Dataset loaded = load(description.dataset(), data != null ? data : description.data());
      if (!fingerprint(loaded).equals(description.fingerprint())) {
        throw new Failure("the data set " + description.dataset() + " is not the one " + resume + " was trained on (its training images or labels differ)");
      }
      TrainConfig config = description.config();
      if (given("--epochs")) {
        config = new TrainConfig(config.model(), config.latent(), config.hidden(), config.batch(), epochs, config.rate(), config.regulariser(), config.seed());
      }
      String conditions = DeviceOptions.conditions(backend);
      if (!conditions.equals(checkpoint.metadata().get("conditions"))) {
        System.err.println("gpu-tae: the run was trained on " + checkpoint.metadata().get("conditions") + "; on " + conditions
            + " the result will be as good but not bitwise the same");
      }
      description = new RunDirectory.Config(config, description.dataset(), data != null ? data : description.data(), description.fingerprint(),
          description.height(), description.width(), description.classes(), conditions);
      try (Trainer trainer = trainer(backend, config, loaded)) {
        int done;
        try {
          TrainState state = TrainState.fromTensors(trainer.model().layout(), checkpoint);
          done = state.history().size();
          if (state.step() / trainer.stepsPerEpoch() != done) {
            throw new IllegalArgumentException("it has " + state.step() + " steps of " + trainer.stepsPerEpoch() + " an epoch, but " + done + " epochs");
          }
          trainer.restore(state);
        } catch (IllegalArgumentException e) {
          throw new Failure(run.checkpoint() + " does not fit " + run.config() + ": " + e.getMessage(), e);
        }
        if (done > config.epochs()) {
          throw new Failure("--epochs " + config.epochs() + " is less than the " + done + " epochs that " + resume + " has had already; give a larger number");
        }
        try (TrainingViews shown = views.open(ViewSettings.subject(description.dataset(), config, loaded, conditions), backend, control, this::warn)) {
          run.write(description);
          return train(backend, run, description, loaded, trainer, shown);
        }
      }
    }
  }

  private Trainer trainer(Backend backend, TrainConfig config, Dataset loaded) {
    try {
      return new Trainer(backend, config, loaded, control);
    } catch (ArithmeticException e) {
      throw new Failure("the network is too large: its sizes overflow; a smaller --hidden, --latent or --batch is needed", e);
    }
  }

  private final TrainControl control = new TrainControl();

  /** Trains to the end or to an interruption, and writes what belongs in the run directory. */
  private int train(Backend backend, RunDirectory run, RunDirectory.Config description, Dataset loaded, Trainer trainer, TrainingViews shown)
      throws IOException {
    TrainConfig config = description.config();
    Split test = loaded.test();
    int done = trainer.history().size();
    say("run: " + run.path() + (done > 0 ? ", resumed after epoch " + done : ""));
    say(String.format(Locale.ROOT, "data: %s, %,d training and %,d test images of %d x %d", description.dataset(), loaded.train().images().count(),
        test.images().count(), description.height(), description.width()));
    say(String.format(Locale.ROOT, "model: %s, latent dimension %d, %,d parameters", config.model().title(), config.latent(),
        trainer.model().layout().parameters()));
    CheckpointWriter checkpoints = new CheckpointWriter(run, trainer, description.conditions());
    checkpoints.begin(trainer.history());
    RunOutputs outputs = new RunOutputs(run, description, test, this::warn);
    shown.begin(trainer.history(), run.figures());

    CountDownLatch saved = new CountDownLatch(1);
    Thread hook = new Thread(() -> {
      control.stop();
      try {
        saved.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }, "save-on-signal");
    Runtime.getRuntime().addShutdownHook(hook);
    boolean finished;
    boolean complete;
    try {
      try (ConsoleProgress progress = quiet ? null : new ConsoleProgress(console, NativeLibraries.isTerminal(1), config.epochs(), done, trainer.stepsPerEpoch())) {
        finished = trainer.run(new Listeners(progress, checkpoints, backend, trainer, outputs, shown));
      } catch (DivergedException e) {
        throw new Failure(e.getMessage() + "; " + lastCheckpoint(run) + ". A smaller --lr often helps", e);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
      checkpoints.save();
      outputs.writeModel(trainer.model());
      if (finished) {
        float[] latents = trainer.model().embeddings(trainer.testImages());
        double outside = outputs.writeAll(backend, trainer.model(), latents, trainer.history());
        Epoch last = trainer.history().get(trainer.history().size() - 1);
        say(String.format(Locale.ROOT, "test: reconstruction %.4f nats per pixel; %.1f %% of the embeddings lie outside the unit ball", last.testReconstruction(),
            100 * outside));
        console.println(quiet ? run.path() : "done: see " + run.path().resolve("report.html") + " and " + run.path().resolve("figures"));
      } else {
        console.println("stopped after epoch " + trainer.history().size() + " of " + config.epochs() + " and saved; continue with: gpu-tae train --resume " + quoted(run.path()));
      }
      complete = shown.end(trainer.snapshot(), this::say);
    } catch (IOException | RuntimeException e) {
      if (!control.stopped()) {
        throw e;
      }
      // The JVM ends as soon as the hook returns, so the line must come now.
      System.err.println("gpu-tae: the training was stopped, but could not be saved: " + e.getMessage());
      return 1;
    } finally {
      console.flush();
      saved.countDown();
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The hook is running: a signal is what ended the training.
      }
    }
    if (finished) {
      shown.linger(this::say);
    }
    // After a signal this is not reached by the exit code: the JVM ends with 128 + the signal's number once the hook returns.
    return complete ? 0 : 1;
  }

  /** Tells the console, the disk and the figures of each step and epoch. */
  private final class Listeners implements TrainListener {
    private final ConsoleProgress progress;
    private final CheckpointWriter checkpoints;
    private final Backend backend;
    private final Trainer trainer;
    private final RunOutputs outputs;
    private final TrainingViews shown;

    Listeners(ConsoleProgress progress, CheckpointWriter checkpoints, Backend backend, Trainer trainer, RunOutputs outputs, TrainingViews shown) {
      this.progress = progress;
      this.checkpoints = checkpoints;
      this.backend = backend;
      this.trainer = trainer;
      this.outputs = outputs;
      this.shown = shown;
    }

    @Override
    public void onStep(Step step) {
      shown.onStep(step);
      if (progress != null) {
        progress.onStep(step);
      }
    }

    @Override
    public void onEpoch(Epoch epoch) {
      checkpoints.onEpoch(epoch);
      shown.onEpoch(epoch);
      if (figuresEvery != null && epoch.epoch() % figuresEvery == 0) {
        try {
          outputs.drawFigures(backend, trainer.model(), trainer.model().embeddings(trainer.testImages()),
              String.format(Locale.ROOT, "-%04d", epoch.epoch()));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      if (progress != null) {
        progress.onEpoch(epoch);
      }
    }
  }

  private static String lastCheckpoint(RunDirectory run) {
    return Files.exists(run.checkpoint()) ? "the last good checkpoint is kept in " + run.checkpoint() : "no checkpoint had been written yet";
  }

  private TrainConfig settings() {
    double ball = lambdaBall == null ? lambda : lambdaBall;
    double deaths = lambdaDeaths == null ? lambda : lambdaDeaths;
    if (!model.ball()) {
      refuseFor(model, "--lambda", "--lambda-ball", "--penalty");
    }
    if (!model.deaths()) {
      refuseFor(model, "--lambda-deaths", "--degree", "--max-edge");
    }
    if (hidden.stream().anyMatch(size -> size < 1)) {
      throw Failure.usage("--hidden is " + hidden + "; every layer has at least 1 unit");
    }
    try {
      LatentRegulariser regulariser = new LatentRegulariser(ball, penalty == null ? preset.penalty : penalty, deaths, degree,
          maxEdge == null ? preset.maxEdge : maxEdge);
      return new TrainConfig(model, latent, hidden, batch == null ? preset.batch : batch, epochs, rate, regulariser, seed);
    } catch (IllegalArgumentException e) {
      throw Failure.usage(e.getMessage());
    }
  }

  private void refuseFor(ModelKind kind, String... options) {
    for (String option : options) {
      if (given(option)) {
        throw Failure.usage(option + " has no meaning for --model " + kind.label());
      }
    }
  }

  private void requireOnlyResumeOptions() {
    List<String> allowed = new ArrayList<>(List.of("--resume", "--epochs", "--data", "--device", "--threads", "--quiet", "--figures-every", "--verbose"));
    allowed.addAll(ViewSettings.NAMES);
    ParseResult parsed = spec.commandLine().getParseResult();
    parsed.matchedOptions().stream().map(option -> option.longestName()).filter(name -> !allowed.contains(name)).findFirst().ifPresent(name -> {
      throw Failure.usage(name + " cannot go with --resume, which keeps the run's settings");
    });
  }

  private boolean given(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  private Dataset load(String name, Path folder) throws IOException {
    return Datasets.open(name, folder, this::say);
  }

  private float[] initialWeights(TrainConfig config, int pixels) throws IOException {
    try {
      return Weights.flat(new ParameterLayout(Trainer.architecture(config, pixels)), SafeTensors.read(init), "");
    } catch (IllegalArgumentException e) {
      throw new Failure("--init " + init + " does not fit the model: " + e.getMessage(), e);
    }
  }

  /** SHA-256 of shape, training images and labels. */
  private static String fingerprint(Dataset dataset) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      Images images = dataset.train().images();
      digest.update((images.count() + " " + images.height() + " " + images.width() + " ").getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      digest.update(images.pixels());
      if (dataset.train().labels() != null) {
        digest.update(dataset.train().labels());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private void warn(String line) {
    System.err.println("gpu-tae: " + line);
  }

  private void say(String line) {
    if (!quiet) {
      console.println(line);
    }
  }

  /** As a shell takes it for one word. */
  private static String quoted(Path path) {
    String name = path.toString();
    return name.matches("[\\w./:@%+=,-]+") ? name : "'" + name.replace("'", "'\\''") + "'";
  }
}
