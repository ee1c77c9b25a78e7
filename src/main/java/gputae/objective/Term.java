package gputae.objective;

/**
 * One term of an {@link Objective} with its weight and its settings: an immutable value, best a record. A term is also
 * a {@link LatentTerm}, a {@link ParameterTerm}, an {@link OutputTerm} or a {@link PosteriorTerm}, which says where in
 * a training step it is computed, and of what.
 */
public interface Term {

  /** What kind of term this is. */
  TermKind<?> kind();

  /** What the objective multiplies the term's value by, at least 0. */
  double weight();

  /** What the term adds to the objective where it has the value {@code value}: less than 0 where it is maximised. */
  default double weighted(double value) {
    return kind().signed(weight() * value);
  }
}
