package gputae.paper;

import gputae.run.Evaluating;
import gputae.run.RunConfig;
import gputae.run.SweepRow;
import gputae.train.Epoch;
import gputae.train.ModelKind;
import gputae.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Converts the results of a sweep of the paper's models to {@link PaperResults}. */
public final class PaperRows {

  private PaperRows() {}

  /** The results of the rows that did not fail, by data set, model and dimension. */
  public static List<PaperResults.Result> of(List<SweepRow> rows) throws IOException {
    Map<List<Object>, List<PaperResults.Run>> runs = new LinkedHashMap<>();
    for (SweepRow row : rows) {
      if (row.failure() == null) {
        TrainConfig config = row.cell().config();
        Epoch last = row.history().get(row.history().size() - 1);
        Path cloud = row.run().cloud();
        Path grid = row.run().figure("generated");
        runs.computeIfAbsent(List.of(published(row.cell().spec().dataset()), config.model(), config.latent()),
            key -> new ArrayList<>())
            .add(new PaperResults.Run(config.seed(), Evaluating.of(row), last.seconds(),
                Files.exists(cloud) ? cloud : null, Files.exists(grid) ? grid : null));
      }
    }
    List<PaperResults.Result> results = new ArrayList<>();
    runs.forEach((key, of) -> results
        .add(new PaperResults.Result((String) key.get(0), (ModelKind) key.get(1), (Integer) key.get(2), of)));
    return results;
  }

  /** The name of a data set as the paper writes it. */
  private static String published(String dataset) {
    return switch (dataset) {
      case "mnist" -> "MNIST";
      case "fashion-mnist" -> "Fashion-MNIST";
      default -> RunConfig.shortName(dataset);
    };
  }

  /** The devices on which the models of the rows were trained, in the order of the rows, each once. */
  public static Set<String> devices(List<SweepRow> rows) throws IOException {
    // A model may have been trained with fewer threads than the machine has, or on another day on another device.
    Set<String> devices = new LinkedHashSet<>();
    for (SweepRow row : rows) {
      if (row.failure() == null) {
        devices.add(row.run().read().conditions());
      }
    }
    return devices;
  }
}
