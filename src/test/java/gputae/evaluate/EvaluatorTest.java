package gputae.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Backend;
import gputae.backend.Output;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.data.Dataset;
import gputae.data.Images;
import gputae.data.Shape;
import gputae.data.Split;
import gputae.linear.FloatPoints;
import gputae.model.Architecture;
import gputae.model.Autoencoder;
import gputae.model.HiddenLayers;
import gputae.model.SafeTensors;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * A model whose results are all known: all parameters are 0, so each image is embedded at the origin and decoded to
 * 0.5.
 */
class EvaluatorTest {

  private static Backend backend() {
    return new CpuBackend(InstructionSet.best(), 1);
  }

  private static Autoencoder zeros(Backend backend, int pixels) {
    return new Autoencoder(backend, new Architecture(pixels, List.of(8), 2, false));
  }

  private static SafeTensors judge(Backend backend, Dataset dataset) {
    try (Judge judge = Judge.train(backend, dataset, new Judge.Training(0, 3, 32, 3e-3))) {
      return judge.toTensors("rows", "here");
    }
  }

  @Test
  void everyMeasureOfAModelThatKnowsNothing() {
    Dataset rows = JudgeContract.rows(320, 60);
    int[] trained = {0};
    try (Backend backend = backend();
        Autoencoder model = zeros(backend, rows.test().samples().size())) {
      Evaluator evaluator = new Evaluator(rows, on -> {
        trained[0]++;
        return judge(on, rows);
      });
      assertEquals(60, evaluator.generatedCount());
      float[] grey = new float[60 * rows.shape().size()];
      Arrays.fill(grey, 128 / 255f);
      Evaluation evaluation =
          evaluator.of(backend, model, rows.test().images().shape().samples(grey), Evaluation.PRIOR);
      // Embeddings in one place cannot be standardised, so they have no shape.
      EnumSet<Measure> expected = EnumSet.allOf(Measure.class);
      expected.removeIf(measure -> measure.group() == Measure.Group.SHAPE);
      assertEquals(expected, evaluation.values().keySet());
      assertEquals(Math.log(2), evaluation.get(Measure.BCE_TRAIN), 1e-6);
      assertEquals(Math.log(2), evaluation.get(Measure.BCE_TEST), 1e-6);
      assertEquals(squares(rows.train().images()), evaluation.get(Measure.MSE_TRAIN), 1e-12);
      assertEquals(squares(rows.test().images()), evaluation.get(Measure.MSE_TEST), 1e-12);
      assertEquals(0, evaluation.get(Measure.OUTSIDE));
      assertEquals(0, evaluation.get(Measure.TOTAL_PERSISTENCE));
      // Distances of uniform points of the disk from its centre: r^2 is uniform.
      assertEquals(Math.sqrt(0.5), evaluation.get(Measure.HOLE_50), 0.02);
      assertEquals(Math.sqrt(0.95), evaluation.get(Measure.HOLE_95), 0.01);
      assertEquals(evaluation.get(Measure.HOLE_95) / evaluation.get(Measure.UNIFORM_HOLE_95),
          evaluation.get(Measure.HOLE_RATIO), 1e-12);
      // One image over and over has one class and a recall of 0.
      assertEquals(0, evaluation.get(Measure.CLASS_ENTROPY));
      assertEquals(0, evaluation.get(Measure.SMALLEST_CLASS));
      assertEquals(0, evaluation.get(Measure.RECALL));
      assertTrue(evaluation.get(Measure.JUDGE_ACCURACY) > 0.9);
      // The real images themselves are the best that can be generated; the judge is not trained again.
      Evaluation best = evaluator.of(backend, model, rows.test().samples(), "gmm:3");
      assertEquals(1, trained[0]);
      assertEquals("gmm:3", best.sampler());
      assertEquals(0, best.get(Measure.FRECHET), 1e-6);
      assertEquals(1, best.get(Measure.PRECISION));
      assertEquals(1, best.get(Measure.COVERAGE));
      assertTrue(best.get(Measure.CLASS_ENTROPY) > 0.95);
      assertTrue(best.get(Measure.FRECHET) < evaluation.get(Measure.FRECHET));
    }
  }

  /** Every measure of embeddings comes from its own place. */
  @Test
  void theMeasuresOfGivenEmbeddings() {
    Random random = new Random(5);
    float[] x = new float[240];
    float[] z = new float[160];
    int[] labels = new int[80];
    for (int i = 0; i < 240; i++) {
      x[i] = (float) random.nextGaussian();
    }
    for (int i = 0; i < 160; i++) {
      z[i] = x[i / 2 * 3 + i % 2] + 0.3f * (float) random.nextGaussian();
      labels[i / 2] = z[i] > 0 ? 1 : 0;
    }
    FloatPoints embeddings = new FloatPoints(z, 2);
    InputSpace inputs = InputSpace.of(new FloatPoints(x, 3));
    try (Backend backend = backend()) {
      Evaluation evaluation = Evaluator.of(backend, inputs, embeddings, labels);
      NeighbourhoodMeasures near = NeighbourhoodMeasures.ofClasses(inputs, embeddings, labels);
      ShapeMeasures shape = ShapeMeasures.of(embeddings,
          ShapeReference.of(backend, UniformBallReference.of(backend, 80, 2, 0), 0)).orElseThrow();
      assertEquals(near.rankError(), evaluation.get(Measure.RANK_ERROR));
      assertEquals(near.rankErrorOfInputs(), evaluation.get(Measure.RANK_ERROR_INPUTS));
      assertEquals(near.distanceRmse(), evaluation.get(Measure.DISTANCE_RMSE));
      assertEquals(near.labelAccuracy(), evaluation.get(Measure.KNN_ACCURACY));
      assertEquals(near.trustworthiness(), evaluation.get(Measure.TRUSTWORTHINESS));
      assertEquals(near.continuity(), evaluation.get(Measure.CONTINUITY));
      assertEquals(shape.normalEnergy(), evaluation.get(Measure.NORMAL_ENERGY));
      assertEquals(shape.ballEnergy(), evaluation.get(Measure.BALL_ENERGY));
      assertEquals(shape.kurtosis(), evaluation.get(Measure.KURTOSIS));
      EnumSet<Measure> expected = EnumSet.allOf(Measure.class);
      expected.removeIf(measure -> measure.group() == Measure.Group.RECONSTRUCTION
          || measure.group() == Measure.Group.GENERATION);
      assertEquals(expected, evaluation.values().keySet());
    }
  }

  private static double squares(Images images) {
    double sum = 0;
    for (byte pixel : images.pixels()) {
      double difference = 0.5 - (pixel & 0xff) / 255.0;
      sum += difference * difference;
    }
    return sum / images.pixels().length;
  }

  /** Vectors have all measures but the cross-entropy, which belongs to probabilities. */
  @Test
  void vectorsAreMeasuredToo() {
    Random random = new Random(6);
    Split[] splits = new Split[2];
    for (int s = 0; s < 2; s++) {
      int count = s == 0 ? 320 : 60;
      float[] values = new float[count * 4];
      byte[] labels = new byte[count];
      for (int i = 0; i < count; i++) {
        labels[i] = (byte) (i % 3);
        for (int k = 0; k < 4; k++) {
          values[4 * i + k] = (float) (random.nextGaussian() * 0.3 + (k == i % 3 ? 2 : 0));
        }
      }
      splits[s] = new Split(Shape.Features.numbered(4).samples(values), labels);
    }
    Dataset clusters = new Dataset("clusters", List.of("a", "b", "c"), splits[0], splits[1]);
    Architecture architecture = new Architecture(4, HiddenLayers.of(List.of(8)), 2, false, List.of(), Output.GAUSSIAN);
    try (Backend backend = backend();
        Autoencoder model = new Autoencoder(backend, architecture)) {
      Evaluation evaluation =
          new Evaluator(clusters, on -> judge(on, clusters)).of(backend, model, clusters.test().samples(),
              Evaluation.PRIOR);
      EnumSet<Measure> expected = EnumSet.allOf(Measure.class);
      expected.removeIf(measure -> measure.group() == Measure.Group.SHAPE || measure == Measure.BCE_TRAIN
          || measure == Measure.BCE_TEST);
      assertEquals(expected, evaluation.values().keySet());
      double squares = 0;
      for (int i = 0; i < 240; i++) {
        squares += Math.pow(clusters.test().samples().value(i / 4, i % 4), 2);
      }
      // This model decodes zeros.
      assertEquals(squares / 240, evaluation.get(Measure.MSE_TEST), 1e-12);
      assertEquals(0, evaluation.get(Measure.FRECHET), 1e-6);
      assertEquals(1, evaluation.get(Measure.PRECISION));
      assertTrue(evaluation.get(Measure.JUDGE_ACCURACY) > 0.95);
    }
  }

  @Test
  void whatCannotBeMeasuredIsAbsent() {
    Dataset rows = JudgeContract.rows(40, 12);
    Split train = new Split(rows.train().images(), null);
    Split test = new Split(rows.test().images(), null);
    try (Backend backend = backend();
        Autoencoder model = zeros(backend, rows.test().samples().size())) {
      Evaluation unlabelled = new Evaluator(new Dataset("bare", List.of(), train, test), on -> {
        throw new AssertionError("there is nothing to judge by");
      }).of(backend, model, rows.test().samples(), Evaluation.PRIOR);
      assertTrue(unlabelled.values().containsKey(Measure.TRUSTWORTHINESS));
      assertFalse(unlabelled.values().containsKey(Measure.KNN_ACCURACY));
      assertTrue(
          unlabelled.values().keySet().stream().noneMatch(measure -> measure.group() == Measure.Group.GENERATION));
      assertTrue(Double.isNaN(unlabelled.get(Measure.FRECHET)));
      Images one = new Images(Arrays.copyOf(rows.test().images().pixels(), rows.test().samples().size()), 1,
          rows.test().images().height(), rows.test().images().width());
      Evaluation single = new Evaluator(new Dataset("single", List.of(), train, new Split(one, null)), on -> null)
          .of(backend, model, rows.test().samples(), Evaluation.PRIOR);
      assertEquals(Set.of(Measure.BCE_TRAIN, Measure.BCE_TEST, Measure.MSE_TRAIN, Measure.MSE_TEST),
          single.values().keySet());
    }
  }
}
