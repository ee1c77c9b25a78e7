package gputae.selftest;

import static gputae.selftest.DenseOperations.MORE_ROWS;
import static gputae.selftest.DenseOperations.ROWS;

import gputae.backend.Backend;
import gputae.backend.BallPenalty;
import gputae.backend.Matrix;
import gputae.backend.Output;
import gputae.linear.FloatPoints;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;

/** Reconstruction losses, the penalty for lying outside the unit ball, and the discrepancy from a prior. */
final class LossOperations {

  private LossOperations() {}

  static List<Operation> all() {
    return List.of(
        new Operation("sigmoid", "1 to 600,000 logits in and out of place, infinite ones", Unit.ROUNDING,
            LossOperations::sigmoid),
        new Operation("cross entropy", "1 to 1025 rows of 1 to 1025 pixels, in place too", Unit.ROUNDING,
            LossOperations::crossEntropy),
        new Operation("squared error", "1 to 1025 rows of 1 to 1025 numbers, in place too", Unit.ROUNDING,
            LossOperations::squaredError),
        new Operation("ball penalty", "1 to 2050 points, 1 to 65 dimensions, both kinds", Unit.ROUNDING,
            LossOperations::ballPenalty),
        new Operation("mean discrepancy", "1 to 600 points, 1 to 65 dimensions, far points", Unit.ROUNDING,
            LossOperations::meanDiscrepancy));
  }

  private static void sigmoid(Cases cases) {
    for (int count : new int[] {1001, 1, 15, 16, 17, 31, 32, 33, 255, 256, 257, 1024, 1025, Case.MORE_THAN_A_GRID}) {
      cases.run(count + " logits", c -> {
        // Within +-85: beyond this, the smaller probability is near the smallest normal number, where a relative error
        // has no meaning.
        float step = 170f / Math.max(count, 1000);
        float[] logits = new float[count];
        for (int i = 0; i < count; i++) {
          logits[i] = (i - count / 2) * step;
        }
        Matrix p = c.floats(1, count, logits);
        Matrix apart = c.zeros(1, count);
        c.backend().sigmoid(p, apart);
        c.backend().sigmoid(p, p);
        float[] found = p.toFloats();
        for (int i = 0; i < count; i++) {
          double expected = 1 / (1 + Math.exp(-(double) logits[i]));
          c.close("probability", i, expected, found[i], 8, expected);
        }
        c.same("probability apart from the logits", found, apart.toFloats());
      });
    }
    cases.run("extremes", c -> {
      Matrix extremes = c.floats(1, 5, Float.NEGATIVE_INFINITY, -1e30f, 1e30f, Float.POSITIVE_INFINITY, Float.NaN);
      c.backend().sigmoid(extremes, extremes);
      float[] ends = extremes.toFloats();
      c.require(ends[0] >= 0 && ends[0] < 1e-37, "sigmoid(-infinity) is " + ends[0]);
      c.require(ends[1] >= 0 && ends[1] < 1e-37, "sigmoid(-1e30) is " + ends[1]);
      c.same("probability", 2, 1, ends[2]);
      c.same("probability", 3, 1, ends[3]);
      c.same("probability", 4, Float.NaN, ends[4]);
    });
  }

  private static void crossEntropy(Cases cases) {
    Random random = new Random(6);
    outputLosses(cases, (c, rows, p) -> crossEntropy(c, random, rows, p, 6));
    // Here exp(-|logit|) vanishes.
    cases.run("33 x 257, logits of some hundred", c -> crossEntropy(c, random, 33, 257, 200));
  }

  private static void squaredError(Cases cases) {
    Random random = new Random(8);
    outputLosses(cases, (c, rows, p) -> squaredError(c, random, rows, p));
  }

  @FunctionalInterface
  private interface OutputCase {
    void run(Case c, int rows, int p);
  }

  /** Runs a loss of a decoder's outputs on matrices of many sizes. */
  private static void outputLosses(Cases cases, OutputCase loss) {
    for (int rows : ROWS) {
      for (int p : new int[] {1, 15, 16, 17, 33, 784}) {
        cases.run(rows + " x " + p, c -> loss.run(c, rows, p));
      }
    }
    for (int rows : MORE_ROWS) {
      for (int p : new int[] {1, 16, 33, 255, 256, 257}) {
        cases.run(rows + " x " + p, c -> loss.run(c, rows, p));
      }
    }
    cases.run("600 x 784", c -> loss.run(c, 600, 784));
    for (int p : new int[] {1023, 1024, 1025}) {
      cases.run("3 x " + p, c -> loss.run(c, 3, p));
    }
    // More row sums than a block has threads.
    for (int rows : new int[] {1023, 1024, 1025}) {
      cases.run(rows + " x 3", c -> loss.run(c, rows, 3));
    }
  }

  private static void crossEntropy(Case c, Random random, int rows, int p, double scale) {
    float[] logits = Reference.gaussian(random, rows * p, scale);
    float[] target = new float[rows * p];
    for (int i = 0; i < target.length; i++) {
      target[i] = i % 3 == 0 ? random.nextFloat() : i % 2;
    }
    // An error of a probability is one of about 1, whatever the logit.
    outputLoss(c, rows, logits, target, Output.BERNOULLI, Reference.crossEntropy(logits, target), x -> 1);
  }

  private static void squaredError(Case c, Random random, int rows, int p) {
    float[] outputs = Reference.gaussian(random, rows * p, 3);
    float[] target = Reference.gaussian(random, rows * p, 2);
    outputs[0] = target[0];
    outputLoss(c, rows, outputs, target, Output.GAUSSIAN, Reference.squaredError(outputs, target), Math::abs);
  }

  /** @param size the size of a derivative, to which its error is compared */
  private static void outputLoss(Case c, int rows, float[] outputs, float[] target, Output output,
      Reference.Loss expected, DoubleUnaryOperator size) {
    Backend backend = c.backend();
    int p = outputs.length / rows;
    Matrix x = c.floats(rows, p, outputs);
    Matrix t = c.floats(rows, p, target);
    Matrix gradient = c.zeros(rows, p);
    Matrix loss = c.zeros(1, 1);
    output.loss(backend, x, t, gradient, loss);
    double count = outputs.length;
    float[] found = gradient.toFloats();
    for (int i = 0; i < outputs.length; i++) {
      double derivative = expected.gradient()[i];
      c.close("gradient", i, derivative / count, found[i], 8, size.applyAsDouble(derivative) / count);
    }
    // Each of many lanes or threads adds a few dozen terms in float32, and their errors average out; after that the sum
    // is in double.
    c.close("loss", 0, expected.sum() / count, loss.toFloats()[0], 4, expected.size() / count);
    Matrix alone = c.zeros(1, 1);
    output.loss(backend, x, t, null, alone);
    c.same("loss without the gradient", loss.toFloats(), alone.toFloats());
    output.loss(backend, x, t, x, loss);
    c.same("gradient in the outputs' place", found, x.toFloats());
    c.same("loss with the gradient in the outputs' place", alone.toFloats(), loss.toFloats());
  }

  private static void ballPenalty(Cases cases) {
    Random random = new Random(7);
    for (BallPenalty penalty : BallPenalty.values()) {
      for (int rows : ROWS) {
        for (int d : new int[] {1, 2, 3, 10, 65}) {
          cases.run(rows + " x " + d + " " + penalty, c -> ballPenalty(c, random, penalty, rows, d));
        }
      }
      for (int rows : MORE_ROWS) {
        for (int d : new int[] {1, 2, 10}) {
          cases.run(rows + " x " + d + " " + penalty, c -> ballPenalty(c, random, penalty, rows, d));
        }
      }
      // A block of 1024 threads makes three turns.
      cases.run("2050 x 2 " + penalty, c -> ballPenalty(c, random, penalty, 2050, 2));
    }
    cases.run("a NaN", c -> {
      Matrix loss = c.zeros(1, 1);
      c.backend().ballPenalty(c.floats(2, 1, 0, Float.NaN), BallPenalty.NORM, c.number(1), c.zeros(2, 1), loss);
      c.same("loss", 0, Float.NaN, loss.toFloats()[0]);
    });
  }

  private static void ballPenalty(Case c, Random random, BallPenalty penalty, int rows, int d) {
    float[] z = Reference.gaussian(random, rows * d, 1.2 / Math.sqrt(d));
    Arrays.fill(z, 0, d, 0);
    if (rows > 1) {
      // On the sphere itself the gradient is 0.
      Arrays.fill(z, d, 2 * d, 0);
      z[d] = 1;
    }
    Matrix gradient = c.floats(rows, d, Reference.gaussian(random, rows * d, 5));
    Matrix loss = c.zeros(1, 1);
    c.backend().ballPenalty(c.floats(rows, d, z), penalty, c.number(0.25f), gradient, loss);
    float[] found = gradient.toFloats();
    Reference.Loss expected = Reference.ballPenalty(new FloatPoints(z, d), penalty);
    for (int i = 0; i < found.length; i++) {
      c.close("gradient", i, 0.25 * expected.gradient()[i], found[i], 4, Math.abs(0.25 * expected.gradient()[i]));
    }
    c.close("penalty", 0, expected.sum(), loss.toFloats()[0], 4, expected.size());
  }

  private static void meanDiscrepancy(Cases cases) {
    Random random = new Random(9);
    for (int n : ROWS) {
      for (int d : new int[] {1, 2, 10, 32, 33, 65}) {
        cases.run(n + " x " + d, c -> meanDiscrepancy(c, random, n, d, 1));
      }
    }
    for (int n : MORE_ROWS) {
      cases.run(n + " x 2", c -> meanDiscrepancy(c, random, n, 2, 1));
    }
    cases.run("33 x 10, far apart", c -> meanDiscrepancy(c, random, 33, 10, 1000));
    cases.run("a point whose squared distances are infinite", c -> {
      Matrix gradient = c.zeros(2, 1);
      Matrix loss = c.number(7);
      c.backend().maximumMeanDiscrepancy(c.floats(2, 1, 0, 1e30f), c.floats(2, 1, 0, 0), 2, c.number(1), gradient,
          loss);
      // Only k(0) = 7 is left: between the samples, and of four pairs of a point and a sample two.
      c.same("loss", 0, 7 - 7, loss.toFloats()[0]);
      c.same("gradient", new float[] {0, 0}, gradient.toFloats());
    });
    cases.run("a NaN", c -> {
      Matrix loss = c.zeros(1, 1);
      c.backend().maximumMeanDiscrepancy(c.floats(2, 1, 0, Float.NaN), c.floats(2, 1, 0, 1), 2, c.number(1),
          c.zeros(2, 1), loss);
      c.same("loss", 0, Float.NaN, loss.toFloats()[0]);
    });
  }

  private static void meanDiscrepancy(Case c, Random random, int n, int d, double scale) {
    float[] z = Reference.gaussian(random, n * d, scale);
    float[] prior = Reference.gaussian(random, n * d, 1);
    if (n > 2) {
      // Equal points, and a point that is a sample.
      System.arraycopy(z, 0, z, d, d);
      System.arraycopy(prior, 0, z, 2 * d, d);
    }
    float square = 2 * d;
    Matrix gradient = c.floats(n, d, Reference.gaussian(random, n * d, 5));
    Matrix loss = c.number(7);
    c.backend().maximumMeanDiscrepancy(c.floats(n, d, z), c.floats(n, d, prior), square, c.number(-0.25f), gradient,
        loss);
    Reference.Discrepancy expected =
        Reference.meanDiscrepancy(new FloatPoints(z, d), new FloatPoints(prior, d), square);
    // Each value of the kernel function is a sum of 7 rounded terms of a squared distance of d terms, and their errors
    // average out over the pairs.
    c.close("discrepancy", 0, expected.value(), loss.toFloats()[0], Reference.ofSum(d) + 8, expected.size());
    float[] found = gradient.toFloats();
    for (int i = 0; i < found.length; i++) {
      c.close("gradient", i, -0.25 * expected.gradient()[i], found[i], Reference.ofSum(2 * n) + 4,
          0.25 * expected.gradientSizes()[i]);
    }
  }
}
