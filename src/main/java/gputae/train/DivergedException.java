package gputae.train;

/** A loss or a weight is no longer finite, so going on would train on nothing. */
public final class DivergedException extends RuntimeException {

  private final long step;

  DivergedException(long step, String message) {
    super(message);
    this.step = step;
  }

  /** The step, from 1, whose loss was the first that is not finite. */
  public long step() {
    return step;
  }
}
