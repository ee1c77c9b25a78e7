package gputae.backend;

/** How a latent point z outside the unit ball is penalised; 0 inside. */
public enum BallPenalty {
  /** max(|z| - 1, 0): the paper's text. */
  NORM,
  /** max(|z|^2 - 1, 0): the authors' code. */
  SQUARED
}
