package gputae.cli;

import gputae.backend.Backend;
import gputae.backend.Output;
import gputae.backend.cpu.NativeLibraries;
import gputae.console.ConsoleProgress;
import gputae.data.Dataset;
import gputae.data.Split;
import gputae.device.DeviceChoice;
import gputae.files.Destination;
import gputae.homology.PhDimension;
import gputae.model.ParameterLayout;
import gputae.run.Checkpoint;
import gputae.run.DataFingerprint;
import gputae.run.Failure;
import gputae.run.Outputs;
import gputae.run.PhDimensionFile;
import gputae.run.RunConfig;
import gputae.run.RunDirectory;
import gputae.run.RunTraining;
import gputae.run.ShellWord;
import gputae.run.TrainSpec;
import gputae.train.DivergedException;
import gputae.train.Epoch;
import gputae.train.LastIterates;
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
import java.util.ArrayList;
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
    description = {"Train an autoencoder. Without options: the paper's regularised autoencoder on the built-in digits.",
      ""},
    mixinStandardHelpOptions = true)
final class TrainCommand implements Callable<Integer> {

  @Spec
  private CommandSpec spec;

  @Mixin
  private TrainOptions options;

  @Option(names = "--out", paramLabel = "DIR",
      description = "Run directory, new or empty (default: runs/<dataset>-<model>-d<latent>-<n>).")
  private Path out;

  @Option(names = "--resume", paramLabel = "RUN",
      description = "Continue a run with its settings; only --epochs, --data and device options may be added.")
  private Path resume;

  @Option(names = "--figures-every", paramLabel = "N", description = "Keep the figures of every N-th epoch too.")
  private Integer figuresEvery;

  @Option(names = "--quiet", description = "No progress; the last line names the run.")
  private boolean quiet;

  @Mixin
  private DeviceOptions device;

  @Mixin
  private ViewSettings views;

  /** The files that are written beside the run. */
  private final Outputs outputs = new Outputs();

  private PrintStream console;

  @Override
  public Integer call() throws IOException {
    if (figuresEvery != null && figuresEvery < 1) {
      throw Failure.usage("--figures-every is " + figuresEvery + "; at least 1");
    }
    views.check();
    Outputs.requireFolder("--out", out);
    if (out != null && views.frames() != null && Destination.of(out).isSameAs(Destination.of(views.frames()))) {
      throw Failure.usage("--out and --frames are one folder; give two");
    }
    outputs.option("--film", views.film());
    console = outputs.console();
    return resume == null ? trainNew() : trainOn();
  }

  private int trainNew() throws IOException {
    TrainSpec spec = options.spec();
    outputs.notOverData(spec.dataset(), spec.data());
    if (spec.init() != null) {
      outputs.notOver(List.of(spec.init()), "which is read");
    }
    try (Backend backend = device.open(this::say)) {
      Dataset loaded = spec.load(this::say);
      TrainConfig config = spec.config(loaded);
      float[] weights = spec.initialWeights(loaded.shape().size());
      sayMemory(config, loaded);
      // The trainer is made before the folder, so that a network that does not fit leaves no folder behind.
      try (Trainer trainer = RunTraining.trainer(backend, config, loaded, control)) {
        if (weights != null) {
          trainer.initialise(weights);
        }
        try (TrainingViews shown =
            views.open(ViewSettings.subject(spec.dataset(), config, loaded, DeviceChoice.conditions(backend)), backend,
                control, this::warn)) {
          RunDirectory run = out == null ? RunDirectory.createNew(spec.dataset(), config) : RunDirectory.create(out);
          RunConfig description = RunConfig.of(config, spec.place(), spec.data(), spec.options(), loaded,
              DataFingerprint.of(loaded), DeviceChoice.conditions(backend), spec.initFingerprint());
          try (FileChannel lock = run.lock()) {
            run.removeLeftovers();
            return train(backend, run, description, loaded, trainer, shown);
          }
        }
      }
    }
  }

  private int trainOn() throws IOException {
    requireOnlyResumeOptions();
    if (options.epochs() < 1) {
      throw Failure.usage("--epochs is " + options.epochs() + "; at least 1");
    }
    RunDirectory run = RunDirectory.existing(resume);
    RunConfig description = run.read();
    outputs.notOverRun(run, description, options.data());
    try (FileChannel lock = run.lock();
        Backend backend = device.open(this::say)) {
      run.removeLeftovers();
      Checkpoint checkpoint = Checkpoint.of(run);
      if (checkpoint == null) {
        requireNothingLost(run, description);
      }
      Path data = options.data() != null ? options.data() : description.data();
      Dataset loaded = run.openData(description, options.data(), this::say);
      String fingerprint = DataFingerprint.of(loaded);
      run.requireData(description, loaded, fingerprint);
      TrainConfig config = description.config();
      if (given("--epochs")) {
        config = config.withEpochs(options.epochs());
      }
      String conditions = DeviceChoice.conditions(backend);
      // This is checked before the trainer allocates memory, since damage may have put huge sizes into config.json.
      int pixels = description.shape().size();
      TrainState state = checkpoint == null ? null : checkpoint.state(config, pixels);
      if (checkpoint != null && !conditions.equals(checkpoint.conditions())) {
        System.err.println("gpu-tae: the run was trained on " + checkpoint.conditions()
            + "; on " + conditions + " the result will be as good but not bitwise the same");
      }
      description =
          RunConfig.of(config, description.dataset(), data, description.options(), loaded, fingerprint, conditions,
              description.init());
      if (state == null || state.history().size() < config.epochs()) {
        sayMemory(config, loaded);
      }
      try (Trainer trainer = RunTraining.trainer(backend, config, loaded, control)) {
        int done = state == null ? 0 : checkpoint.restore(trainer, state);
        if (done > config.epochs()) {
          throw new Failure("--epochs " + config.epochs() + " is less than the " + done + " epochs that " + resume
              + " has had already; give a larger number");
        }
        try (TrainingViews shown = views.open(ViewSettings.subject(description.dataset(), config, loaded, conditions),
            backend, control, this::warn)) {
          return train(backend, run, description, loaded, trainer, shown);
        }
      }
    }
  }

  /** Says how much memory the PH dimension takes before it is taken. */
  private void sayMemory(TrainConfig config, Dataset loaded) {
    if (config.phDimension()) {
      ParameterLayout layout = RunTraining.layout(config, loaded.shape().size());
      say(String.format(Locale.ROOT,
          "PH dimension: keeps the last %,d iterates of %,d parameters, %,d MB on the device",
          PhDimension.POINTS, layout.parameters(), LastIterates.bytes(layout.trained()) / 1_000_000));
    }
  }

  /** A run without a checkpoint begins again. It was killed early, and only its settings are used. */
  private void requireNothingLost(RunDirectory run, RunConfig description) {
    if (Files.exists(run.model())) {
      throw new Failure(resume + " holds a model but no checkpoint, so it cannot go on, and to begin again would"
          + " replace the model; train in another folder");
    }
    if (description.init() != null) {
      throw new Failure(resume + " was stopped before its first checkpoint, and the weights that --init gave it are not"
          + " in it; remove it and start again");
    }
  }

  private final TrainControl control = new TrainControl();

  /** Trains to the end or until it is interrupted, and writes the files of the run directory. */
  private int train(Backend backend, RunDirectory run, RunConfig description, Dataset loaded, Trainer trainer,
      TrainingViews shown)
      throws IOException {
    TrainConfig config = description.config();
    Split test = loaded.test();
    int done = trainer.history().size();
    say("run: " + run.path() + (done > 0 ? ", resumed after epoch " + done : ""));
    say(String.format(Locale.ROOT, "data: %s, %,d training and %,d test %s of %s", description.dataset(),
        loaded.train().count(), test.count(), loaded.shape().words(), loaded.shape()));
    say(String.format(Locale.ROOT, "model: %s, latent dimension %d, %,d parameters, output %s (%s)",
        config.model().title(), config.latent(), trainer.model().layout().parameters(), config.output(),
        config.output() == Output.BERNOULLI ? "binary cross-entropy" : config.output().unit()));
    RunTraining training = new RunTraining(backend, run, description, loaded, trainer, this::warn);
    training.begin();
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
      boolean terminal = NativeLibraries.isTerminal(console == System.err ? 2 : 1);
      try (ConsoleProgress progress = quiet ? null : new ConsoleProgress(console, terminal,
          config.objective().columns(), config.epochs(), done, trainer.stepsPerEpoch())) {
        finished = training.train(new Listeners(progress, training, shown));
      } catch (DivergedException e) {
        throw new Failure(e.getMessage() + "; " + lastCheckpoint(run) + ". A smaller --lr often helps", e);
      }
      training.save();
      complete = shown.end(trainer.snapshot(), this::say);
      if (finished) {
        // Figures are drawn only if nobody stops that; --resume draws them again.
        saved.countDown();
        double outside = training.finish();
        Epoch last = trainer.history().get(trainer.history().size() - 1);
        say(String.format(Locale.ROOT,
            "test: reconstruction %.4f %s; %.1f %% of the embeddings lie outside the unit ball",
            last.testReconstruction(), config.output().unit(), 100 * outside));
        PhDimension dimension = PhDimensionFile.of(run);
        if (dimension != null) {
          say("PH dimension of the last " + PhDimension.POINTS + " iterates: " + PhDimensionFile.words(dimension));
        }
        console.println(quiet ? run.path()
            : "done: see " + run.path().resolve("report.html") + " and " + run.path().resolve("figures"));
      } else {
        console.println("stopped after epoch " + trainer.history().size() + " of " + config.epochs()
            + " and saved; continue with: gpu-tae train --resume " + ShellWord.of(run.path().toString()));
        if (trainer.stepsToRepeat() > 0) {
          say(String.format(Locale.ROOT, "the last %,d steps will be done again, since the PH dimension needs %,d steps"
              + " without a break", trainer.stepsToRepeat(), PhDimension.POINTS));
        }
      }
    } catch (IOException | RuntimeException e) {
      if (!control.stopped()) {
        throw e;
      }
      // The JVM ends as soon as the hook returns, so the line must be printed now.
      System.err.println("gpu-tae: the training was stopped, but could not be saved: " + e.getMessage());
      return 1;
    } finally {
      console.flush();
      saved.countDown();
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The hook is running: a signal has ended the training.
      }
    }
    if (finished) {
      shown.linger(this::say);
    }
    // After a signal this value is not the exit code: the JVM ends with 128 + the signal's number once the hook
    // returns.
    return complete ? 0 : 1;
  }

  /** Tells the console, the views and the figures about each step and epoch. */
  private final class Listeners implements TrainListener {
    private final ConsoleProgress progress;
    private final RunTraining training;
    private final TrainingViews shown;

    Listeners(ConsoleProgress progress, RunTraining training, TrainingViews shown) {
      this.progress = progress;
      this.training = training;
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
      shown.onEpoch(epoch);
      if (figuresEvery != null && epoch.epoch() % figuresEvery == 0) {
        try {
          training.drawFigures(epoch.epoch());
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
    return Files.exists(run.checkpoint()) ? "the last good checkpoint is kept in " + run.checkpoint()
        : "no checkpoint had been written yet";
  }

  private void requireOnlyResumeOptions() {
    List<String> allowed = new ArrayList<>(
        List.of("--resume", "--epochs", "--data", "--device", "--products", "--threads", "--quiet", "--figures-every",
            "--verbose"));
    allowed.addAll(ViewSettings.NAMES);
    ParseResult parsed = spec.commandLine().getParseResult();
    parsed.matchedOptions().stream().map(option -> option.longestName()).filter(name -> !allowed.contains(name))
        .findFirst().ifPresent(name -> {
          throw Failure.usage(name + " cannot go with --resume, which keeps the run's settings; leave it out");
        });
  }

  private boolean given(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  private void warn(String line) {
    System.err.println("gpu-tae: " + line);
  }

  private void say(String line) {
    if (!quiet) {
      console.println(line);
    }
  }
}
