package gputae.cli;

import gputae.backend.Activation;
import gputae.backend.Output;
import gputae.data.DataOptions;
import gputae.data.HeldOut;
import gputae.data.Scaling;
import gputae.model.HiddenLayers;
import gputae.objective.Objective;
import gputae.objective.Setting;
import gputae.objective.Signature;
import gputae.objective.Term;
import gputae.objective.TermKind;
import gputae.objective.Terms;
import gputae.objective.WeightSchedule;
import gputae.run.Failure;
import gputae.run.TrainSpec;
import gputae.train.ModelKind;
import gputae.train.TrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine;

/** The training and its data: the options of {@code train} on which the result of a run depends. */
final class TrainOptions {

  static final class ActivationConverter implements picocli.CommandLine.ITypeConverter<Activation> {
    @Override
    public Activation convert(String value) {
      for (Activation activation : Activation.nonlinear()) {
        if (activation.label().replace('_', '-').equals(value)) {
          return activation;
        }
      }
      throw new TypeConversionException("'" + value + "' is not elu, relu, leaky-relu, tanh or gelu");
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
        "digits, spheres, swiss-roll or circles (built in), mnist or fashion-mnist (from --data, otherwise downloaded"
            + " once), or a path: a file of images or of vectors (.npy with labels in NAME-labels.npy beside it, -1: no"
            + " class; .npz; .csv; IDX), or a folder of train and test files of these kinds, or of image files"
            + " (default: ${DEFAULT-VALUE})."
      })
  private String dataset;

  @Option(names = "--data", paramLabel = "DIR", description = "Folder with the data set's IDX files, plain or gzip.")
  private Path data;

  @Option(names = "--key", paramLabel = "NAME",
      description = "Which samples to take if there are several sets: an array of a .npz file, or one of the sets of"
          + " files in a folder, such as emnist-letters.")
  private String key;

  @Option(names = "--label-column", paramLabel = "NAME|N",
      description = "The column of a table that holds the classes, by its name, otherwise by its number from 1;"
          + " none: no column (default: label, class, target, y or digit).")
  private String labelColumn;

  @Option(names = "--test-share", paramLabel = "X",
      description = "Share of the samples that is held out for tests, of each class, if the data bring no test split"
          + " (default: a sixth).")
  private Double testShare;

  @Option(names = "--as", paramLabel = "FORM",
      description = "images, grey or vectors: what the rows of an array or a table are (default: images if a row can be"
          + " a square 8-bit image, otherwise vectors of features; a line says which). grey makes colours grey.")
  private DataOptions.Form form;

  @Option(names = "--scale", paramLabel = "HOW",
      description = "How each feature of vectors is scaled by its training samples: none, unit (to [0, 1]) or"
          + " standardise (mean 0, standard deviation 1). Generated vectors have the unit of the data again"
          + " (default: standardise).")
  private Scaling.Kind scale;

  @Option(names = "--output", paramLabel = "KIND",
      description = "What the decoder's outputs are: bernoulli (probabilities, trained with the cross-entropy) or"
          + " gaussian (means, trained with the mean squared error) (default: bernoulli for images, gaussian for"
          + " vectors).")
  private Output output;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      defaultValue = "tae",
      description = "ae, tae (ball penalty and death times), disk (ball penalty alone), vae, topoae (signature loss),"
          + " wae (maximum mean discrepancy) or rae (norms of points and decoder) (default: ${DEFAULT-VALUE}).")
  private ModelKind model;

  @Option(names = "--latent", paramLabel = "D", defaultValue = "2",
      description = "Dimension of the latent space (default: ${DEFAULT-VALUE}).")
  private int latent;

  @Option(
      names = "--hidden",
      paramLabel = "N",
      split = ",",
      defaultValue = "64,64",
      description = "Sizes of the encoder's hidden layers (default: ${DEFAULT-VALUE}).")
  private List<Integer> hidden;

  @Option(names = "--decoder-hidden", paramLabel = "N", split = ",",
      description = "Sizes of the decoder's hidden layers (default: the encoder's reversed).")
  private List<Integer> decoderHidden;

  @Option(names = "--activation", paramLabel = "NAME", defaultValue = "elu", converter = ActivationConverter.class,
      description = "The function after each hidden layer, as PyTorch defines it: elu, relu, leaky-relu (slope 0.01),"
          + " tanh or gelu (with erf) (default: ${DEFAULT-VALUE}).")
  private Activation activation;

  @Option(names = "--batch-norm",
      description = "Batch normalisation before each activation, as PyTorch's BatchNorm1d. Every batch needs two images"
          + " or more.")
  private boolean batchNorm;

  @Option(names = "--preset", paramLabel = "NAME", defaultValue = "paper", converter = Preset.Converter.class,
      description = {
        "paper: batch 128, norm penalty, all death times. authors-code: batch 512, squared-norm penalty, edges up to "
            + "0.5. Other options override the preset "
            + "(default: ${DEFAULT-VALUE})."})
  private Preset preset;

  @Option(names = "--batch", paramLabel = "B",
      description = "Samples per step; the last step of an epoch takes the remaining ones (default: 128).")
  private Integer batch;

  @Option(names = "--epochs", paramLabel = "N", defaultValue = "100",
      description = "Passes over the training samples (default: ${DEFAULT-VALUE}).")
  private int epochs;

  @Option(names = "--lr", paramLabel = "X", defaultValue = "3e-4",
      description = "Adam's learning rate (default: ${DEFAULT-VALUE}).")
  private double rate;

  @Option(names = "--lambda", paramLabel = "X", defaultValue = "0.005",
      description = "Weight of the ball penalty and of the death times (default: ${DEFAULT-VALUE}). Every weight may"
          + " change over the first epochs: 0:0.005:20 goes from 0 to 0.005 in 20 epochs.")
  private WeightSchedule lambda;

  @Option(names = "--term", paramLabel = "NAME=X",
      description = "Add a term to the objective with this weight, for example signature=0.5; the same as"
          + " --lambda-NAME. Several may be given. The terms are described below.")
  private List<String> terms = List.of();

  @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
      description = "Seed of initial weights, orders of images and noise (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--init", paramLabel = "FILE",
      description = "Initial weights: a model.safetensors of the same network, written by gpu-tae or by PyTorch.")
  private Path init;

  @Option(names = "--ph-dim",
      description = "Measure the PH dimension of the weights and biases after each of the last 1,000 steps (Birdal et"
          + " al. 2021). They are kept in the memory of the device.")
  private boolean phDimension;

  /** The options of the objective's terms by setting. */
  private final Map<Setting<?>, OptionSpec> termOptions = new LinkedHashMap<>();

  /** Adds the options of all terms, and a description of the terms, to a command that has these options. */
  static void addTermOptions(CommandSpec command) {
    for (CommandSpec mixin : command.mixins().values()) {
      if (mixin.userObject() instanceof TrainOptions options && options.termOptions.isEmpty()) {
        for (TermKind<?> kind : Terms.all()) {
          for (Setting<?> setting : kind.settings()) {
            Class<?> type = setting.equals(kind.weight()) ? WeightSchedule.class : setting.type();
            OptionSpec option = OptionSpec.builder(setting.option()).type(type).paramLabel(setting.label())
                .description(setting.description()).build();
            options.termOptions.put(setting, option);
            mixin.addOption(option);
            command.addOption(option);
          }
        }
      }
    }
  }

  /** The options that have no meaning for a model, since their terms belong to other models. */
  static List<String> meaningless(ModelKind model) {
    List<String> options = new ArrayList<>();
    for (TermKind<?> kind : Terms.PAPER) {
      if (!model.terms().contains(kind)) {
        kind.settings().forEach(setting -> options.add(setting.option()));
      }
    }
    if (model.terms().stream().noneMatch(TrainOptions::hasLambda)) {
      options.add(0, "--lambda");
    }
    return options;
  }

  /**
   * The same, and the settings of terms that neither belong to the model nor have a weight.
   *
   * @param given names of the options that are given, with dashes
   */
  static List<String> meaningless(ModelKind model, Set<String> given) {
    List<String> options = meaningless(model);
    for (TermKind<?> kind : Terms.added()) {
      if (!model.terms().contains(kind) && !given.contains(kind.weight().option())) {
        kind.options().forEach(setting -> options.add(setting.option()));
      }
    }
    return options;
  }

  /** Whether {@code --lambda} is the weight of such terms. */
  private static boolean hasLambda(TermKind<?> kind) {
    return Terms.PAPER.contains(kind) && kind.weight() != null;
  }

  /** A command line with these options alone. */
  @Command
  private static final class Alone {
    @Mixin
    private TrainOptions options;
  }

  /**
   * The options of a training, each given by name.
   *
   * @param values values by name of the option, dashes included
   * @throws Failure a usage failure that says what is wrong
   */
  static TrainOptions of(Map<String, String> values) {
    Alone alone = new Alone();
    CommandLine line = GpuTae.configure(new CommandLine(alone));
    try {
      line.parseArgs(
          values.entrySet().stream().map(entry -> entry.getKey() + "=" + entry.getValue()).toArray(String[]::new));
    } catch (ParameterException e) {
      throw Failure.usage("--grid: " + String.valueOf(e.getMessage()).lines().findFirst().orElse("wrong usage")
          + "; 'gpu-tae train --help' says what there is");
    }
    return alone.options;
  }

  ModelKind model() {
    return model;
  }

  int epochs() {
    return epochs;
  }

  /** The folder or file of the data set, or null. */
  Path data() {
    return data;
  }

  /** The training that the options describe; a usage {@link Failure} if settings do not fit together. */
  TrainSpec spec() {
    if (testShare != null) {
      require("--test-share", testShare, HeldOut.Shuffled.isShare(testShare), "greater than 0 and less than 1");
    }
    TrainConfig settings = settings();
    DataOptions options = new DataOptions(key, labelColumn,
        testShare == null ? null : new HeldOut.Shuffled(testShare, 0), form, scale, null);
    return new TrainSpec(dataset, data, options, init, settings, output,
        given(Signature.NORMALISATION.option()));
  }

  /**
   * The settings: as given, otherwise as the preset has them. A usage {@link Failure} if they do not fit together.
   */
  private TrainConfig settings() {
    if (dataset.isBlank()) {
      throw Failure.usage("--dataset is empty; give a name or a path");
    }
    for (String option : meaningless(model)) {
      if (given(option)) {
        throw Failure.usage(option + " has no meaning for --model " + model.label() + "; leave it out");
      }
    }
    requireUnits("--hidden", hidden);
    List<Integer> decoder = decoderHidden == null ? HiddenLayers.reversed(hidden) : decoderHidden;
    requireUnits("--decoder-hidden", decoder);
    int rows = batch == null ? preset.batch() : batch;
    require("--latent", latent, latent >= 1, "at least 1");
    require("--batch", rows, rows >= 1, "at least 1");
    require("--epochs", epochs, epochs >= 1, "at least 1");
    require("--lr", rate, rate > 0 && Double.isFinite(rate), "finite and greater than 0");
    return new TrainConfig(model, latent, new HiddenLayers(hidden, decoder, activation, batchNorm), rows, epochs, rate,
        objective(), seed, phDimension);
  }

  private static void requireUnits(String option, List<Integer> sizes) {
    require(option, sizes, sizes.stream().allMatch(size -> size >= 1), "at least 1 in every layer");
  }

  /**
   * The weights of {@code --term} by kind. A usage {@link Failure} if the model does not have such a term, or if its
   * weight is given twice.
   */
  private Map<TermKind<?>, WeightSchedule> weights() {
    List<TermKind<?>> possible = Terms.all().stream().filter(kind -> kind.weight() != null
        && (model.terms().contains(kind) || Terms.added().contains(kind))).toList();
    Map<TermKind<?>, WeightSchedule> weights = new LinkedHashMap<>();
    for (String text : terms) {
      Map.Entry<String, String> term = nameAndWeight(text);
      TermKind<?> kind = possible.stream().filter(one -> one.name().equals(term.getKey().replace('-', '_')))
          .findFirst().orElseThrow(() -> Failure.usage("--term " + term.getKey() + ": --model " + model.label()
              + " has no such term; it can have "
              + possible.stream().map(one -> one.name().replace('_', '-')).collect(Collectors.joining(", "))));
      WeightSchedule weight;
      try {
        weight = GpuTae.weight(term.getValue());
      } catch (TypeConversionException e) {
        throw Failure.usage("--term " + term.getKey() + ": " + e.getMessage());
      }
      if (given(kind.weight().option()) || weights.putIfAbsent(kind, weight) != null) {
        throw Failure.usage("--term " + term.getKey() + ": its weight is given twice");
      }
    }
    return weights;
  }

  /** The parts of a value of {@code --term}; a usage {@link Failure} if it is not NAME=WEIGHT. */
  static Map.Entry<String, String> nameAndWeight(String term) {
    int equals = term.indexOf('=');
    if (equals < 1) {
      throw Failure.usage("--term " + term + ": expected NAME=WEIGHT, such as signature=0.5");
    }
    return Map.entry(term.substring(0, equals), term.substring(equals + 1));
  }

  /** The model's terms, and other terms that are given a weight. */
  private Objective objective() {
    Map<TermKind<?>, WeightSchedule> weights = weights();
    Map<TermKind<?>, WeightSchedule> schedules = new LinkedHashMap<>();
    List<Term> chosen = new ArrayList<>();
    for (TermKind<?> kind : Terms.all()) {
      boolean added =
          Terms.added().contains(kind) && (weights.containsKey(kind) || given(kind.weight().option()));
      if (added || model.terms().contains(kind)) {
        Map<Setting<?>, Object> values = new LinkedHashMap<>();
        if (kind.weight() != null) {
          WeightSchedule weight = weight(kind, weights.get(kind));
          schedules.put(kind, weight);
          values.put(kind.weight(), weight.to());
        }
        kind.options().forEach(setting -> values.put(setting, checked(setting)));
        chosen.add(kind.of(new TermKind.Values(values)));
      } else if (Terms.added().contains(kind)) {
        kind.options().stream().map(Setting::option).filter(this::given).findFirst().ifPresent(option -> {
          throw Failure.usage(option + " has no meaning without a weight of its term, such as --term "
              + kind.name().replace('_', '-') + "=1");
        });
      }
    }
    return Objective.of(chosen, schedules);
  }

  /**
   * The weight of a term: as {@code --term} or its own option gives it, otherwise the default. A {@link Failure} if it
   * is wrong.
   *
   * @param ofTerm the weight of {@code --term}, or null
   */
  private WeightSchedule weight(TermKind<?> kind, WeightSchedule ofTerm) {
    Setting.Real setting = kind.weight();
    WeightSchedule weight = termOptions.get(setting).getValue();
    String option = setting.option();
    if (ofTerm != null) {
      weight = ofTerm;
      option = "the weight of --term " + kind.name().replace('_', '-');
    } else if (weight == null && hasLambda(kind)) {
      weight = lambda;
      option = "--lambda";
    } else if (weight == null) {
      weight = WeightSchedule.constant(setting.fallback());
    }
    require(option, weight, setting.allows(weight.from()) && setting.allows(weight.to()), setting.allowed());
    return weight;
  }

  /**
   * The value of a setting: as given, otherwise the preset's, otherwise the default. A {@link Failure} if it is wrong.
   */
  private <V> V checked(Setting<V> setting) {
    V value = termOptions.get(setting).getValue();
    if (value == null) {
      value = setting.type().cast(preset.ofTerms().getOrDefault(setting, setting.fallback()));
    }
    require(setting.option(), value, setting.allows(value), setting.allowed());
    return value;
  }

  private static void require(String option, Object value, boolean right, String what) {
    if (!right) {
      throw Failure.usage(option + " is " + value + "; it is " + what);
    }
  }

  private boolean given(String option) {
    return command.commandLine().getParseResult().hasMatchedOption(option);
  }
}
