package gputae.cli;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.data.Dataset;
import gputae.data.Datasets;
import gputae.data.Images;
import gputae.evaluate.Sample;
import gputae.model.Autoencoder;
import gputae.report.FigureException;
import gputae.report.LatentFigure;
import gputae.report.PaperReport;
import gputae.report.PaperResults;
import gputae.train.Epoch;
import gputae.train.ModelKind;
import gputae.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The experiments of the paper, with a number beside every picture. */
@Command(
    name = "reproduce",
    description = {"Train every model of the paper, measure it, and write a report in the paper's order, each claim with its verdict.", ""},
    footerHeading = "%n",
    footer = {
      "MNIST and Fashion-MNIST; latent dimensions 2, 5 and 10; the autoencoder, the regularised one, the ball penalty alone and the variational one. The same command",
      "goes on where it was interrupted. For a first look: gpu-tae reproduce --epochs 10 --only 'mnist-*-d2'"
    },
    mixinStandardHelpOptions = true)
final class ReproduceCommand implements Callable<Integer> {

  private static final List<Integer> LATENTS = List.of(2, 5, 10);
  private static final List<ModelKind> MODELS = List.of(ModelKind.AE, ModelKind.TAE, ModelKind.DISK, ModelKind.VAE);

  /** The paper's for its tables; both of its section V, and beyond. */
  private static final List<Integer> BATCHES = List.of(128, 512, 2048, 8192);

  /** Points of a latent cloud: the paper's figures 2, 3 and 6. */
  private static final int CLOUD = 512;

  private static final long CLOUD_SEED = 0;

  /** The name of the measurement of section V among those of the models. */
  private static final String COST = "cost";

  private static final double COST_SECONDS = 0.7;

  private static final String FAILED = "the script failed or took too long";

  /** GUDHI takes seconds a step from here on, and at larger batches minutes and tens of gigabytes. */
  private static final int LARGEST_PEER_BATCH = 2048;

  @Spec private CommandSpec spec;

  @Option(names = "--out", paramLabel = "DIR", defaultValue = "reproduction", description = "Folder for report.html, tables/ and runs/ (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Option(
      names = "--datasets",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "mnist,fashion-mnist",
      description = "Data sets, by name or path (default: ${DEFAULT-VALUE}).")
  private List<String> datasets;

  @Option(names = "--data", paramLabel = "DIR", description = "Folder with a folder of IDX files for each data set: DIR/mnist, DIR/fashion-mnist (default: they are downloaded once).")
  private Path data;

  @Option(names = "--epochs", paramLabel = "N", defaultValue = "100", description = "Epochs of every training; the paper's are 100 (default: ${DEFAULT-VALUE}).")
  private int epochs;

  @Option(names = "--seeds", paramLabel = "N", defaultValue = "1", description = "Trainings of each model, with the seeds 0 to N-1: the report has means and spreads (default: ${DEFAULT-VALUE}).")
  private int seeds;

  @Option(
      names = "--only",
      paramLabel = "NAME",
      split = ",",
      description = "Only these of the models, named as mnist-tae-d2 with * for anything, and only they are in the report; cost is the measurement of section V.")
  private List<String> only;

  @Option(names = "--jobs", paramLabel = "N", description = "Models at a time (default: on a CPU as many as it has threads, which they share; 4 on a GPU).")
  private Integer jobs;

  @Option(names = "--peers-python", paramLabel = "CMD", defaultValue = "python3", description = "A Python; where it has torch and gudhi the cost is measured there too (default: ${DEFAULT-VALUE}).")
  private String python;

  @Option(names = "--quiet", description = "No progress; the last line names the report.")
  private boolean quiet;

  @Mixin private DeviceOptions device;

  @Override
  public Integer call() throws IOException {
    if (epochs < 1 || seeds < 1 || jobs != null && jobs < 1) {
      throw Failure.usage("--epochs, --seeds and --jobs are at least 1");
    }
    Outputs.requireFolder("--out", out);
    if (datasets.stream().anyMatch(String::isBlank)) {
      throw Failure.usage("--datasets has an empty name");
    }
    if (names().stream().distinct().count() < names().size()) {
      throw Failure.usage("--datasets " + String.join(",", datasets) + ": two of them have the same name");
    }
    List<Sweep.Cell> cells = cells();
    boolean costWanted = chosen(COST);
    if (cells.isEmpty() && !costWanted) {
      throw Failure.usage("--only " + String.join(",", only) + " names nothing; there are " + String.join(", ", names()) + " and " + COST);
    }
    for (String pattern : only == null ? List.<String>of() : only) {
      if (names().stream().noneMatch(name -> matches(pattern, name)) && !matches(pattern, COST)) {
        throw Failure.usage("--only: " + pattern + " names nothing; there are " + String.join(", ", names()) + " and " + COST);
      }
    }
    boolean complete = true;
    List<Sweep.Row> rows = List.of();
    if (!cells.isEmpty()) {
      Sweep sweep = new Sweep(out, cells, List.of(new Evaluating(System.err::println), new Cloud()), device, jobs, System.out, quiet, soFar -> {});
      if (!sweep.run()) {
        return 1;
      }
      rows = sweep.rows();
      complete = rows.stream().allMatch(row -> row.failure() == null);
    }
    if (!cells.isEmpty()) {
      // Whatever becomes of the rest.
      PaperReport.write(out, new PaperResults(conditions(rows, null), results(rows), List.of()));
    }
    if (costWanted) {
      try (Backend backend = device.open(line -> {})) {
        List<PaperResults.Timing> timings = costs(backend);
        PaperReport.write(out, new PaperResults(conditions(rows, DeviceOptions.conditions(backend)), results(rows), timings));
      }
    }
    System.out.println(quiet ? out.resolve("report.html") : "done: see " + out.resolve("report.html"));
    return complete ? 0 : 1;
  }

  private void say(String line) {
    if (!quiet) {
      System.out.println(line);
    }
  }

  private void warn(String line) {
    System.err.println("gpu-tae: " + line);
  }

  /** As its run directory is called, before the seed. */
  private static String name(String dataset, ModelKind model, int latent) {
    return RunDirectory.shortName(dataset) + "-" + model.label() + "-d" + latent;
  }

  private List<String> names() {
    List<String> names = new ArrayList<>();
    for (String dataset : datasets) {
      for (int latent : LATENTS) {
        for (ModelKind model : MODELS) {
          names.add(name(dataset, model, latent));
        }
      }
    }
    return names;
  }

  private boolean chosen(String name) {
    return only == null || only.stream().anyMatch(pattern -> matches(pattern, name));
  }

  private static boolean matches(String pattern, String name) {
    return name.matches(Pattern.quote(pattern.strip()).replace("*", "\\E.*\\Q"));
  }

  /** In the order of the paper's tables, so that what comes first can be looked at first. */
  private List<Sweep.Cell> cells() {
    List<Sweep.Cell> cells = new ArrayList<>();
    for (String dataset : datasets) {
      for (int latent : LATENTS) {
        for (ModelKind model : MODELS) {
          if (chosen(name(dataset, model, latent))) {
            for (int seed = 0; seed < seeds; seed++) {
              Map<String, String> values = values(dataset, model, latent);
              values.put("--seed", Integer.toString(seed));
              cells.add(SweepCommand.cell(values, Map.of("seed", Integer.toString(seed))));
            }
          }
        }
      }
    }
    return cells;
  }

  /** Options of train; everything else is the paper's by default. */
  private Map<String, String> values(String dataset, ModelKind model, int latent) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("--dataset", dataset);
    if (data != null && Datasets.isNamed(dataset) && !dataset.equals("digits")) {
      values.put("--data", data.resolve(dataset).toString());
    }
    values.put("--model", model.label());
    values.put("--latent", Integer.toString(latent));
    values.put("--epochs", Integer.toString(epochs));
    return values;
  }

  /** The embeddings of 512 training images, the same ones for every model: the paper's figures 2, 3 and 6. */
  private final class Cloud implements Sweep.Afterwards {

    @Override
    public String name() {
      return "drawing";
    }

    @Override
    public boolean isDone(Sweep.Row row) {
      return Files.exists(row.run().cloud());
    }

    @Override
    public void make(Sweep.Row row, Sweep.Loaded loaded, Backend backend, Autoencoder model) throws IOException {
      Sample sample = Sample.of(loaded.dataset().train().images().count(), CLOUD, CLOUD_SEED);
      Images images = sample.images(loaded.dataset().train().images());
      int latent = model.architecture().latent();
      try (Matrix pixels = backend.allocate(ElementType.UINT8, images.count(), images.pixelsPerImage()).upload(images.pixels())) {
        LatentFigure.write(row.run().cloud(), model.embeddings(pixels), images.count(), latent, sample.labels(loaded.dataset().train().labels()), loaded.dataset().classes(), "");
      } catch (FigureException e) {
        // As with the figures of a run: it costs the picture.
        warn("no figures: " + e.getMessage());
      }
    }
  }

  /** @param costMeasuredOn null where the cost is not measured */
  private PaperResults.Conditions conditions(List<Sweep.Row> rows, String costMeasuredOn) throws IOException {
    // A model may have been trained with fewer threads than there are, or on another day on another device.
    Set<String> devices = new LinkedHashSet<>();
    for (Sweep.Row row : rows) {
      if (row.failure() == null) {
        devices.add(row.run().read().conditions());
      }
    }
    Map<String, String> settings = new LinkedHashMap<>();
    if (costMeasuredOn != null) {
      settings.put("cost measured on", costMeasuredOn);
    }
    String command = "java -jar gpu-tae.jar " + spec.commandLine().getParseResult().originalArgs().stream().map(TrainCommand::quoted).collect(Collectors.joining(" "));
    List<Long> numbers = LongStream.range(0, seeds).boxed().toList();
    return new PaperResults.Conditions(devices.isEmpty() ? costMeasuredOn : String.join("; ", devices), GpuTae.version(), LocalDate.now().toString(), command, epochs, numbers,
        settings);
  }

  private static List<PaperResults.Result> results(List<Sweep.Row> rows) throws IOException {
    Map<List<Object>, List<PaperResults.Run>> runs = new LinkedHashMap<>();
    for (Sweep.Row row : rows) {
      if (row.failure() == null) {
        TrainConfig config = row.cell().config();
        Epoch last = row.history().get(row.history().size() - 1);
        Path cloud = row.run().cloud();
        Path grid = row.run().figure("generated");
        runs.computeIfAbsent(List.of(published(row.cell().options().dataset()), config.model(), config.latent()), key -> new ArrayList<>())
            .add(new PaperResults.Run(config.seed(), Evaluating.of(row), last.seconds(), Files.exists(cloud) ? cloud : null, Files.exists(grid) ? grid : null));
      }
    }
    List<PaperResults.Result> results = new ArrayList<>();
    runs.forEach((key, of) -> results.add(new PaperResults.Result((String) key.get(0), (ModelKind) key.get(1), (Integer) key.get(2), of)));
    return results;
  }

  /** A data set's name as it is written in the paper. */
  private static String published(String dataset) {
    return switch (dataset) {
      case "mnist" -> "MNIST";
      case "fashion-mnist" -> "Fashion-MNIST";
      default -> RunDirectory.shortName(dataset);
    };
  }

  /** Section V: the first data set, two latent dimensions, each batch size that it has images for; once for these conditions. */
  private List<PaperResults.Timing> costs(Backend backend) throws IOException {
    Dataset dataset = TrainOptions.of(values(datasets.get(0), ModelKind.AE, 2)).load(this::say);
    String missing = PeerCost.missing(python, dataset.train().images().pixelsPerImage());
    Path file = out.resolve("cost.json");
    String conditions = DeviceOptions.conditions(backend) + "; " + RunDirectory.fingerprint(dataset) + "; " + (missing == null ? python : missing);
    List<PaperResults.Timing> timings = CostFile.read(file, conditions);
    if (timings != null) {
      say("cost of the term: from " + file);
      return timings;
    }
    timings = new ArrayList<>();
    int threads = device.threads() == null ? Runtime.getRuntime().availableProcessors() : device.threads();
    say("cost of the term: measured here" + (missing == null ? " and in PyTorch and GUDHI" : "; not in PyTorch and GUDHI: " + missing));
    try (PeerCost peer = missing == null ? PeerCost.open(python, threads, dataset.train().images(), dataset.test().images()) : null) {
      for (int batch : BATCHES) {
        if (batch <= dataset.train().images().count()) {
          PaperResults.Timing timing = cost(backend, dataset, batch, peer, missing);
          timings.add(timing);
          PaperResults.Cost own = timing.own();
          say(String.format(Locale.ROOT, "batch %d: %.0f microseconds a step without the term, %.0f with it", batch, own.plain(), own.regularised())
              + (timing.peer() == null ? "" : String.format(Locale.ROOT, "; PyTorch and GUDHI %.0f and %.0f", timing.peer().plain(), timing.peer().regularised())));
        }
      }
    }
    if (timings.stream().noneMatch(timing -> FAILED.equals(timing.reason()))) {
      CostFile.write(file, conditions, timings);
    }
    return timings;
  }

  private PaperResults.Timing cost(Backend backend, Dataset dataset, int batch, PeerCost peer, String missing) throws IOException {
    List<TrainConfig> configs = new ArrayList<>();
    for (ModelKind model : List.of(ModelKind.AE, ModelKind.TAE)) {
      Map<String, String> values = values(datasets.get(0), model, 2);
      values.put("--batch", Integer.toString(batch));
      configs.add(TrainOptions.of(values).settings());
    }
    double[] seconds = StepCost.measure(backend, dataset, configs, COST_SECONDS);
    PaperResults.Cost own = new PaperResults.Cost(1e6 * seconds[0], 1e6 * seconds[1]);
    if (peer == null) {
      return new PaperResults.Timing(batch, own, null, missing);
    }
    if (batch > LARGEST_PEER_BATCH) {
      return new PaperResults.Timing(batch, own, null, "since GUDHI would take minutes a step and tens of gigabytes");
    }
    // About as long at each size: without the term a step grows with the batch, in GUDHI with more than its square.
    int steps = Math.max(20, 200 * BATCHES.get(0) / batch);
    double plain = peer.secondsAStep(false, 2, batch, steps);
    double regularised = peer.secondsAStep(true, 2, batch, Math.max(3, 200 * BATCHES.get(0) * BATCHES.get(0) / (batch * batch)));
    return Double.isNaN(plain + regularised) ? new PaperResults.Timing(batch, own, null, FAILED)
        : new PaperResults.Timing(batch, own, new PaperResults.Cost(1e6 * plain, 1e6 * regularised), null);
  }
}
