package gputae.evaluate;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * The measures of one model or of embeddings made elsewhere.
 *
 * @param values in the order of {@link Measure}; what could not be measured is not in it
 */
public record Evaluation(Map<Measure, Double> values) {

  public Evaluation {
    EnumMap<Measure, Double> ordered = new EnumMap<>(Measure.class);
    ordered.putAll(values);
    values = Collections.unmodifiableMap(ordered);
  }

  /** The value, or NaN. */
  public double get(Measure measure) {
    return values.getOrDefault(measure, Double.NaN);
  }

  /** These of the measures alone. */
  public Evaluation only(Set<Measure> measures) {
    EnumMap<Measure, Double> kept = new EnumMap<>(Measure.class);
    kept.putAll(values);
    kept.keySet().retainAll(measures);
    return new Evaluation(kept);
  }
}
