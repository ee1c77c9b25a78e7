package gputae.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The files that a sweep writes into its folder. They are checked before anything is computed. */
final class SweepOutputs {

  /** The files that this sweep or the report of the paper writes into the folder, beside the runs. */
  private static final List<String> TABLES = List.of("sweep.csv", "sweep.md", "report.html", "cost.json");

  private SweepOutputs() {}

  /** Refuses initial weights and data which the sweep itself would overwrite. */
  static void require(Path out, List<SweepCell> cells) throws IOException {
    Outputs tables = new Outputs();
    for (String name : TABLES) {
      tables.add("--out " + out + ": " + name, out.resolve(name));
    }
    Set<List<Object>> looked = new HashSet<>();
    Set<Path> runs = new HashSet<>();
    for (SweepCell cell : cells) {
      Path run = cell.directory(out).path();
      if (Files.isDirectory(run)) {
        runs.add(run.toRealPath());
      }
    }
    for (SweepCell cell : cells) {
      TrainSpec options = cell.spec();
      if (looked.add(Arrays.asList(options.dataset(), options.data(), options.init()))) {
        tables.notOverData(options.dataset(), options.data());
        if (options.init() != null && Files.exists(options.init())) {
          tables.notOver(List.of(options.init()), "which is read");
          if (runs.contains(options.init().toRealPath().getParent())) {
            throw Failure.usage("--init " + options.init() + " lies in a run that this sweep writes; copy it first");
          }
        }
      }
    }
  }
}
