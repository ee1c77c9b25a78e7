package gputae.paper;

import gputae.evaluate.Evaluation;
import gputae.evaluate.Measure;
import gputae.paper.PaperResults.Conditions;
import gputae.paper.PaperResults.Result;
import gputae.paper.PaperResults.Run;
import gputae.paper.PaperResults.Timing;
import gputae.train.ModelKind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Invented results of the paper's experiments: one number at a time, on the data set MNIST. */
public final class PaperExample {

  private final List<Result> results = new ArrayList<>();
  private final List<Timing> timings = new ArrayList<>();
  private int epochs = 100;

  /** One training with measures and values in turn. */
  PaperExample with(ModelKind model, int latent, Object... measured) {
    return with("MNIST", model, latent, null, null, measured);
  }

  PaperExample with(String dataset, ModelKind model, int latent, Path cloud, Path grid, Object... measured) {
    results.add(new Result(dataset, model, latent, List.of(new Run(0, evaluation(measured), 79, cloud, grid))));
    return this;
  }

  PaperExample with(Result result) {
    results.add(result);
    return this;
  }

  PaperExample with(Timing timing) {
    timings.add(timing);
    return this;
  }

  PaperExample epochs(int epochs) {
    this.epochs = epochs;
    return this;
  }

  PaperResults results() {
    return new PaperResults(new Conditions("a <processor>", "0.1.0", "1 May 2026",
        "gpu-tae paper --out 'a & b'", epochs, List.of(0L), Map.of("batch", "128")), results, timings);
  }

  public static Evaluation evaluation(Object... measured) {
    Map<Measure, Double> values = new EnumMap<>(Measure.class);
    for (int i = 0; i < measured.length; i += 2) {
      values.put((Measure) measured[i], ((Number) measured[i + 1]).doubleValue());
    }
    return new Evaluation(values);
  }
}
