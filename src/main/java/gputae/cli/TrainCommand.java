package gputae.cli;

import gputae.backend.Backend;
import gputae.backend.cpu.NativeLibraries;
import gputae.data.Dataset;
import gputae.data.Datasets;
import gputae.data.Destination;
import gputae.data.Split;
import gputae.model.SafeTensors;
import gputae.report.ConsoleProgress;
import gputae.train.DivergedException;
import gputae.train.Epoch;
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
    description = {"Train an autoencoder. Without options: the paper's regularised autoencoder on the built-in digits.", ""},
    mixinStandardHelpOptions = true)
final class TrainCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private TrainOptions options;

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

  /** What is written beside the run. */
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
    TrainConfig config = options.settings();
    outputs.notOverData(options.dataset(), options.data());
    if (options.init() != null) {
      outputs.notOver(List.of(options.init()), "which is read");
    }
    try (Backend backend = device.open(this::say)) {
      Dataset loaded = options.load(this::say);
      float[] weights = options.initialWeights(config, loaded.train().images().pixelsPerImage());
      // Before the folder is made, so that a network that does not fit leaves none behind.
      try (Trainer trainer = trainer(backend, config, loaded, control)) {
        if (weights != null) {
          trainer.initialise(weights);
        }
        try (TrainingViews shown = views.open(ViewSettings.subject(options.dataset(), config, loaded, DeviceOptions.conditions(backend)), backend, control, this::warn)) {
          RunDirectory run = out == null ? RunDirectory.createNew(options.dataset(), config) : RunDirectory.create(out);
          RunDirectory.Config description = RunDirectory.Config.of(config, options.place(), options.data(), loaded, RunDirectory.fingerprint(loaded),
              DeviceOptions.conditions(backend), options.initFingerprint());
          try (FileChannel lock = run.lock()) {
            run.removeLeftovers();
            run.begin(description);
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
    RunDirectory.Config description = run.read();
    outputs.notOverRun(run, description, options.data());
    try (FileChannel lock = run.lock();
        Backend backend = device.open(this::say)) {
      run.removeLeftovers();
      SafeTensors checkpoint = Files.exists(run.checkpoint()) ? run.readCheckpoint() : null;
      if (checkpoint == null) {
        requireNothingLost(run, description);
      }
      Path data = options.data() != null ? options.data() : description.data();
      Dataset loaded = run.openData(description, options.data(), this::say);
      String fingerprint = RunDirectory.fingerprint(loaded);
      run.requireData(description, loaded, fingerprint);
      TrainConfig config = description.config();
      if (given("--epochs")) {
        config = config.withEpochs(options.epochs());
      }
      String conditions = DeviceOptions.conditions(backend);
      // Before the trainer takes memory for sizes that only damage may have put into config.json.
      int pixels = description.height() * description.width();
      TrainState state = checkpoint == null ? null : run.state(config, pixels, checkpoint);
      if (checkpoint != null && !conditions.equals(checkpoint.metadata().get(CheckpointWriter.CONDITIONS))) {
        System.err.println("gpu-tae: the run was trained on " + checkpoint.metadata().get(CheckpointWriter.CONDITIONS)
            + "; on " + conditions + " the result will be as good but not bitwise the same");
      }
      description = RunDirectory.Config.of(config, description.dataset(), data, loaded, fingerprint, conditions, description.init());
      try (Trainer trainer = trainer(backend, config, loaded, control)) {
        int done = state == null ? 0 : run.restore(trainer, state);
        if (done > config.epochs()) {
          throw new Failure("--epochs " + config.epochs() + " is less than the " + done + " epochs that " + resume + " has had already; give a larger number");
        }
        try (TrainingViews shown = views.open(ViewSettings.subject(description.dataset(), config, loaded, conditions), backend, control, this::warn)) {
          run.begin(description);
          return train(backend, run, description, loaded, trainer, shown);
        }
      }
    }
  }

  /** A run without a checkpoint begins again: it was killed early, and its settings are all that it takes. */
  private void requireNothingLost(RunDirectory run, RunDirectory.Config description) {
    if (Files.exists(run.model())) {
      throw new Failure(resume + " holds a model but no checkpoint, so it cannot go on, and to begin again would"
          + " replace the model; train in another folder");
    }
    if (description.init() != null) {
      throw new Failure(resume + " was stopped before its first checkpoint, and the weights that --init gave it are not"
          + " in it; remove it and start again");
    }
  }

  /** @throws Failure if the network's sizes overflow */
  static Trainer trainer(Backend backend, TrainConfig config, Dataset loaded, TrainControl control) {
    try {
      return new Trainer(backend, config, loaded, control);
    } catch (ArithmeticException e) {
      throw tooLarge(e);
    }
  }

  static Failure tooLarge(ArithmeticException e) {
    return new Failure(
        "the network is too large: its sizes overflow; a smaller --hidden, --latent or --batch is needed", e);
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
    RunOutputs files = new RunOutputs(run, description, test, this::warn);
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
        finished = trainer.run(new Listeners(progress, checkpoints, backend, trainer, files, shown));
      } catch (DivergedException e) {
        throw new Failure(e.getMessage() + "; " + lastCheckpoint(run) + ". A smaller --lr often helps", e);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
      checkpoints.save();
      files.writeModel(trainer.model());
      complete = shown.end(trainer.snapshot(), this::say);
      if (finished) {
        // Figures are drawn as long as nobody stops that: --resume draws them again.
        saved.countDown();
        float[] latents = trainer.model().embeddings(trainer.testImages());
        double outside = files.writeAll(backend, trainer.model(), latents, trainer.history());
        Epoch last = trainer.history().get(trainer.history().size() - 1);
        say(String.format(Locale.ROOT, "test: reconstruction %.4f nats per pixel; %.1f %% of the embeddings lie outside the unit ball", last.testReconstruction(),
            100 * outside));
        console.println(quiet ? run.path() : "done: see " + run.path().resolve("report.html") + " and " + run.path().resolve("figures"));
      } else {
        console.println("stopped after epoch " + trainer.history().size() + " of " + config.epochs() + " and saved; continue with: gpu-tae train --resume " + quoted(run.path().toString()));
      }
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

  private void requireOnlyResumeOptions() {
    List<String> allowed = new ArrayList<>(List.of("--resume", "--epochs", "--data", "--device", "--threads", "--quiet", "--figures-every", "--verbose"));
    allowed.addAll(ViewSettings.NAMES);
    ParseResult parsed = spec.commandLine().getParseResult();
    parsed.matchedOptions().stream().map(option -> option.longestName()).filter(name -> !allowed.contains(name)).findFirst().ifPresent(name -> {
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

  /** As a shell takes it for one word. */
  static String quoted(String name) {
    return name.matches("[\\w./:@%+=,-]+") ? name : "'" + name.replace("'", "'\\''") + "'";
  }
}
