package gputae.backend;

/** How a latent point z outside the unit ball is penalised. The penalty is 0 inside the ball. */
public enum BallPenalty {
  /** max(|z| - 1, 0): the paper's text. */
  NORM,
  /** max(|z|^2 - 1, 0): the authors' code. */
  SQUARED
}
