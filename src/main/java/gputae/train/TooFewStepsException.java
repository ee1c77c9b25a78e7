package gputae.train;

/** A training has too few steps for the PH dimension of its last iterates. */
public final class TooFewStepsException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  TooFewStepsException(String message) {
    super(message);
  }
}
