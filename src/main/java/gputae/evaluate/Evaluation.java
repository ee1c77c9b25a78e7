package gputae.evaluate;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * The measures of one model, or of embeddings that another program made.
 *
 * @param values in the order of {@link Measure}; a measure without a value is not in the map
 */
public record Evaluation(Map<Measure, Double> values) {

  public Evaluation {
    EnumMap<Measure, Double> ordered = new EnumMap<>(Measure.class);
    ordered.putAll(values);
    values = Collections.unmodifiableMap(ordered);
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
    return new Evaluation(kept);
  }
}
