package gputae.train;

/** A loss or a weight is no longer finite, so further training would be useless. */
public final class DivergedException extends RuntimeException {

  private final long step;

  DivergedException(long step, String message) {
    super(message);
    this.step = step;
  }

  /** The first step, counted from 1, whose loss is not finite. */
  public long step() {
    return step;
  }
}
