package gputae.homology;

/** Points have no {@link PhDimension}, since the sum of their death times is 0 or not finite. */
public final class NoDimensionException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  NoDimensionException(String message) {
    super(message);
  }
}
