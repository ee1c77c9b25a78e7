package gputae.cli;

import gputae.backend.BallPenalty;
import gputae.data.DataException;
import gputae.data.Dataset;
import gputae.data.Datasets;
import gputae.data.RegularFile;
import gputae.loss.LatentRegulariser;
import gputae.model.ParameterLayout;
import gputae.model.SafeTensors;
import gputae.model.Weights;
import gputae.train.ModelKind;
import gputae.train.TrainConfig;
import gputae.train.Trainer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What is trained, on what: the options of {@code train} that a run's result depends on. */
final class TrainOptions {

  /** Settings that belong together. */
  private enum Preset {
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

  /** The command that takes these options. */
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

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

  /** The options that have no meaning for a model. */
  static List<String> meaningless(ModelKind kind) {
    List<String> options = new ArrayList<>();
    if (!kind.ball()) {
      options.addAll(List.of("--lambda", "--lambda-ball", "--penalty"));
    }
    if (!kind.deaths()) {
      options.addAll(List.of("--lambda-deaths", "--degree", "--max-edge"));
    }
    return options;
  }

  /** A command line of these options alone. */
  @Command
  private static final class Alone {
    @Mixin private TrainOptions options;
  }

  /**
   * The options of a training that are given one by one.
   *
   * @param values by name, dashes included
   * @throws Failure of usage, saying what is wrong
   */
  static TrainOptions of(Map<String, String> values) {
    Alone alone = new Alone();
    CommandLine line = GpuTae.configure(new CommandLine(alone));
    try {
      line.parseArgs(values.entrySet().stream().map(entry -> entry.getKey() + "=" + entry.getValue()).toArray(String[]::new));
    } catch (ParameterException e) {
      throw Failure.usage("--grid: " + String.valueOf(e.getMessage()).lines().findFirst().orElse("wrong usage")
          + "; 'gpu-tae train --help' says what there is");
    }
    return alone.options;
  }

  /** As given: a name or a path. */
  String dataset() {
    return dataset;
  }

  /** The folder of the data set's files, or null. */
  Path data() {
    return data;
  }

  /** The file of the initial weights, or null. */
  Path init() {
    return init;
  }

  ModelKind model() {
    return model;
  }

  int epochs() {
    return epochs;
  }

  Dataset load(Consumer<String> log) throws IOException {
    return Datasets.open(dataset, data, log);
  }

  /** What {@code config.json} calls the data set: a path must be found again from another working folder. */
  String place() {
    return data != null || Datasets.isNamed(dataset) ? dataset : Path.of(dataset).toAbsolutePath().toString();
  }

  /** The settings, those of the preset where nothing else was given; {@link Failure} of usage where they do not fit together. */
  TrainConfig settings() {
    if (dataset.isBlank()) {
      throw Failure.usage("--dataset is empty; give a name or a path");
    }
    double ball = lambdaBall == null ? lambda : lambdaBall;
    double deaths = lambdaDeaths == null ? lambda : lambdaDeaths;
    for (String option : meaningless(model)) {
      if (given(option)) {
        throw Failure.usage(option + " has no meaning for --model " + model.label() + "; leave it out");
      }
    }
    if (hidden.stream().anyMatch(size -> size < 1)) {
      throw Failure.usage("--hidden is " + hidden + "; every layer has at least 1 unit");
    }
    int rows = batch == null ? preset.batch : batch;
    double longest = maxEdge == null ? preset.maxEdge : maxEdge;
    require("--latent", latent, latent >= 1, "at least 1");
    require("--batch", rows, rows >= 1, "at least 1");
    require("--epochs", epochs, epochs >= 1, "at least 1");
    require("--lr", rate, rate > 0 && Double.isFinite(rate), "finite and greater than 0");
    require(lambdaBall == null ? "--lambda" : "--lambda-ball", ball, ball >= 0 && Double.isFinite(ball),
        "finite and at least 0");
    require(lambdaDeaths == null ? "--lambda" : "--lambda-deaths", deaths, deaths >= 0 && Double.isFinite(deaths),
        "finite and at least 0");
    require("--degree", degree, degree >= 1 && Double.isFinite(degree), "finite and at least 1");
    require("--max-edge", longest, longest > 0, "greater than 0");
    LatentRegulariser regulariser =
        new LatentRegulariser(ball, penalty == null ? preset.penalty : penalty, deaths, degree, longest);
    return new TrainConfig(model, latent, hidden, rows, epochs, rate, regulariser, seed);
  }

  private static void require(String option, Number value, boolean right, String what) {
    if (!right) {
      throw Failure.usage(option + " is " + value + "; it is " + what);
    }
  }

  private boolean given(String option) {
    return command.commandLine().getParseResult().hasMatchedOption(option);
  }

  /** SHA-256 of the file of {@code --init}, or null. */
  String initFingerprint() throws IOException {
    if (init == null) {
      return null;
    }
    MessageDigest digest = RunDirectory.sha256();
    try (InputStream bytes = Channels.newInputStream(RegularFile.open(init))) {
      new DigestInputStream(bytes, digest).transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** The weights of {@code --init}, or null. */
  float[] initialWeights(TrainConfig config, int pixels) throws IOException {
    if (init == null) {
      return null;
    }
    try {
      return Weights.flat(new ParameterLayout(Trainer.architecture(config, pixels)), SafeTensors.read(init), "");
    } catch (IllegalArgumentException e) {
      throw new Failure("--init " + init + " does not fit the model: " + e.getMessage()
          + "; give other weights, or the --model, --latent and --hidden of these", e);
    } catch (ArithmeticException e) {
      throw TrainCommand.tooLarge(e);
    } catch (DataException e) {
      throw new Failure("--init " + e.getMessage(), e);
    }
  }
}
