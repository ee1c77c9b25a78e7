package gputae.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import gputae.backend.Backend;
import gputae.data.DataException;
import gputae.data.Dataset;
import gputae.data.Datasets;
import gputae.data.Images;
import gputae.data.StrictJson;
import gputae.data.WholeFile;
import gputae.model.Autoencoder;
import gputae.model.ParameterLayout;
import gputae.model.SafeTensors;
import gputae.model.Weights;
import gputae.objective.Objective;
import gputae.objective.Setting;
import gputae.objective.Term;
import gputae.objective.TermKind;
import gputae.objective.Terms;
import gputae.train.ModelKind;
import gputae.train.TrainConfig;
import gputae.train.TrainState;
import gputae.train.Trainer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The folder of a run: where each file lies, and {@code config.json}. */
final class RunDirectory {

  private static final int FORMAT = 1;

  /** Of a layer: twice as many, for a variational encoder, are still an int. */
  private static final int MOST_UNITS = 1 << 30;

  /** Of an image, whose number must be one of Java's array. */
  private static final int MOST_PIXELS = Integer.MAX_VALUE - 8;

  /** What to do about a config.json that somebody changed. */
  private static final String DAMAGED = "put the file back as the training wrote it, or train again";

  /** What to do where two files of a run are not of one training. */
  private static final String UNFIT = "put both back as the training wrote them, or train again";

  private static final String LOCK = ".lock";

  /** Of the last epoch, or kept of another. */
  private static final Pattern FIGURE = Pattern.compile("(latent|generated|losses)(-\\d+)?\\.png");

  private final Path path;

  RunDirectory(Path path) {
    this.path = path;
  }

  Path path() {
    return path;
  }

  Path config() {
    return path.resolve("config.json");
  }

  Path metrics() {
    return path.resolve("metrics.csv");
  }

  Path model() {
    return path.resolve("model.safetensors");
  }

  Path checkpoint() {
    return path.resolve("checkpoint.safetensors");
  }

  Path latents() {
    return path.resolve("latents.npy");
  }

  Path labels() {
    return path.resolve("labels.npy");
  }

  Path report() {
    return path.resolve("report.html");
  }

  Path figures() {
    return path.resolve("figures");
  }

  Path figure(String name) {
    return figures().resolve(name + ".png");
  }

  /**
   * What a run trains and on what.
   *
   * @param config      settings
   * @param dataset     as given: a name or a path
   * @param data        folder of the data set's files, or null
   * @param fingerprint of the training images and labels, so that a resume on other data is noticed
   * @param height      of an image
   * @param width       of an image
   * @param classes     names by label
   * @param conditions  what the bits depend on beside all this
   * @param init        of weights that were given to begin with: the SHA-256 of their file; else null
   */
  record Config(
      TrainConfig config, String dataset, Path data, String fingerprint, int height, int width, List<String> classes, String conditions, String init) {

    /** Of a training on data that are loaded. */
    static Config of(TrainConfig config, String dataset, Path data, Dataset loaded, String fingerprint, String conditions, String init) {
      Images images = loaded.train().images();
      return new Config(config, dataset, data, fingerprint, images.height(), images.width(), loaded.classes(), conditions, init);
    }
  }

  /** The name of a data set for titles and folders: of a path only its last part. */
  static String shortName(String dataset) {
    return Datasets.isNamed(dataset) ? dataset : Datasets.nameOf(Path.of(dataset));
  }

  /** SHA-256 of shape, training images and labels. */
  static String fingerprint(Dataset dataset) {
    MessageDigest digest = sha256();
    Images images = dataset.train().images();
    digest.update((images.count() + " " + images.height() + " " + images.width() + " ").getBytes(StandardCharsets.US_ASCII));
    digest.update(images.pixels());
    if (dataset.train().labels() != null) {
      digest.update(dataset.train().labels());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** For people: data set, model, latent dimension. */
  static String title(String dataset, TrainConfig config) {
    return shortName(dataset) + ", " + config.model().title() + ", latent dimension " + config.latent();
  }

  /** A new folder {@code runs/<dataset>-<model>-d<latent>-<n>}. */
  static RunDirectory createNew(String dataset, TrainConfig config) throws IOException {
    String name = shortName(dataset).replaceAll("[^A-Za-z0-9._-]", "_");
    Path runs = Path.of("runs");
    if (!Files.isDirectory(runs)) {
      Files.createDirectories(runs);
    }
    for (int n = 1; ; n++) {
      Path path = runs.resolve(name + "-" + config.model().label() + "-d" + config.latent() + "-" + n);
      try {
        return new RunDirectory(Files.createDirectory(path));
      } catch (FileAlreadyExistsException e) {
        // Taken; perhaps by another run that started at this moment.
      }
    }
  }

  /** A folder of the user's choice, new or empty but for what a training leaves that is killed as it begins. */
  static RunDirectory create(Path path) throws IOException {
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

  /** The run's files, there or not, but for its evaluation's: nothing else may be written over them. */
  List<Path> own() throws IOException {
    List<Path> own = new ArrayList<>(List.of(config(), metrics(), model(), checkpoint(), latents(), labels(), report(),
        path.resolve(LOCK)));
    if (Files.isDirectory(figures())) {
      try (Stream<Path> entries = Files.list(figures())) {
        own.addAll(entries.filter(figure -> FIGURE.matcher(figure.getFileName().toString()).matches()).toList());
      }
    }
    return own;
  }

  /** An existing run. */
  static RunDirectory existing(Path path) {
    RunDirectory run = new RunDirectory(path);
    if (!Files.isRegularFile(run.config())) {
      throw new Failure(path + " is not a run: it holds no config.json; give the folder that a training made");
    }
    return run;
  }

  /**
   * Keeps other processes from training in this folder until closed. The lock lies on a file of its own, since all others are replaced.
   */
  FileChannel lock() throws IOException {
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

  /** Removes what a training that was killed left half written; only while {@link #lock} is held. */
  void removeLeftovers() throws IOException {
    WholeFile.removeLeftovers(path);
    Path figures = figures();
    if (Files.isDirectory(figures)) {
      WholeFile.removeLeftovers(figures);
    }
  }

  /** The embeddings of a part of the training images, which {@code reproduce} draws. */
  Path cloud() {
    return figure("latent-512");
  }

  /** {@code config.json}, as a training begins or goes on; what was made of the weights before goes, so that nobody takes it for that of those to come. */
  void begin(Config config) throws IOException {
    Outputs written = new Outputs();
    for (Path file : List.of(config(), metrics(), model(), checkpoint())) {
      // What cannot be written is said before anything goes.
      written.add(file.toString(), file);
    }
    for (Path stale : List.of(report(), cloud())) {
      Files.deleteIfExists(stale);
    }
    new EvaluationOutputs(path).remove();
    write(config);
  }

  private void write(Config config) throws IOException {
    TrainConfig train = config.config();
    JsonObject json = new JsonObject();
    json.addProperty("format", FORMAT);
    json.addProperty("gpu_tae", GpuTae.version());
    json.addProperty("dataset", config.dataset());
    if (config.data() != null) {
      json.addProperty("data", config.data().toAbsolutePath().toString());
    }
    json.addProperty("data_fingerprint", config.fingerprint());
    json.addProperty("height", config.height());
    json.addProperty("width", config.width());
    json.add("classes", array(config.classes()));
    json.addProperty("model", train.model().label());
    json.addProperty("latent", train.latent());
    json.add("hidden", array(train.hidden()));
    json.addProperty("batch", train.batch());
    json.addProperty("epochs", train.epochs());
    json.addProperty("lr", train.rate());
    addObjective(json, train.objective());
    json.addProperty("seed", train.seed());
    json.addProperty("conditions", config.conditions());
    if (config.init() != null) {
      json.addProperty("init_sha256", config.init());
    }
    String text = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(json) + "\n";
    WholeFile.write(config(), text.getBytes(StandardCharsets.UTF_8));
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

  /** {@code config.json}; a {@link Failure} in one line that names the key where a value is not that of a run. */
  Config read() throws IOException {
    JsonSettings json = JsonSettings.read(config(), DAMAGED);
    int format = json.integer("format", 0, Integer.MAX_VALUE);
    if (format != FORMAT) {
      throw new Failure(config() + " was written by another version of gpu-tae (\"format\" is " + format
          + ", this one reads " + FORMAT + "); use that version, or train again");
    }
    ModelKind model = json.oneOf("model", List.of(ModelKind.values()));
    TrainConfig train = new TrainConfig(model,
        json.integer("latent", 1, MOST_UNITS),
        json.integers("hidden", "an array of integers from 1 to " + MOST_UNITS, 1, MOST_UNITS),
        json.integer("batch", 1, Integer.MAX_VALUE), json.integer("epochs", 1, Integer.MAX_VALUE), positive(json, "lr"),
        objective(json, model), json.integer("seed", "an integer of 64 bits with sign", Long.MIN_VALUE, Long.MAX_VALUE));
    int height = json.integer("height", 1, MOST_PIXELS);
    int width = json.integer("width", 1, MOST_PIXELS / height);
    return new Config(train, json.text("dataset", "the name or the path of a data set", RunDirectory::isPath),
        json.has("data") ? Path.of(json.text("data", "the path of a folder", RunDirectory::isPath)) : null,
        sha256(json, "data_fingerprint"), height, width, json.texts("classes", "an array of names"),
        json.text("conditions", "text", text -> true), json.has("init_sha256") ? sha256(json, "init_sha256") : null);
  }

  /** The terms' weights, then their other settings by name. A value that is infinite is left out. */
  private static void addObjective(JsonObject json, Objective objective) {
    Map<String, Object> others = new TreeMap<>();
    for (Term term : objective.terms()) {
      TermKind.Values values = term.kind().valuesOf(term);
      if (term.kind().weight() != null) {
        json.addProperty(term.kind().weight().key(), term.weight());
      }
      for (Setting<?> setting : term.kind().options()) {
        others.put(setting.key(), inFile(setting, values));
      }
    }
    others.forEach((key, value) -> {
      if (value instanceof String text) {
        json.addProperty(key, text);
      } else if (Double.isFinite((Double) value)) {
        json.addProperty(key, (Double) value);
      }
    });
  }

  private static <V> Object inFile(Setting<V> setting, TermKind.Values values) {
    V value = values.get(setting);
    return value instanceof Double ? value : setting.text(value);
  }

  /** The model's own terms, and the others that have a weight. */
  private static Objective objective(JsonSettings json, ModelKind model) {
    List<Term> terms = new ArrayList<>();
    for (TermKind<?> kind : Terms.all()) {
      if (model.terms().contains(kind) || Terms.added().contains(kind) && json.has(kind.weight().key())) {
        Map<Setting<?>, Object> values = new HashMap<>();
        for (Setting<?> setting : kind.settings()) {
          if (setting instanceof Setting.Choice<?> choice) {
            values.put(setting, json.oneOf(setting.key(), choice.constants()));
          } else if (setting instanceof Setting.Real real && (json.has(real.key()) || !real.allows(Double.POSITIVE_INFINITY))) {
            values.put(real, json.number(real.key(), real.inFile(), real::allows));
          }
        }
        terms.add(kind.of(new TermKind.Values(values)));
      }
    }
    List<String> known = Terms.all().stream().filter(kind -> kind.weight() != null).map(kind -> kind.weight().key()).toList();
    json.keys().stream().filter(key -> key.startsWith("lambda_") && !known.contains(key)).findFirst().ifPresent(key -> {
      throw new Failure(json.file() + ": \"" + key + "\" is the weight of a term that this gpu-tae does not have;"
          + " put the jar of that term on the class path");
    });
    return Objective.of(terms);
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

  /**
   * The run's data set.
   *
   * @param moved where it lies now, or null
   */
  Dataset openData(Config description, Path moved, Consumer<String> log) throws IOException {
    try {
      return Datasets.open(description.dataset(), moved != null ? moved : description.data(), log);
    } catch (DataException e) {
      if (moved != null) {
        throw e;
      }
      String key = description.data() != null ? "data" : "dataset";
      throw new Failure(
          e.getMessage() + " (" + config() + " names it as its \"" + key + "\"; --data says where it lies now)", e);
    }
  }

  /** Refuses data other than those the run was trained on, by their {@link #fingerprint} and the size of an image. */
  void requireData(Config description, Dataset dataset, String fingerprint) {
    if (!fingerprint.equals(description.fingerprint())) {
      throw new Failure("the data set " + description.dataset() + " is not the one " + path + " was trained on (its"
          + " training images or labels differ from the \"data_fingerprint\" in " + config()
          + "); give the right one with --data");
    }
    Images images = dataset.train().images();
    if (images.height() != description.height() || images.width() != description.width()) {
      throw new Failure(config() + ": \"height\" and \"width\" are " + description.height() + " and "
          + description.width() + ", the run's images are " + images.height() + " x " + images.width() + "; " + DAMAGED);
    }
  }

  /** The checkpoint's file, which must be one of this program. */
  SafeTensors readCheckpoint() throws IOException {
    SafeTensors file = SafeTensors.read(checkpoint());
    if (!CheckpointWriter.FORMAT.equals(file.metadata().get(CheckpointWriter.FORMAT_KEY))
        || !file.metadata().containsKey(CheckpointWriter.CONDITIONS)) {
      throw new Failure(checkpoint() + " is not a checkpoint of this program: its metadata is "
          + StrictJson.shown(file.metadata()) + ", expected \"" + CheckpointWriter.FORMAT_KEY + "\": \""
          + CheckpointWriter.FORMAT + "\" and \"" + CheckpointWriter.CONDITIONS + "\"; copy it again, or train again");
    }
    return file;
  }

  /** What a checkpoint holds, for this run's network of images of {@code pixels}. */
  TrainState state(TrainConfig config, int pixels, SafeTensors checkpoint) {
    try {
      return TrainState.fromTensors(layout(config, pixels), config.objective().columns(), checkpoint);
    } catch (IllegalArgumentException e) {
      throw new Failure(checkpoint() + " does not fit " + config() + ": " + e.getMessage() + "; " + UNFIT, e);
    }
  }

  private static ParameterLayout layout(TrainConfig config, int pixels) {
    try {
      return new ParameterLayout(Trainer.architecture(config, pixels));
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("a network with \"hidden\" " + config.hidden() + " and \"latent\" "
          + config.latent() + " is larger than any file", e);
    }
  }

  /** Brings a trainer of this run's settings to where the checkpoint stands; the epochs it has had. */
  int restore(Trainer trainer, TrainState state) {
    int done = state.history().size();
    if (state.step() / trainer.stepsPerEpoch() != done) {
      throw new Failure(checkpoint() + " does not fit " + config() + ": it has " + state.step() + " steps of "
          + trainer.stepsPerEpoch() + " an epoch, but " + done + " epochs; " + UNFIT);
    }
    trainer.restore(state);
    return done;
  }

  /** The trained model; the caller closes it. */
  Autoencoder openModel(Backend backend, Config config) throws IOException {
    if (!Files.exists(model())) {
      throw new Failure(path + " holds no model.safetensors yet; let the training finish, stop it with Ctrl-C, which saves"
          + " it, or go on with train --resume "
          + TrainCommand.quoted(path.toString()));
    }
    SafeTensors file = SafeTensors.read(model());
    float[] weights;
    try {
      // Before the model takes memory for sizes that only damage may have put into config.json.
      weights = Weights.flat(layout(config.config(), config.height() * config.width()), file, "");
    } catch (IllegalArgumentException e) {
      throw new Failure(model() + " does not fit " + config() + ": " + e.getMessage() + "; " + UNFIT, e);
    }
    Autoencoder autoencoder =
        new Autoencoder(backend, Trainer.architecture(config.config(), config.height() * config.width()));
    autoencoder.parameters().upload(weights);
    return autoencoder;
  }
}
