package gputae.backend;

/** The function that follows a dense layer. */
public enum Activation {
  /** y = x. */
  IDENTITY,
  /** y = x for x > 0, else exp(x) - 1 (Clevert, Unterthiner, Hochreiter 2016, alpha = 1). */
  ELU
}
