package gputae.run;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import gputae.backend.Activation;
import gputae.backend.Output;
import gputae.data.DataOptions;
import gputae.data.Dataset;
import gputae.data.Datasets;
import gputae.data.HeldOut;
import gputae.data.Scaling;
import gputae.data.Shape;
import gputae.files.WholeFile;
import gputae.model.HiddenLayers;
import gputae.model.ModelMetadata;
import gputae.objective.Objective;
import gputae.objective.WeightSchedule;
import gputae.objective.Setting;
import gputae.objective.Term;
import gputae.objective.TermKind;
import gputae.objective.Terms;
import gputae.train.ModelKind;
import gputae.train.TrainConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The settings of a run and its data: {@code config.json}.
 *
 * @param config      settings
 * @param dataset     name or path as given
 * @param data        folder of the data set's files, or null
 * @param options     what the user said about the data, and what was decided: test samples, form, scaling; earlier
 *     versions do not write this, so a run of theirs has {@link HeldOut.LastSixth} and images
 * @param fingerprint fingerprint of the training samples and labels, so that a resume on other data is noticed
 * @param shape       shape of a sample
 * @param classes     names of the classes by label
 * @param conditions  everything else on which the bits depend
 * @param init        SHA-256 of the file of the initial weights; null if the weights were drawn from the seed
 */
public record RunConfig(
    TrainConfig config, String dataset, Path data, DataOptions options, String fingerprint, Shape shape,
    List<String> classes, String conditions, String init) {

  private static final int FORMAT = 1;

  /** Limit for the units of a layer: twice as many, for a variational encoder, still fit an int. */
  private static final int MOST_UNITS = 1 << 30;

  /** Limit for the pixels of an image: they must fit a Java array. */
  private static final int MOST_PIXELS = Integer.MAX_VALUE - 8;

  /** Advice for a config.json that somebody changed. */
  static final String DAMAGED = "put the file back as the training wrote it, or train again";

  /** The description of a training on a data set that is loaded. */
  public static RunConfig of(TrainConfig config, String dataset, Path data, DataOptions options, Dataset loaded,
      String fingerprint, String conditions, String init) {
    return new RunConfig(config, dataset, data, options.as(loaded), fingerprint, loaded.shape(), loaded.classes(),
        conditions, init);
  }

  /** The name of a data set for titles and folders; of a path only the last part. */
  public static String shortName(String dataset) {
    return Datasets.isNamed(dataset) ? dataset : Datasets.nameOf(Path.of(dataset));
  }

  /** A title for the user: data set, model, latent dimension. */
  public static String title(String dataset, TrainConfig config) {
    return shortName(dataset) + ", " + config.model().title() + ", latent dimension " + config.latent();
  }

  /**
   * Writes {@code config.json}.
   *
   * @throws IOException with one line naming the file
   */
  public void write(Path file) throws IOException {
    TrainConfig train = config;
    JsonObject json = new JsonObject();
    json.addProperty("format", FORMAT);
    json.addProperty("gpu_tae", Version.get());
    json.addProperty("dataset", dataset);
    if (data != null) {
      json.addProperty("data", data.toAbsolutePath().toString());
    }
    if (options.key() != null) {
      json.addProperty("key", options.key());
    }
    if (options.labelColumn() != null) {
      json.addProperty("label_column", options.labelColumn());
    }
    if (options.heldOut() instanceof HeldOut.Shuffled shuffled) {
      json.addProperty("test_share", shuffled.share());
      json.addProperty("test_seed", shuffled.seed());
    }
    json.addProperty("data_fingerprint", fingerprint);
    if (shape instanceof Shape.Image image) {
      if (image.channels() > 1) {
        json.addProperty("channels", image.channels());
      }
      json.addProperty("height", image.height());
      json.addProperty("width", image.width());
    } else {
      json.add("features", array(((Shape.Features) shape).names()));
      Scaling scaling = options.scaling();
      json.addProperty("scale", scaling.kind().toString());
      json.add("scale_shift", array(scaling.shift()));
      json.add("scale_factor", array(scaling.factor()));
    }
    json.add("classes", array(classes));
    json.addProperty("model", train.model().label());
    json.addProperty("latent", train.latent());
    addHidden(json, train.hidden());
    json.addProperty("output", train.output().toString());
    if (train.objective().variational()) {
      json.addProperty(ModelMetadata.ENCODER_OUTPUT, ModelMetadata.HALVES);
    }
    json.addProperty("batch", train.batch());
    json.addProperty("epochs", train.epochs());
    json.addProperty("lr", train.rate());
    addObjective(json, train.objective());
    json.addProperty("seed", train.seed());
    if (train.phDimension()) {
      json.addProperty("ph_dim", true);
    }
    json.addProperty("conditions", conditions);
    if (init != null) {
      json.addProperty("init_sha256", init);
    }
    String text = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(json) + "\n";
    WholeFile.write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Adds the hidden layers. What is as in earlier versions is left out. */
  private static void addHidden(JsonObject json, HiddenLayers hidden) {
    json.add("hidden", array(hidden.encoder()));
    if (!hidden.mirrored()) {
      json.add("decoder_hidden", array(hidden.decoder()));
    }
    if (hidden.activation() != Activation.ELU) {
      json.addProperty("activation", hidden.activation().label());
    }
    if (hidden.batchNorm()) {
      json.addProperty("batch_norm", true);
    }
  }

  private static HiddenLayers hidden(JsonSettings json) {
    List<Integer> encoder = sizes(json, "hidden");
    return new HiddenLayers(encoder,
        json.has("decoder_hidden") ? sizes(json, "decoder_hidden") : HiddenLayers.reversed(encoder),
        json.has("activation") ? json.oneOf("activation", Activation.nonlinear()) : Activation.ELU,
        json.flag("batch_norm"));
  }

  private static List<Integer> sizes(JsonSettings json, String key) {
    return json.integers(key, "an array of integers from 1 to " + MOST_UNITS, 1, MOST_UNITS);
  }

  private static JsonArray array(double[] values) {
    JsonArray array = new JsonArray();
    Arrays.stream(values).forEach(array::add);
    return array;
  }

  private static JsonArray array(List<?> values) {
    JsonArray array = new JsonArray();
    for (Object value : values) {
      if (value instanceof Integer number) {
        array.add(number);
      } else {
        array.add(value.toString());
      }
    }
    return array;
  }

  /**
   * Reads {@code config.json}. A value that a run cannot have gives a {@link Failure} in one line that names the key.
   */
  public static RunConfig read(Path file) throws IOException {
    JsonSettings json = JsonSettings.read(file, DAMAGED);
    int format = json.integer("format", 0, Integer.MAX_VALUE);
    if (format != FORMAT) {
      throw new Failure(file + " was written by another version of gpu-tae (\"format\" is " + format
          + ", this one reads " + FORMAT + "); use that version, or train again");
    }
    ModelKind model = json.oneOf("model", List.of(ModelKind.values()));
    TrainConfig train = new TrainConfig(model,
        json.integer("latent", 1, MOST_UNITS), hidden(json),
        json.integer("batch", 1, Integer.MAX_VALUE), json.integer("epochs", 1, Integer.MAX_VALUE), positive(json, "lr"),
        objective(json, model).with(json.has("output") ? json.oneOf("output", List.of(Output.values()))
            : Output.BERNOULLI),
        json.integer("seed", "an integer of 64 bits with sign", Long.MIN_VALUE, Long.MAX_VALUE), json.flag("ph_dim"));
    if (json.has(ModelMetadata.ENCODER_OUTPUT)) {
      json.text(ModelMetadata.ENCODER_OUTPUT, "\"" + ModelMetadata.HALVES + "\"", ModelMetadata.HALVES::equals);
    }
    Shape shape = shape(json);
    return new RunConfig(train, json.text("dataset", "the name or the path of a data set", RunConfig::isPath),
        json.has("data") ? Path.of(json.text("data", "the path of a folder", RunConfig::isPath)) : null,
        options(json, shape), sha256(json, "data_fingerprint"), shape, json.texts("classes", "an array of names"),
        json.text("conditions", "text", text -> true), json.has("init_sha256") ? sha256(json, "init_sha256") : null);
  }

  private static Shape shape(JsonSettings json) {
    if (json.has("features")) {
      List<String> names = json.texts("features", "an array of names");
      if (names.isEmpty()) {
        throw new Failure(json.file() + ": \"features\" is empty; " + DAMAGED);
      }
      return new Shape.Features(names);
    }
    int channels = !json.has("channels") ? 1 : json.integer("channels", Shape.Image.COLOURS, Shape.Image.COLOURS);
    int height = json.integer("height", 1, MOST_PIXELS / channels);
    return new Shape.Image(channels, height, json.integer("width", 1, MOST_PIXELS / channels / height));
  }

  private static Scaling scaling(JsonSettings json, int features) {
    Scaling.Kind kind = json.oneOf("scale", List.of(Scaling.Kind.values()));
    double[] shift = json.numbers("scale_shift", "an array of " + features + " numbers", features, value -> true);
    return new Scaling(kind, shift, json.numbers("scale_factor",
        "an array of " + features + " numbers greater than 0", features, Scaling::isFactor));
  }

  private static DataOptions options(JsonSettings json, Shape shape) {
    HeldOut heldOut = new HeldOut.LastSixth();
    boolean vectors = shape instanceof Shape.Features;
    if (json.has("test_share")) {
      double share =
          json.number("test_share", "a number greater than 0 and less than 1", HeldOut.Shuffled::isShare);
      heldOut = new HeldOut.Shuffled(share,
          json.integer("test_seed", "an integer of 64 bits with sign", Long.MIN_VALUE, Long.MAX_VALUE));
    }
    return new DataOptions(json.has("key") ? json.text("key", "a name", text -> true) : null,
        json.has("label_column") ? json.text("label_column", "a name or a number", text -> true) : null, heldOut,
        DataOptions.formOf(shape), null, vectors ? scaling(json, shape.size()) : null);
  }

  /** Adds the weights of the terms, then their other settings by name. An infinite value is left out. */
  private static void addObjective(JsonObject json, Objective objective) {
    Map<String, Object> others = new TreeMap<>();
    for (Term term : objective.terms()) {
      TermKind.Values values = term.kind().valuesOf(term);
      if (term.kind().weight() != null) {
        WeightSchedule schedule = objective.schedule(term);
        if (schedule.isConstant()) {
          json.addProperty(term.kind().weight().key(), term.weight());
        } else {
          json.addProperty(term.kind().weight().key(), schedule.toString());
        }
      }
      for (Setting<?> setting : term.kind().options()) {
        others.put(setting.key(), inFile(setting, values));
      }
    }
    others.forEach((key, value) -> {
      if (value instanceof String text) {
        json.addProperty(key, text);
      } else if (Double.isFinite(((Number) value).doubleValue())) {
        json.addProperty(key, (Number) value);
      }
    });
  }

  private static <V> Object inFile(Setting<V> setting, TermKind.Values values) {
    V value = values.get(setting);
    return value instanceof Number ? value : setting.text(value);
  }

  /** The model's own terms, and other terms that have a weight. */
  private static Objective objective(JsonSettings json, ModelKind model) {
    List<Term> terms = new ArrayList<>();
    Map<TermKind<?>, WeightSchedule> schedules = new HashMap<>();
    for (TermKind<?> kind : Terms.all()) {
      if (model.terms().contains(kind) || Terms.added().contains(kind) && json.has(kind.weight().key())) {
        Map<Setting<?>, Object> values = new HashMap<>();
        for (Setting<?> setting : kind.settings()) {
          if (setting.equals(kind.weight()) && json.isText(setting.key())) {
            WeightSchedule schedule = schedule(json, kind.weight());
            schedules.put(kind, schedule);
            values.put(setting, schedule.to());
          } else if (setting instanceof Setting.Choice<?> choice) {
            values.put(setting, json.oneOf(setting.key(), choice.constants()));
          } else if (setting instanceof Setting.Count count) {
            values.put(count, json.integer(count.key(), 1, Integer.MAX_VALUE));
          } else if (setting instanceof Setting.Real real
              && (json.has(real.key()) || !real.allows(Double.POSITIVE_INFINITY))) {
            values.put(real, json.number(real.key(), real.inFile(), real::allows));
          }
        }
        terms.add(kind.of(new TermKind.Values(values)));
      }
    }
    List<String> known =
        Terms.all().stream().filter(kind -> kind.weight() != null).map(kind -> kind.weight().key()).toList();
    json.keys().stream().filter(key -> key.startsWith("lambda_") && !known.contains(key)).findFirst().ifPresent(key -> {
      throw new Failure(json.file() + ": \"" + key + "\" is the weight of a term that this gpu-tae does not have;"
          + " put the jar of that term on the class path");
    });
    return Objective.of(terms, schedules);
  }

  /** A weight that changes, as {@link WeightSchedule#parse} reads it. */
  private static WeightSchedule schedule(JsonSettings json, Setting.Real weight) {
    String text = json.text(weight.key(), weight.inFile() + " or FROM:TO:EPOCHS", given -> {
      try {
        WeightSchedule schedule = WeightSchedule.parse(given);
        return weight.allows(schedule.from()) && weight.allows(schedule.to());
      } catch (IllegalArgumentException e) {
        return false;
      }
    });
    return WeightSchedule.parse(text);
  }

  private static double positive(JsonSettings json, String key) {
    return json.number(key, "a number greater than 0", value -> value > 0);
  }

  private static String sha256(JsonSettings json, String key) {
    return json.text(key, "64 hexadecimal digits", text -> text.matches("[0-9a-f]{64}"));
  }

  private static boolean isPath(String text) {
    try {
      return !Path.of(text).toString().isEmpty();
    } catch (InvalidPathException e) {
      return false;
    }
  }
}
