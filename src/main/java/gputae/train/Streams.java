package gputae.train;

/**
 * Random streams of a run: values of the last word of a Philox counter. A number that was used once keeps its meaning,
 * since otherwise old runs could not be resumed.
 */
public final class Streams {

  public static final int INITIAL_WEIGHTS = 0;
  public static final int ORDER = 1;
  public static final int NOISE = 2;
  public static final int PRIOR = 3;
  public static final int ITERATES = 4;
  public static final int PARAMETER_TERMS = 5;

  private Streams() {}
}
