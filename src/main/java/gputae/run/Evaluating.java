package gputae.run;

import gputae.backend.Backend;
import gputae.data.Samples;
import gputae.evaluate.Evaluation;
import gputae.evaluate.Evaluator;
import gputae.model.Autoencoder;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Computes the measures of each model of a sweep and keeps them in its run directory. */
public final class Evaluating implements Afterwards {

  private final Consumer<String> warn;
  private final Map<LoadedData, Evaluator> evaluators = new HashMap<>();

  /** {@code warn} takes whole lines. */
  public Evaluating(Consumer<String> warn) {
    this.warn = warn;
  }

  /** The evaluation of a row; null if the row failed or is not measured. */
  public static Evaluation of(SweepRow row) throws IOException {
    return row.failure() != null ? null : outputs(row.run()).read();
  }

  /** All measures of a run's model. */
  public static Evaluation evaluate(Evaluator evaluator, Backend backend, Autoencoder model, RunConfig config) {
    Samples generated = GeneratedSamples.generate(backend, model, config.shape(), config.config().model().prior(),
        evaluator.generatedCount(), config.config().seed());
    return evaluator.of(backend, model, generated);
  }

  private static EvaluationOutputs outputs(RunDirectory run) {
    return new EvaluationOutputs(run.path());
  }

  @Override
  public String name() {
    return "measuring";
  }

  @Override
  public boolean isDone(SweepRow row) throws IOException {
    return of(row) != null;
  }

  @Override
  public void make(SweepRow row, LoadedData loaded, Backend backend, Autoencoder model) throws IOException {
    Evaluator evaluator;
    synchronized (evaluators) {
      evaluator = evaluators.computeIfAbsent(loaded,
          data -> new Evaluator(data.dataset(), new JudgeCache(data.dataset(), data.fingerprint(), warn)));
    }
    RunConfig config = row.run().read();
    Evaluation evaluation = evaluate(evaluator, backend, model, config);
    outputs(row.run()).write(RunConfig.title(config.dataset(), config.config()), RunOutputs.settings(config),
        evaluation, EvaluationOutputs.figures(row.run()));
  }

  @Override
  public void forget(LoadedData loaded) {
    synchronized (evaluators) {
      evaluators.remove(loaded);
    }
  }
}
