package gputae.paper;

import gputae.backend.Backend;
import gputae.data.Dataset;
import gputae.device.DeviceChoice;
import gputae.run.DataFingerprint;
import gputae.train.ModelKind;
import gputae.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Section V of the paper: the time of a step with and without the term, here and in PyTorch with GUDHI. */
public final class PaperCosts {

  /** The batch size of the paper's tables, both of its section V, and larger ones. */
  private static final List<Integer> BATCHES = List.of(128, 512, 2048, 8192);

  private static final double SECONDS = 0.7;

  private static final String FAILED = "the script failed or took too long";

  /** From this batch size on, GUDHI takes seconds per step; larger batches take minutes and tens of gigabytes. */
  private static final int LARGEST_PEER_BATCH = 2048;

  private final String python;
  private final int threads;

  /**
   * @param python  a command or a path; the cost is measured there too if it has torch and gudhi
   * @param threads number of CPU threads
   */
  public PaperCosts(String python, int threads) {
    this.python = python;
    this.threads = threads;
  }

  private static TrainConfig config(ModelKind model, int batch) {
    return TrainConfig.ofPaper(model, 2, batch, 1, 0);
  }

  /**
   * Measures section V: the first data set, two latent dimensions, each batch size for which there are enough images.
   * It is measured once for these conditions.
   */
  public List<PaperResults.Timing> of(Backend backend, Experiments experiments, Path out, Consumer<String> say)
      throws IOException {
    Dataset dataset = experiments.spec(experiments.datasets().get(0), config(ModelKind.AE, BATCHES.get(0))).load(say);
    String missing = PeerCost.missing(python, dataset.shape().size());
    Path file = out.resolve("cost.json");
    String conditions = DeviceChoice.conditions(backend) + "; " + DataFingerprint.of(dataset) + "; "
        + (missing == null ? python : missing);
    List<PaperResults.Timing> timings = CostFile.read(file, conditions);
    if (timings != null) {
      say.accept("cost of the term: from " + file);
      return timings;
    }
    timings = new ArrayList<>();
    say.accept("cost of the term: measured here"
        + (missing == null ? " and in PyTorch and GUDHI" : "; not in PyTorch and GUDHI: " + missing));
    try (PeerCost peer =
        missing == null ? PeerCost.open(python, threads, dataset.train().images(), dataset.test().images()) : null) {
      for (int batch : BATCHES) {
        if (batch <= dataset.train().count()) {
          PaperResults.Timing timing = cost(backend, dataset, batch, peer, missing);
          timings.add(timing);
          PaperResults.Cost own = timing.own();
          say.accept(String.format(Locale.ROOT, "batch %d: %.0f microseconds a step without the term, %.0f with it",
              batch, own.plain(), own.regularised())
              + (timing.peer() == null ? "" : String.format(Locale.ROOT, "; PyTorch and GUDHI %.0f and %.0f",
                  timing.peer().plain(), timing.peer().regularised())));
        }
      }
    }
    if (timings.stream().noneMatch(timing -> FAILED.equals(timing.reason()))) {
      CostFile.write(file, conditions, timings);
    }
    return timings;
  }

  private PaperResults.Timing cost(Backend backend, Dataset dataset, int batch, PeerCost peer, String missing)
      throws IOException {
    List<TrainConfig> configs = new ArrayList<>();
    for (ModelKind model : List.of(ModelKind.AE, ModelKind.TAE)) {
      configs.add(config(model, batch));
    }
    double[] seconds = StepCost.measure(backend, dataset, configs, SECONDS);
    PaperResults.Cost own = new PaperResults.Cost(1e6 * seconds[0], 1e6 * seconds[1]);
    if (peer == null) {
      return new PaperResults.Timing(batch, own, null, missing);
    }
    if (batch > LARGEST_PEER_BATCH) {
      return new PaperResults.Timing(batch, own, null, "since GUDHI would take minutes a step and tens of gigabytes");
    }
    // This takes about the same time at each size: without the term the time of a step grows with the batch, in GUDHI
    // with more than its square.
    int steps = Math.max(20, 200 * BATCHES.get(0) / batch);
    double plain = peer.secondsAStep(false, 2, batch, steps);
    double regularised =
        peer.secondsAStep(true, 2, batch, Math.max(3, 200 * BATCHES.get(0) * BATCHES.get(0) / (batch * batch)));
    return Double.isNaN(plain + regularised) ? new PaperResults.Timing(batch, own, null, FAILED)
        : new PaperResults.Timing(batch, own, new PaperResults.Cost(1e6 * plain, 1e6 * regularised), null);
  }
}
