package gputae.evaluate;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.backend.Output;
import gputae.data.Dataset;
import gputae.data.Images;
import gputae.data.Samples;
import gputae.data.Split;
import gputae.data.Vectors;
import gputae.linear.FloatPoints;
import gputae.model.Autoencoder;
import gputae.model.ReconstructionLoss;
import gputae.model.SafeTensors;
import gputae.model.SampleMatrix;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures models of one data set, or embeddings of given inputs. Everything that depends on the data alone is computed
 * for the first model and kept. Several threads may measure at the same time, each with its own backend.
 *
 * <p>Embeddings are those of the test images, or of {@value #MOST} of them if there are more. The number of generated
 * images is the same.
 */
public final class Evaluator {

  /** Number of points in the measures whose cost grows with the square of that number. */
  public static final int MOST = 10_000;

  /** Seed of samples and probes, the same for every model. */
  private static final long SEED = 0;

  private static final List<Measure> DENSITIES =
      List.of(Measure.DENSITY_KL_0001, Measure.DENSITY_KL_001, Measure.DENSITY_KL_01, Measure.DENSITY_KL_1);

  /** Finds or trains the judge of a data set. */
  @FunctionalInterface
  public interface Judges {
    /** The judge, found or trained on this backend; the resulting file is valid for any backend. */
    SafeTensors judge(Backend backend);
  }

  private final Dataset dataset;
  private final Judges judges;
  private final Split test;

  // Computed once, when it is first needed.
  private InputSpace space;
  private SafeTensors judgeFile;
  private RealImages real;
  private double judgeAccuracy;
  private final Map<Integer, UniformBallReference> uniform = new HashMap<>();
  private final Map<Integer, ShapeReference> shapes = new HashMap<>();

  /**
   * @param judges asked once, if the data set has labels of at least two classes; otherwise generated images are not
   *     judged
   */
  public Evaluator(Dataset dataset, Judges judges) {
    this.dataset = dataset;
    this.judges = judges;
    this.test = Sample.of(dataset.test().count(), MOST, SEED).split(dataset.test());
  }

  /** The number of images that the model must generate. */
  public int generatedCount() {
    return test.count();
  }

  /**
   * Computes all measures of a model.
   *
   * @param generated {@link #generatedCount} decoded samples of its latent space
   * @param sampler   the distribution of these samples, as {@link Evaluation#sampler} names it
   */
  public Evaluation of(Backend backend, Autoencoder model, Samples generated, String sampler) {
    Map<Measure, Double> values = new EnumMap<>(Measure.class);
    reconstruction(backend, model, dataset.train().samples(), Measure.BCE_TRAIN, Measure.MSE_TRAIN, values);
    reconstruction(backend, model, dataset.test().samples(), Measure.BCE_TEST, Measure.MSE_TEST, values);
    FloatPoints embeddings;
    try (Matrix samples = SampleMatrix.of(backend, test.samples())) {
      embeddings = model.embeddings(samples);
    }
    if (test.count() >= 2) {
      ball(backend, embeddings, uniform(backend, embeddings), values);
      shape(embeddings, shape(backend, embeddings), values);
      neighbourhoods(NeighbourhoodMeasures.of(space(), embeddings, test), values);
    }
    if (dataset.classes().size() >= 2 && dataset.train().labels() != null && dataset.test().labels() != null
        && test.count() >= RealImages.LEAST) {
      generation(backend, generated, values);
    }
    return new Evaluation(values, sampler);
  }

  /**
   * The measures of embeddings that another program made: the unit ball, the shape and neighbourhoods.
   *
   * @param labels labels of the same points, -1 for a point without a class; or null
   * @throws IllegalArgumentException if there are fewer than 2 points or the numbers of points differ
   */
  public static Evaluation of(Backend backend, InputSpace inputs, FloatPoints embeddings, int[] labels) {
    Map<Measure, Double> values = new EnumMap<>(Measure.class);
    UniformBallReference uniform =
        UniformBallReference.of(backend, embeddings.count(), embeddings.dimension(), SEED);
    ball(backend, embeddings, uniform, values);
    shape(embeddings, ShapeReference.of(backend, uniform, SEED), values);
    neighbourhoods(NeighbourhoodMeasures.ofClasses(inputs, embeddings, labels), values);
    return new Evaluation(values);
  }

  private static void reconstruction(Backend backend, Autoencoder model, Samples samples, Measure entropy,
      Measure squares, Map<Measure, Double> values) {
    try (Matrix all = SampleMatrix.of(backend, samples)) {
      if (model.architecture().output() == Output.BERNOULLI) {
        try (ReconstructionLoss loss = new ReconstructionLoss(model, all)) {
          values.put(entropy, loss.enqueue().getAsDouble());
        }
      }
      int size = samples.size();
      double sum = 0;
      int latent = model.architecture().latent();
      try (Matrix z = backend.allocate(samples.count(), latent).upload(model.embeddings(all).coordinates())) {
        // The decoded images of a whole split would take four times as much memory as the split.
        for (int first = 0; first < samples.count(); first += Autoencoder.CHUNK) {
          int count = Math.min(Autoencoder.CHUNK, samples.count() - first);
          float[] decoded = model.decode(z.view((long) first * latent, count, latent));
          for (int i = 0; i < decoded.length; i++) {
            double difference = decoded[i] - exact(samples, first * size + i);
            sum += difference * difference;
          }
        }
      }
      values.put(squares, sum / ((double) samples.count() * size));
    }
  }

  /** A number of the samples, of pixels without rounding. */
  private static double exact(Samples samples, int place) {
    return samples instanceof Images images ? (images.pixels()[place] & 0xff) / 255.0
        : ((Vectors) samples).values()[place];
  }

  private static void ball(Backend backend, FloatPoints embeddings, UniformBallReference uniform,
      Map<Measure, Double> values) {
    BallMeasures ball = BallMeasures.of(backend, embeddings, uniform);
    values.put(Measure.OUTSIDE, ball.shareOutside());
    values.put(Measure.HOLE_50, ball.holes().median());
    values.put(Measure.HOLE_90, ball.holes().quantile90());
    values.put(Measure.HOLE_95, ball.holes().quantile95());
    values.put(Measure.HOLE_99, ball.holes().quantile99());
    values.put(Measure.HOLE_LARGEST, ball.holes().largest());
    values.put(Measure.UNIFORM_HOLE_50, ball.uniformHoles().median());
    values.put(Measure.UNIFORM_HOLE_90, ball.uniformHoles().quantile90());
    values.put(Measure.UNIFORM_HOLE_95, ball.uniformHoles().quantile95());
    values.put(Measure.UNIFORM_HOLE_99, ball.uniformHoles().quantile99());
    values.put(Measure.UNIFORM_HOLE_LARGEST, ball.uniformHoles().largest());
    values.put(Measure.HOLE_RATIO, ball.holeRatios().quantile95());
    values.put(Measure.ENERGY_DISTANCE, ball.energyDistance());
    values.put(Measure.TOTAL_PERSISTENCE, ball.totalPersistence());
    values.put(Measure.UNIFORM_TOTAL_PERSISTENCE, ball.uniformTotalPersistence());
  }

  private static void shape(FloatPoints embeddings, ShapeReference reference, Map<Measure, Double> values) {
    ShapeMeasures.of(embeddings, reference).ifPresent(shape -> {
      values.put(Measure.NORMAL_ENERGY, shape.normalEnergy());
      values.put(Measure.BALL_ENERGY, shape.ballEnergy());
      values.put(Measure.KURTOSIS, shape.kurtosis());
    });
  }

  private static void neighbourhoods(NeighbourhoodMeasures measured, Map<Measure, Double> values) {
    put(values, Measure.TRUSTWORTHINESS, measured.trustworthiness());
    put(values, Measure.CONTINUITY, measured.continuity());
    put(values, Measure.TRUSTWORTHINESS_10, measured.trustworthiness10());
    put(values, Measure.CONTINUITY_10, measured.continuity10());
    put(values, Measure.RANK_ERROR, measured.rankError());
    put(values, Measure.RANK_ERROR_INPUTS, measured.rankErrorOfInputs());
    put(values, Measure.DISTANCE_RMSE, measured.distanceRmse());
    put(values, Measure.KNN_ACCURACY, measured.labelAccuracy());
    for (int i = 0; i < DENSITIES.size(); i++) {
      values.put(DENSITIES.get(i), measured.densityDivergence().get(i));
    }
  }

  private static void put(Map<Measure, Double> values, Measure measure, double value) {
    if (!Double.isNaN(value)) {
      values.put(measure, value);
    }
  }

  private void generation(Backend backend, Samples generated, Map<Measure, Double> values) {
    try (Judge judge = Judge.fromTensors(backend, judgeFile(backend))) {
      RealImages realImages = real(judge);
      GenerationMeasures measured = GenerationMeasures.of(realImages, judge.judge(generated));
      values.put(Measure.FRECHET, measured.frechet());
      values.put(Measure.PRECISION, measured.precision());
      values.put(Measure.RECALL, measured.recall());
      values.put(Measure.DENSITY, measured.density());
      values.put(Measure.COVERAGE, measured.coverage());
      values.put(Measure.CLASS_ENTROPY, measured.classEntropy());
      values.put(Measure.SMALLEST_CLASS, measured.smallestShare());
      values.put(Measure.CONFIDENCE, measured.confidence());
      put(values, Measure.JUDGE_ACCURACY, judgeAccuracy);
    }
  }

  private UniformBallReference uniform(Backend backend, FloatPoints embeddings) {
    synchronized (uniform) {
      return uniform.computeIfAbsent(embeddings.dimension(),
          d -> UniformBallReference.of(backend, embeddings.count(), d, SEED));
    }
  }

  private ShapeReference shape(Backend backend, FloatPoints embeddings) {
    UniformBallReference ball = uniform(backend, embeddings);
    synchronized (shapes) {
      return shapes.computeIfAbsent(embeddings.dimension(), d -> ShapeReference.of(backend, ball, SEED));
    }
  }

  private synchronized InputSpace space() {
    if (space == null) {
      space = InputSpace.of(test.samples());
    }
    return space;
  }

  private synchronized SafeTensors judgeFile(Backend backend) {
    if (judgeFile == null) {
      judgeFile = judges.judge(backend);
    }
    return judgeFile;
  }

  private synchronized RealImages real(Judge judge) {
    if (real == null) {
      Judgement judged = judge.judge(test.samples());
      // This is the accuracy on these images. The judge may have been tested on other images when it was trained.
      judgeAccuracy = Judge.accuracy(judged, test);
      real = RealImages.of(judged.features());
    }
    return real;
  }
}
