package gputae.run;

import gputae.backend.Backend;
import gputae.data.Samples;
import gputae.evaluate.Evaluation;
import gputae.evaluate.Evaluator;
import gputae.model.Autoencoder;
import gputae.train.TrainConfig;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** Computes the measures of each model of a sweep and keeps them in its run directory. */
public final class Evaluating implements Afterwards {

  private final SamplerChoice sampler;
  private final Consumer<String> warn;
  private final AtomicBoolean told = new AtomicBoolean();
  private final Map<LoadedData, Evaluator> evaluators = new HashMap<>();

  /**
   * The measures of a model and what they belong to.
   *
   * @param settings of the run, with the fit of the sampler
   */
  public record Measured(Evaluation evaluation, Map<String, String> settings) {}

  /** Measures with images of the models' priors; {@code warn} takes whole lines. */
  public Evaluating(Consumer<String> warn) {
    this(SamplerChoice.PRIOR, warn);
  }

  /**
   * Measures with images of this sampler. A model that has measures with images of another one is measured again;
   * {@code warn} takes whole lines.
   */
  public Evaluating(SamplerChoice sampler, Consumer<String> warn) {
    this.sampler = sampler;
    this.warn = warn;
  }

  /** The evaluation of a row; null if the row failed or is not measured. */
  public static Evaluation of(SweepRow row) throws IOException {
    return row.failure() != null ? null : outputs(row.run()).read();
  }

  /**
   * All measures of a run's model.
   *
   * @param training the training samples
   * @param say      told in a line what was fitted, if the sampler is fitted, or which sampler suits the model
   */
  public static Measured evaluate(Evaluator evaluator, Backend backend, Autoencoder model, RunConfig run,
      SamplerChoice sampler, Samples training, Consumer<String> say) {
    TrainConfig config = run.config();
    SamplerChoice.Fitted fitted = sampler.fit(backend, model, config, training);
    Map<String, String> settings = RunOutputs.settings(run);
    sampler.advice(config).ifPresent(say);
    if (!fitted.fit().isEmpty()) {
      settings.put("sampler", sampler + ": " + fitted.fit());
      say.accept("sampler: " + fitted.fit());
    }
    Samples generated = GeneratedSamples.generate(backend, model, run.shape(), fitted.sampler(),
        evaluator.generatedCount(), config.seed());
    return new Measured(evaluator.of(backend, model, generated, sampler.toString()), settings);
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
    Evaluation found = of(row);
    if (found == null || found.sampler().equals(sampler.toString())) {
      return found != null;
    }
    if (!told.getAndSet(true)) {
      warn.accept("gpu-tae: the models here that were measured with the sampler " + found.sampler()
          + " are measured again with " + sampler);
    }
    return false;
  }

  @Override
  public void make(SweepRow row, LoadedData loaded, Backend backend, Autoencoder model) throws IOException {
    Evaluator evaluator;
    synchronized (evaluators) {
      evaluator = evaluators.computeIfAbsent(loaded,
          data -> new Evaluator(data.dataset(), new JudgeCache(data.dataset(), data.fingerprint(), warn)));
    }
    RunConfig config = row.run().read();
    // A line for each model would break the progress of a sweep; the fit stands among the settings.
    Measured measured =
        evaluate(evaluator, backend, model, config, sampler, loaded.dataset().train().samples(), line -> {});
    outputs(row.run()).write(RunConfig.title(config.dataset(), config.config()), measured.settings(),
        measured.evaluation(), EvaluationOutputs.figures(row.run()));
  }

  @Override
  public void forget(LoadedData loaded) {
    synchronized (evaluators) {
      evaluators.remove(loaded);
    }
  }
}
