package gputae.evaluate;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * The measures of one model, or of embeddings that another program made.
 *
 * @param values  in the order of {@link Measure}; a measure without a value is not in the map
 * @param sampler the distribution of the latent points from which the images of {@link Measure.Group#GENERATION} were
 *     generated: {@value #PRIOR}, or the name of another one
 */
public record Evaluation(Map<Measure, Double> values, String sampler) {

  /** The distribution that the model was trained for. */
  public static final String PRIOR = "prior";

  public Evaluation {
    EnumMap<Measure, Double> ordered = new EnumMap<>(Measure.class);
    ordered.putAll(values);
    values = Collections.unmodifiableMap(ordered);
  }

  /** Measures of which those of generated images, if there are any, belong to samples of the prior. */
  public Evaluation(Map<Measure, Double> values) {
    this(values, PRIOR);
  }

  /** Whether the generated images are samples of the prior. */
  public boolean ofPrior() {
    return sampler.equals(PRIOR);
  }

  /** The heading of a group of measures; it names a sampler other than the prior. */
  public String title(Measure.Group group) {
    return group.title() + (group == Measure.Group.GENERATION && !ofPrior() ? ", sampler " + sampler : "");
  }

  /** The value, or NaN if there is none. */
  public double get(Measure measure) {
    return values.getOrDefault(measure, Double.NaN);
  }

  /** The evaluation restricted to these measures. */
  public Evaluation only(Set<Measure> measures) {
    EnumMap<Measure, Double> kept = new EnumMap<>(Measure.class);
    kept.putAll(values);
    kept.keySet().retainAll(measures);
    return new Evaluation(kept, sampler);
  }
}
