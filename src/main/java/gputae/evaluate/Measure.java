package gputae.evaluate;

/**
 * Every number of an evaluation, in the order of its tables: its name in them, its meaning and its source. Values are
 * doubles; a measure that has no meaning for a model or a data set is absent.
 */
public enum Measure {
  BCE_TRAIN("bce_train", "reconstruction, training", Group.RECONSTRUCTION, Better.LOWER,
      "mean binary cross-entropy of the training samples, nats per number of a sample"),
  BCE_TEST("bce_test", "reconstruction, test", Group.RECONSTRUCTION, Better.LOWER,
      "mean binary cross-entropy of the test samples, nats per number of a sample"),
  MSE_TRAIN("mse_train", "squared error, training", Group.RECONSTRUCTION, Better.LOWER,
      "mean squared error of the training samples: of pixels in [0, 1], of features as they are scaled"),
  MSE_TEST("mse_test", "squared error, test", Group.RECONSTRUCTION, Better.LOWER,
      "mean squared error of the test samples: of pixels in [0, 1], of features as they are scaled"),

  OUTSIDE("outside", "outside the ball", Group.BALL, Better.LOWER,
      "share of the embeddings whose norm is greater than 1"),
  HOLE_50("hole_50", "hole, median", Group.BALL, Better.LOWER,
      "median distance from uniform points of the unit ball to their nearest embedding"),
  HOLE_90("hole_90", "hole, 90 %", Group.BALL, Better.LOWER, "90 % quantile of that distance"),
  HOLE_95("hole_95", "hole, 95 %", Group.BALL, Better.LOWER, "95 % quantile of that distance"),
  HOLE_99("hole_99", "hole, 99 %", Group.BALL, Better.LOWER, "99 % quantile of that distance"),
  HOLE_LARGEST("hole_largest", "hole, largest", Group.BALL, Better.LOWER, "largest such distance"),
  UNIFORM_HOLE_50("uniform_hole_50", "uniform's median", Group.BALL, Better.NEITHER,
      "the same median for as many uniform points of the ball in place of the embeddings"),
  UNIFORM_HOLE_90("uniform_hole_90", "uniform's 90 %", Group.BALL, Better.NEITHER,
      "the same 90 % quantile for uniform points"),
  UNIFORM_HOLE_95("uniform_hole_95", "uniform's 95 %", Group.BALL, Better.NEITHER,
      "the same 95 % quantile for uniform points"),
  UNIFORM_HOLE_99("uniform_hole_99", "uniform's 99 %", Group.BALL, Better.NEITHER,
      "the same 99 % quantile for uniform points"),
  UNIFORM_HOLE_LARGEST("uniform_hole_largest", "uniform's largest", Group.BALL, Better.NEITHER,
      "the same largest distance for uniform points"),
  HOLE_RATIO("hole_ratio", "holes against uniform's", Group.BALL, Better.LOWER,
      "hole_95 / uniform_hole_95: 1 where the embeddings fill the ball as evenly as uniform points"),
  ENERGY_DISTANCE("energy_distance", "energy distance", Group.BALL, Better.LOWER,
      "2 E|X-Y| - E|X-X'| - E|Y-Y'| between the embeddings and as many uniform points of the ball (Szekely, Rizzo "
          + "2013)"),
  TOTAL_PERSISTENCE("total_persistence", "total persistence", Group.BALL, Better.NEITHER,
      "sum of all death times of the embeddings' H0: the length of their Euclidean minimum spanning tree"),
  UNIFORM_TOTAL_PERSISTENCE("uniform_total_persistence", "uniform's persistence", Group.BALL, Better.NEITHER,
      "the same of as many uniform points of the ball"),

  NORMAL_ENERGY("normal_energy", "distance from a normal", Group.SHAPE, Better.NEITHER,
      "energy distance of the standardised embeddings from as many standard normal points (Szekely, Rizzo 2005)"),
  BALL_ENERGY("ball_energy", "distance from a ball", Group.SHAPE, Better.NEITHER,
      "the same from as many uniform points of the ball with radius sqrt(d + 2), whose covariance is the identity"),
  KURTOSIS("kurtosis", "Mardia's kurtosis", Group.SHAPE, Better.NEITHER,
      "mean fourth power of the standardised embeddings' norm: d (d + 2) for a normal, d (d + 2)^2 / (d + 4) for a "
          + "ball (Mardia 1970)"),

  TRUSTWORTHINESS("trustworthiness", "trustworthiness", Group.NEIGHBOURHOODS, Better.HIGHER,
      "embedded neighbours that are neighbours among the inputs too, mean over k = 10, 20, ... (Venna, Kaski 2006)"),
  CONTINUITY("continuity", "continuity", Group.NEIGHBOURHOODS, Better.HIGHER,
      "neighbours among the inputs that stay neighbours embedded, mean over the same k (Venna, Kaski 2006)"),
  TRUSTWORTHINESS_10("trustworthiness_10", "trustworthiness, k = 10", Group.NEIGHBOURHOODS, Better.HIGHER,
      "the same for k = 10 alone"),
  CONTINUITY_10("continuity_10", "continuity, k = 10", Group.NEIGHBOURHOODS, Better.HIGHER,
      "the same for k = 10 alone"),
  RANK_ERROR("rank_error", "relative rank error", Group.NEIGHBOURHOODS, Better.LOWER,
      "of embedded neighbours: by how much, relative to their rank, they rank elsewhere among the inputs; mean over "
          + "the same k (Lee, Verleysen 2009)"),
  RANK_ERROR_INPUTS("rank_error_inputs", "rank error of inputs", Group.NEIGHBOURHOODS, Better.LOWER,
      "the same of the neighbours among the inputs"),
  DISTANCE_RMSE("distance_rmse", "RMSE of distances", Group.NEIGHBOURHOODS, Better.LOWER,
      "root mean square of |x - y| - |f(x) - f(y)| over all pairs, pixels in [0, 1] (Moor et al. 2020)"),
  KNN_ACCURACY("knn_accuracy", "k-NN accuracy", Group.NEIGHBOURHOODS, Better.HIGHER,
      "share of the embeddings whose label is that of the majority of their 10 nearest others; those without a class "
          + "are left out"),
  DENSITY_KL_0001("density_kl_0.001", "density, sigma 0.001", Group.NEIGHBOURHOODS, Better.LOWER,
      "KL divergence of the inputs' density from the embeddings', sigma = 0.001 (Moor et al. 2020)"),
  DENSITY_KL_001("density_kl_0.01", "density, sigma 0.01", Group.NEIGHBOURHOODS, Better.LOWER,
      "the same, sigma = 0.01"),
  DENSITY_KL_01("density_kl_0.1", "density, sigma 0.1", Group.NEIGHBOURHOODS, Better.LOWER, "the same, sigma = 0.1"),
  DENSITY_KL_1("density_kl_1", "density, sigma 1", Group.NEIGHBOURHOODS, Better.LOWER, "the same, sigma = 1"),

  FRECHET("frechet", "Frechet distance", Group.GENERATION, Better.LOWER,
      "Frechet distance of generated from test samples in the judge's features (Heusel et al. 2017, with this judge)"),
  PRECISION("precision", "precision", Group.GENERATION, Better.HIGHER,
      "share of generated samples within reach of the test samples, k = 3 (Kynkaanniemi et al. 2019)"),
  RECALL("recall", "recall", Group.GENERATION, Better.HIGHER,
      "share of test samples within reach of the generated ones, k = 3 (Kynkaanniemi et al. 2019)"),
  DENSITY("density", "density", Group.GENERATION, Better.HIGHER,
      "how many test samples' neighbourhoods a generated one lies in, against k = 5 (Naeem et al. 2020)"),
  COVERAGE("coverage", "coverage", Group.GENERATION, Better.HIGHER,
      "share of test samples with a generated one in their neighbourhood, k = 5 (Naeem et al. 2020)"),
  CLASS_ENTROPY("class_entropy", "class entropy", Group.GENERATION, Better.HIGHER,
      "entropy of the generated samples' classes as the judge sees them, 1 where all are equally frequent"),
  SMALLEST_CLASS("smallest_class", "smallest class", Group.GENERATION, Better.HIGHER,
      "share of the rarest class among the generated samples"),
  CONFIDENCE("confidence", "confidence", Group.GENERATION, Better.HIGHER,
      "mean probability that the judge gives the class it decides for"),
  JUDGE_ACCURACY("judge_accuracy", "the judge's accuracy", Group.GENERATION, Better.NEITHER,
      "share of test samples whose label the judge finds");

  /** The parts of a table. */
  public enum Group {
    RECONSTRUCTION("Reconstruction"),
    BALL("The unit ball"),
    SHAPE("The shape of the cloud"),
    NEIGHBOURHOODS("Neighbourhoods"),
    GENERATION("Generated samples");

    private final String title;

    Group(String title) {
      this.title = title;
    }

    public String title() {
      return title;
    }
  }

  /** Which of two values is better. */
  public enum Better {
    LOWER,
    HIGHER,
    /** The measure is descriptive, or serves for comparison. */
    NEITHER
  }

  private final String key;
  private final String title;
  private final Group group;
  private final Better better;
  private final String meaning;

  Measure(String key, String title, Group group, Better better, String meaning) {
    this.key = key;
    this.title = title;
    this.group = group;
    this.better = better;
    this.meaning = meaning;
  }

  /** The name in JSON and CSV. */
  public String key() {
    return key;
  }

  /** A short title for the head of a column. */
  public String title() {
    return title;
  }

  public Group group() {
    return group;
  }

  public Better better() {
    return better;
  }

  /** One line with formula, units and source. */
  public String meaning() {
    return meaning;
  }
}
