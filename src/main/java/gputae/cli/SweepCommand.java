package gputae.cli;

import gputae.backend.cpu.NativeLibraries;
import gputae.evaluate.Evaluation;
import gputae.evaluate.Measure;
import gputae.files.WholeFile;
import gputae.homology.PhDimension;
import gputae.objective.OutputTerm;
import gputae.objective.Term;
import gputae.report.MeasureTable;
import gputae.run.Afterwards;
import gputae.run.Evaluating;
import gputae.run.Failure;
import gputae.run.PhDimensionFile;
import gputae.run.Sweep;
import gputae.run.SweepCell;
import gputae.run.SweepRow;
import gputae.train.Epoch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Trains every combination of given values of options. */
@Command(
    name = "sweep",
    description = {
      "Train every combination of values of train's options, several models at a time, and make one table of them.",
      ""},
    footerHeading = "%nFor example:%n",
    footer = {
      "  gpu-tae sweep --grid lambda=0.001,0.005,0.02,latent=2,10,seed=0..4 --dataset mnist --epochs 20 --evaluate "
          + "--out sweep",
      "",
      "A combination whose option has no meaning for its model is trained without it, once. Run the same command "
          + "again to continue after an interruption,",
      "or with more values to add trainings."
    },
    mixinStandardHelpOptions = true)
final class SweepCommand implements Callable<Integer> {

  /** The measures that fit the width of a page; sweep.csv has every measure. */
  private static final Set<Measure> HEADLINES = EnumSet.of(Measure.OUTSIDE, Measure.HOLE_RATIO, Measure.TRUSTWORTHINESS,
      Measure.CONTINUITY, Measure.KNN_ACCURACY, Measure.FRECHET,
      Measure.PRECISION, Measure.RECALL, Measure.COVERAGE, Measure.CLASS_ENTROPY);

  @Spec
  private CommandSpec spec;

  @Option(
      names = "--grid",
      paramLabel = "GRID",
      required = true,
      description = "OPTION=VALUE,VALUE,...[,OPTION=...]: options of train without their dashes, each with its "
          + "values; a..b are the integers from a to b; sizes of"
          + " layers are joined by +. May be given several times.")
  private List<String> grid;

  @Option(names = "--out", paramLabel = "DIR", required = true,
      description = "Folder for runs/, sweep.csv (all measures) and sweep.md (those that fit a page); may hold an "
          + "earlier part of the same sweep.")
  private Path out;

  @Option(names = "--evaluate", description = "Measure every model too (see evaluate --help).")
  private boolean evaluate;

  @Mixin
  private SamplerOption sampler;

  @Option(names = "--jobs", paramLabel = "N",
      description = "Models trained at a time (default: on a CPU its number of threads, at most the number of "
          + "models; 4 on a GPU). They share the CPU threads; their bits depend on the number of threads of each.")
  private Integer jobs;

  @Option(names = "--quiet", description = "No progress; the last line names the table.")
  private boolean quiet;

  private final Map<String, Evaluation> measured = new HashMap<>();

  /** For the parser and the help alone: each cell of the sweep parses its own options. */
  @Mixin
  @SuppressWarnings("UnusedVariable")
  private TrainOptions options;

  @Mixin
  private DeviceOptions device;

  @Override
  public Integer call() throws IOException {
    if (jobs != null && jobs < 1) {
      throw Failure.usage("--jobs is " + jobs + "; at least 1");
    }
    if (sampler.isGiven() && !evaluate) {
      throw Failure.usage("--sampler goes with --evaluate, which generates images; give both");
    }
    List<SweepCell> cells = cells(Grid.parse(grid), fixed());
    List<Afterwards> afterwards = evaluate ? List.of(new Evaluating(sampler.choice(), System.err::println)) : List.of();
    Sweep sweep = new Sweep(out, cells, afterwards, device::open, device.threads(), jobs, System.out,
        NativeLibraries.isTerminal(1), quiet, this::writeTables);
    if (!sweep.run()) {
      return 1;
    }
    System.out.println(
        quiet ? out.resolve("sweep.csv") : "done: see " + out.resolve("sweep.csv") + " and " + out.resolve("sweep.md"));
    return sweep.rows().stream().allMatch(row -> row.failure() == null) ? 0 : 1;
  }

  private void writeTables(List<SweepRow> rows) {
    try {
      List<MeasureTable.Row> whole = new ArrayList<>();
      List<MeasureTable.Row> readable = new ArrayList<>();
      for (SweepRow row : rows) {
        Map<String, String> parameters = new LinkedHashMap<>(row.cell().parameters());
        if (sampler.choice().needsData()) {
          parameters.put("sampler", sampler.choice().toString());
        }
        Evaluation evaluation = null;
        if (evaluate) {
          // Each evaluation is read once, since the tables are written again for every model.
          evaluation = measured.get(row.cell().name());
          if (evaluation == null) {
            evaluation = Evaluating.of(row);
            measured.put(row.cell().name(), evaluation);
          }
        }
        whole.add(new MeasureTable.Row(parameters, evaluation, others(row)));
        readable
            .add(new MeasureTable.Row(parameters, evaluation == null ? null : evaluation.only(HEADLINES), others(row)));
      }
      WholeFile.write(out.resolve("sweep.csv"), new MeasureTable(whole).csv().getBytes(StandardCharsets.UTF_8));
      MeasureTable measures = new MeasureTable(readable);
      boolean seeds = rows.stream().map(row -> row.cell().parameters().get(MeasureTable.SEED)).distinct().count() > 1;
      WholeFile.write(out.resolve("sweep.md"),
          (measures.markdown() + (seeds ? "\n" + measures.meansMarkdown() : "")).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The numbers of the run itself. */
  private static Map<String, Double> others(SweepRow row) throws IOException {
    Map<String, Double> others = new LinkedHashMap<>();
    if (row.failure() == null) {
      Epoch last = row.history().get(row.history().size() - 1);
      for (Term term : row.cell().config().objective().terms()) {
        others.put(term.kind().name(), last.loss(term.kind()));
        if (term instanceof OutputTerm) {
          others.put("test_rec", last.testReconstruction());
        }
      }
      if (row.cell().config().phDimension()) {
        PhDimension dimension = PhDimensionFile.of(row.run());
        if (dimension != null && dimension.exists()) {
          others.put(PhDimensionFile.COLUMN, dimension.dimension());
        }
      }
      others.put("seconds", last.seconds());
    }
    return others;
  }

  /** The options of train on this command line by name. */
  private Map<String, String> fixed() {
    Map<String, String> fixed = new LinkedHashMap<>();
    // An option that is given twice is matched twice, each time with all its values.
    for (OptionSpec option : new LinkedHashSet<>(spec.commandLine().getParseResult().matchedOptions())) {
      if (option.longestName().equals("--term")) {
        // A combination leaves out the weights of terms that its model does not have, so each is an option of its own.
        for (String text : option.originalStringValues()) {
          Map.Entry<String, String> term = TrainOptions.nameAndWeight(text);
          if (fixed.put("--lambda-" + term.getKey().replace('_', '-'), term.getValue()) != null) {
            throw Failure.usage("--term " + term.getKey() + ": its weight is given twice");
          }
        }
      } else if (spec.mixins().get("options").optionsMap().containsKey(option.longestName())) {
        if (fixed.put(option.longestName(), String.join(",", option.originalStringValues())) != null) {
          throw Failure.usage(option.longestName() + " is given beside --term; leave out one of them");
        }
      }
    }
    return fixed;
  }

  /**
   * One cell for each combination. Combinations that differ only in options without meaning for the model are left out.
   */
  private static List<SweepCell> cells(Grid grid, Map<String, String> fixed) {
    grid.axes().keySet().stream().filter(option -> fixed.containsKey("--" + option)).findFirst().ifPresent(option -> {
      throw Failure.usage("--" + option + " is given beside --grid " + option + "=...; leave out one of them");
    });
    if (grid.axes().containsKey("term")) {
      throw Failure.usage("--grid term=...: write lambda-NAME=WEIGHT,WEIGHT,... with the name of the term");
    }
    Map<String, SweepCell> cells = new LinkedHashMap<>();
    for (Map<String, String> point : grid.points()) {
      Map<String, String> values = new LinkedHashMap<>(fixed);
      point.forEach((option, value) -> values.put("--" + option, value));
      SweepCell cell = cell(values, point);
      SweepCell other = cells.putIfAbsent(cell.name(), cell);
      if (other != null && !other.isLike(cell)) {
        throw Failure.usage(
            "--grid: " + point + " and what comes before would both be called " + cell.name() + "; sweep them apart");
      }
    }
    return List.copyOf(cells.values());
  }

  /** The training with these options; the options of the point give it its name. */
  static SweepCell cell(Map<String, String> values, Map<String, String> point) {
    List<String> meaningless = TrainOptions.meaningless(TrainOptions.of(values).model(), values.keySet());
    Map<String, String> kept = new LinkedHashMap<>(values);
    kept.keySet().removeAll(meaningless);
    Map<String, String> named = new LinkedHashMap<>(point);
    named.keySet().removeIf(option -> meaningless.contains("--" + option));
    return SweepCell.of(TrainOptions.of(kept).spec(), named);
  }
}
