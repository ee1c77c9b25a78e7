package gputae.objective;

/**
 * One term of an {@link Objective} with its weight and its settings. A term is an immutable value, preferably a record.
 * It also implements {@link LatentTerm}, {@link ParameterTerm}, {@link OutputTerm} or {@link PosteriorTerm}. This
 * second interface says at which point of a training step the term is computed, and from which data.
 */
public interface Term {

  /** What kind of term this is. */
  TermKind<?> kind();

  /** The factor, at least 0, by which the objective multiplies the term's value. */
  double weight();
}
