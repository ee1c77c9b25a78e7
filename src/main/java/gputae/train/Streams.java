package gputae.train;

/**
 * Random streams of a run: values of the last word of a Philox counter. A number that was used once keeps its meaning,
 * since otherwise old runs could not be resumed.
 */
public final class Streams {

  public static final int INITIAL_WEIGHTS = 0;
  public static final int ORDER = 1;
  public static final int NOISE = 2;

  /** Latent points from which images are generated, whatever their distribution. */
  public static final int PRIOR = 3;

  public static final int ITERATES = 4;
  public static final int PARAMETER_TERMS = 5;

  /** The first clusters of a mixture that is fitted to embeddings. */
  public static final int CLUSTERS = 6;

  /** Samples of the prior that terms compare the latent points of a step with. */
  public static final int TERM_PRIOR = 7;

  private Streams() {}
}
