package gputae.paper;

import gputae.evaluate.Evaluation;
import gputae.evaluate.Measure;
import gputae.report.Spread;
import gputae.train.ModelKind;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The measurements for the reproduction of the paper. Anything may be missing: models, dimensions, evaluations,
 * pictures, times.
 *
 * @param results one for each data set, model and latent dimension, in any order; data sets are shown in the order of
 *     their first results
 * @param timings in ascending order of the batch size
 */
public record PaperResults(Conditions conditions, List<Result> results, List<Timing> timings) {

  /** The latent dimensions of the paper's tables. */
  static final List<Integer> LATENTS = List.of(2, 5, 10);
  /** The epochs of the paper's trainings. */
  static final int EPOCHS = 100;

  /**
   * The conditions under which the numbers were measured.
   *
   * @param device   the processor that trained, in words
   * @param version  version of gpu-tae
   * @param date     date in words, which is shown unchanged
   * @param command  the command line that gives these numbers again
   * @param epochs   epochs of each training
   * @param seeds    seeds of the trainings
   * @param settings other settings, name and value, in the order of the map
   */
  public record Conditions(String device, String version, String date, String command, int epochs, List<Long> seeds,
      Map<String, String> settings) {
    public Conditions {
      seeds = List.copyOf(seeds);
      settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }
  }

  /**
   * One model on one data set, trained once for each seed.
   *
   * @param dataset name of the data set as people write it: MNIST
   * @param runs    in the order of the seeds
   */
  public record Result(String dataset, ModelKind model, int latent, List<Run> runs) {
    public Result {
      runs = List.copyOf(runs);
    }

    /** Whether any run has any measure. */
    boolean evaluated() {
      return runs.stream().anyMatch(run -> run.evaluation() != null && !run.evaluation().values().isEmpty());
    }

    Spread spread(Measure measure) {
      return Spread.of(runs.stream()
          .mapToDouble(run -> run.evaluation() == null ? Double.NaN : run.evaluation().get(measure)).toArray());
    }

    Spread seconds() {
      return Spread.of(runs.stream().mapToDouble(Run::seconds).toArray());
    }
  }

  /**
   * One training.
   *
   * @param evaluation null if there is none
   * @param seconds    seconds that the training took; NaN if unknown
   * @param cloud      PNG of the latent embeddings of 512 training images; null if there is none
   * @param grid       PNG of generated images; null if there is none
   */
  public record Run(long seed, Evaluation evaluation, double seconds, Path cloud, Path grid) {}

  /**
   * The cost of the topological term at one batch size.
   *
   * @param own    cost in gpu-tae
   * @param peer   cost in PyTorch with GUDHI; null if it was not measured
   * @param reason why it was not measured; null or empty if it was
   */
  public record Timing(int batch, Cost own, Cost peer, String reason) {}

  /** Microseconds per training step of the autoencoder; NaN if not measured. */
  public record Cost(double plain, double regularised) {
    double ratio() {
      return regularised / plain;
    }
  }

  public PaperResults {
    results = List.copyOf(results);
    timings = List.copyOf(timings);
  }

  List<String> datasets() {
    return results.stream().map(Result::dataset).distinct().toList();
  }

  /** The latent dimensions for which a data set has results, ascending. */
  List<Integer> latents(String dataset) {
    return results.stream().filter(r -> r.dataset().equals(dataset)).map(Result::latent).sorted().distinct().toList();
  }

  /** These dimensions and those of the paper, ascending. */
  List<Integer> wantedLatents(String dataset) {
    return Stream.concat(LATENTS.stream(), latents(dataset).stream()).sorted().distinct().toList();
  }

  /** The result, or an empty one without runs. */
  Result result(String dataset, ModelKind model, int latent) {
    return results.stream().filter(r -> r.dataset().equals(dataset) && r.model() == model && r.latent() == latent)
        .findFirst()
        .orElse(new Result(dataset, model, latent, List.of()));
  }

  boolean has(String dataset, ModelKind model) {
    return results.stream().anyMatch(r -> r.dataset().equals(dataset) && r.model() == model && !r.runs().isEmpty());
  }

  Spread spread(String dataset, ModelKind model, int latent, Measure measure) {
    return result(dataset, model, latent).spread(measure);
  }
}
