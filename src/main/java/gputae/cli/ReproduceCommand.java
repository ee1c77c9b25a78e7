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
import gputae.run.Evaluating;
import gputae.run.Failure;
import gputae.run.Outputs;
import gputae.run.ShellWord;
import gputae.run.Sweep;
import gputae.run.SweepCell;
import gputae.run.SweepRow;
import gputae.run.Version;
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
          + "claim.",
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

  @Option(names = "--out", paramLabel = "DIR", defaultValue = "reproduction",
      description = "Folder for report.html, tables/ and runs/ (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Option(
      names = "--datasets",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "mnist,fashion-mnist",
      description = "Data sets, by name or path (default: ${DEFAULT-VALUE}).")
  private List<String> datasets;

  @Option(names = "--data", paramLabel = "DIR",
      description = "Folder with a folder of IDX files for each data set: DIR/mnist, DIR/fashion-mnist (default: they "
          + "are downloaded once).")
  private Path data;

  @Option(names = "--epochs", paramLabel = "N", defaultValue = "100",
      description = "Epochs of every training; the paper has 100 (default: ${DEFAULT-VALUE}).")
  private int epochs;

  @Option(names = "--seeds", paramLabel = "N", defaultValue = "1",
      description = "Number of trainings of each model, with the seeds 0 to N-1; the report has means and spreads "
          + "(default: ${DEFAULT-VALUE}).")
  private int seeds;

  @Option(
      names = "--only",
      paramLabel = "NAME",
      split = ",",
      description = "Train and report only these models, with names such as mnist-tae-d2 and * for anything; "
          + "cost is the measurement of section V.")
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
    if (epochs < 1 || seeds < 1 || jobs != null && jobs < 1) {
      throw Failure.usage("--epochs, --seeds and --jobs are at least 1");
    }
    Outputs.requireFolder("--out", out);
    Experiments experiments = new Experiments(datasets, data, epochs, seeds);
    if (datasets.stream().anyMatch(String::isBlank)) {
      throw Failure.usage("--datasets has an empty name");
    }
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
      Sweep sweep =
          new Sweep(out, cells, List.of(new Evaluating(System.err::println), new PaperCloud(this::warn)), device::open,
              device.threads(), jobs, System.out, NativeLibraries.isTerminal(1), quiet, soFar -> {});
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
    String command = "java -jar gpu-tae.jar " + spec.commandLine().getParseResult().originalArgs().stream()
        .map(ShellWord::of).collect(Collectors.joining(" "));
    List<Long> numbers = LongStream.range(0, seeds).boxed().toList();
    return new PaperResults.Conditions(devices.isEmpty() ? costMeasuredOn : String.join("; ", devices), Version.get(),
        LocalDate.now(ZoneId.systemDefault()).toString(), command, epochs, numbers,
        settings);
  }
}
