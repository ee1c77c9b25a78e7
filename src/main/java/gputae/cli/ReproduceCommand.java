package gputae.cli;

import gputae.backend.Backend;
import gputae.backend.cpu.NativeLibraries;
import gputae.device.DeviceChoice;
import gputae.paper.Experiments;
import gputae.paper.PaperCloud;
import gputae.paper.PaperCosts;
import gputae.paper.PaperReport;
import gputae.paper.PaperResults;
import gputae.paper.PaperRows;
import gputae.run.Afterwards;
import gputae.run.Evaluating;
import gputae.run.Failure;
import gputae.run.Outputs;
import gputae.run.ShellWord;
import gputae.run.Sweep;
import gputae.run.SweepCell;
import gputae.run.SweepRow;
import gputae.run.Version;
import gputae.study.Study;
import gputae.study.Studies;
import gputae.study.StudyPlan;
import gputae.study.StudyReport;
import gputae.study.StudyRun;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
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

/** Runs the experiments of the paper and gives a number beside every picture. */
@Command(
    name = "reproduce",
    description = {
      "Train every model of the paper, measure it, and write a report in the paper's order, with a verdict for each "
          + "claim; or answer another question with --study.",
      ""},
    footerHeading = "%n",
    footer = {
      "MNIST and Fashion-MNIST; latent dimensions 2, 5 and 10; the autoencoder, the regularised one, the ball penalty "
          + "alone and the variational one. The same command",
      "continues where it was interrupted. For a first look: gpu-tae reproduce --epochs 10 --only 'mnist-*-d2'"
    },
    mixinStandardHelpOptions = true)
final class ReproduceCommand implements Callable<Integer> {

  /** The name under which the measurement of section V is listed among the models. */
  private static final String COST = "cost";

  @Spec
  private CommandSpec spec;

  /** The experiments of the paper, which are not a {@link Study}. */
  private static final String PAPER = "paper";

  @Option(names = "--study", paramLabel = "NAME", defaultValue = PAPER,
      description = "paper; or another question: degree (of the total persistence), classes (death times per"
          + " class), landscapes (in place of death times), signature (the signature loss beside the death times),"
          + " dimension (PH dimension of the weights"
          + " and generalisation) (default: ${DEFAULT-VALUE}).")
  private String study;

  @Option(names = "--out", paramLabel = "DIR",
      description = "Folder for report.html, tables/ and runs/ (default: reproduction, or the name of the study).")
  private Path out;

  @Option(
      names = "--datasets",
      paramLabel = "NAME",
      split = ",",
      description = "Data sets, by name or path (default: mnist,fashion-mnist for paper and signature; mnist for the"
          + " others).")
  private List<String> datasets;

  @Option(names = "--data", paramLabel = "DIR",
      description = "Folder with a folder of IDX files for each data set: DIR/mnist, DIR/fashion-mnist (default: they "
          + "are downloaded once).")
  private Path data;

  @Option(names = "--epochs", paramLabel = "N",
      description = "Epochs of every training (default: 100, as the paper has; signature: 50; degree, classes,"
          + " landscapes: 30; dimension: 20).")
  private Integer epochs;

  @Option(names = "--seeds", paramLabel = "N",
      description = "Number of trainings of each model, with the seeds 0 to N-1; the report has means and spreads "
          + "(default: 1; a study: 3).")
  private Integer seeds;

  @Option(
      names = "--only",
      paramLabel = "NAME",
      split = ",",
      description = "Train and report only these models, with names such as mnist-tae-d2 and * for anything; "
          + "cost is the measurement of section V. The names of a study have the settings and the seed too, such as"
          + " mnist-tae-d2-ratio0.5-seed0.")
  private List<String> only;

  @Option(names = "--jobs", paramLabel = "N",
      description = "Models trained at a time (default: the number of CPU threads, which they share; 4 on a GPU).")
  private Integer jobs;

  @Option(names = "--peers-python", paramLabel = "CMD", defaultValue = "python3",
      description = "A Python; if it has torch and gudhi, the cost is measured there too (default: "
          + "${DEFAULT-VALUE}).")
  private String python;

  @Option(names = "--quiet", description = "No progress; the last line names the report.")
  private boolean quiet;

  @Mixin
  private DeviceOptions device;

  @Override
  public Integer call() throws IOException {
    Study chosen = Studies.ALL.stream().filter(one -> one.name().equals(study)).findFirst().orElse(null);
    if (chosen == null && !study.equals(PAPER)) {
      throw Failure.usage("--study " + study + ": there are " + PAPER + ", "
          + Studies.ALL.stream().map(Study::name).collect(Collectors.joining(", ")));
    }
    out = out != null ? out : Path.of(chosen == null ? "reproduction" : chosen.name());
    datasets = datasets != null ? datasets : chosen == null ? List.of("mnist", "fashion-mnist") : chosen.datasets();
    epochs = epochs != null ? epochs : Integer.valueOf(chosen == null ? 100 : chosen.epochs());
    seeds = seeds != null ? seeds : Integer.valueOf(chosen == null ? 1 : chosen.seeds());
    if (epochs < 1 || seeds < 1 || jobs != null && jobs < 1) {
      throw Failure.usage("--epochs, --seeds and --jobs are at least 1");
    }
    Outputs.requireFolder("--out", out);
    if (datasets.stream().anyMatch(String::isBlank)) {
      throw Failure.usage("--datasets has an empty name");
    }
    return chosen == null ? paper() : answer(chosen);
  }

  private int paper() throws IOException {
    Experiments experiments = new Experiments(datasets, data, epochs, seeds);
    if (experiments.names().stream().distinct().count() < experiments.names().size()) {
      throw Failure.usage("--datasets " + String.join(",", datasets) + ": two of them have the same name");
    }
    List<SweepCell> cells = experiments.cells(this::chosen);
    boolean costWanted = chosen(COST);
    if (cells.isEmpty() && !costWanted) {
      throw Failure.usage("--only " + String.join(",", only) + " names nothing; there are "
          + String.join(", ", experiments.names()) + " and " + COST);
    }
    for (String pattern : only == null ? List.<String>of() : only) {
      if (experiments.names().stream().noneMatch(name -> matches(pattern, name)) && !matches(pattern, COST)) {
        throw Failure.usage("--only: " + pattern + " names nothing; there are " + String.join(", ", experiments.names())
            + " and " + COST);
      }
    }
    boolean complete = true;
    List<SweepRow> rows = List.of();
    if (!cells.isEmpty()) {
      Sweep sweep = sweep(cells, List.of(new Evaluating(System.err::println), new PaperCloud(this::warn)));
      if (!sweep.run()) {
        return 1;
      }
      rows = sweep.rows();
      complete = rows.stream().allMatch(row -> row.failure() == null);
    }
    if (!cells.isEmpty()) {
      // This report is written whatever happens to the rest.
      PaperReport.write(out, new PaperResults(conditions(rows, null), PaperRows.of(rows), List.of()));
    }
    if (costWanted) {
      int threads = device.threads() == null ? Runtime.getRuntime().availableProcessors() : device.threads();
      try (Backend backend = device.open(line -> {})) {
        List<PaperResults.Timing> timings = new PaperCosts(python, threads).of(backend, experiments, out, this::say);
        PaperReport.write(out,
            new PaperResults(conditions(rows, DeviceChoice.conditions(backend)), PaperRows.of(rows), timings));
      }
    }
    System.out.println(quiet ? out.resolve("report.html") : "done: see " + out.resolve("report.html"));
    return complete ? 0 : 1;
  }

  private int answer(Study question) throws IOException {
    List<SweepCell> all = question.cells(new StudyPlan(datasets, data, epochs, seeds));
    if (all.stream().map(SweepCell::name).distinct().count() < all.size()) {
      throw Failure.usage("--datasets " + String.join(",", datasets) + ": two of them have the same name");
    }
    List<SweepCell> cells = all.stream().filter(cell -> chosen(cell.name())).toList();
    for (String pattern : only == null ? List.<String>of() : only) {
      if (all.stream().noneMatch(cell -> matches(pattern, cell.name()))) {
        throw Failure.usage("--only: " + pattern + " names nothing; there are "
            + all.stream().map(SweepCell::name).collect(Collectors.joining(", ")));
      }
    }
    Sweep sweep = sweep(cells, List.of(new Evaluating(System.err::println)));
    if (!sweep.run()) {
      return 1;
    }
    Map<String, String> conditions = new LinkedHashMap<>();
    conditions.put("device", String.join("; ", PaperRows.devices(sweep.rows())));
    conditions.put("gpu-tae", Version.get());
    conditions.put("date", LocalDate.now(ZoneId.systemDefault()).toString());
    conditions.put("epochs", Integer.toString(epochs));
    conditions.put("seeds", Integer.toString(seeds));
    conditions.put("command", command());
    List<String> failed =
        sweep.rows().stream().filter(row -> row.failure() != null).map(row -> row.cell().name()).toList();
    StudyReport.write(out, question, StudyRun.of(sweep.rows()), failed, conditions);
    System.out.println(quiet ? out.resolve("report.html") : "done: see " + out.resolve("report.html"));
    return sweep.rows().stream().allMatch(row -> row.failure() == null) ? 0 : 1;
  }

  private Sweep sweep(List<SweepCell> cells, List<Afterwards> afterwards) {
    return new Sweep(out, cells, afterwards, device::open, device.threads(), jobs, System.out,
        NativeLibraries.isTerminal(1), quiet, soFar -> {});
  }

  private String command() {
    return "java -jar gpu-tae.jar " + spec.commandLine().getParseResult().originalArgs().stream()
        .map(ShellWord::of).collect(Collectors.joining(" "));
  }

  private void say(String line) {
    if (!quiet) {
      System.out.println(line);
    }
  }

  private void warn(String line) {
    System.err.println("gpu-tae: " + line);
  }

  private boolean chosen(String name) {
    return only == null || only.stream().anyMatch(pattern -> matches(pattern, name));
  }

  private static boolean matches(String pattern, String name) {
    return name.matches(Pattern.quote(pattern.strip()).replace("*", "\\E.*\\Q"));
  }

  /** @param costMeasuredOn the device, or null if the cost is not measured */
  private PaperResults.Conditions conditions(List<SweepRow> rows, String costMeasuredOn) throws IOException {
    Set<String> devices = PaperRows.devices(rows);
    Map<String, String> settings = new LinkedHashMap<>();
    if (costMeasuredOn != null) {
      settings.put("cost measured on", costMeasuredOn);
    }
    List<Long> numbers = LongStream.range(0, seeds).boxed().toList();
    return new PaperResults.Conditions(devices.isEmpty() ? costMeasuredOn : String.join("; ", devices), Version.get(),
        LocalDate.now(ZoneId.systemDefault()).toString(), command(), epochs, numbers,
        settings);
  }
}
