package gputae.selftest;

import gputae.backend.Activation;
import gputae.backend.BatchNorm;
import gputae.backend.Matrix;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Batch normalisation, forward in training and after it, and backward. */
final class NormOperations {

  private static final float EPSILON = 1e-5f;

  /** Numbers of rows: the fewest; around the warps of a block; a batch, a batch plus one; several turns of a block. */
  private static final int[] ROWS = {2, 3, 15, 16, 17, 33, 128, 129, 600};

  /** Numbers of columns: one; around a register of 16, a warp, and two threads' shares. */
  private static final int[] COLUMNS = {1, 2, 16, 31, 32, 33, 64, 100};

  private NormOperations() {}

  static List<Operation> all() {
    return List.of(
        new Operation("batch norm", "2 to 600 rows; 1 to 100 columns; all activations", Unit.ROUNDING,
            NormOperations::forward),
        new Operation("batch norm backward", "2 to 600 rows; 1 to 100 columns; all activations", Unit.ROUNDING,
            NormOperations::backward),
        new Operation("running batch norm", "1 to 600 rows; 1 to 100 columns; all activations", Unit.ROUNDING,
            NormOperations::running));
  }

  /** Numbers of a case. */
  private static final class Numbers {
    final int rows;
    final int c;
    final float[] x;
    final float[] scale;
    final float[] shift;
    final float[] runningMean;
    final float[] runningVariance;
    final double[] mean;
    final double[] variance;

    Numbers(Random random, int rows, int c) {
      this.rows = rows;
      this.c = c;
      x = Reference.gaussian(random, rows * c, 0.5);
      float[] centres = Reference.gaussian(random, c, 2);
      for (int i = 0; i < x.length; i++) {
        x[i] += centres[i % c];
      }
      scale = Reference.gaussian(random, c, 1);
      shift = Reference.gaussian(random, c, 1);
      runningMean = Reference.gaussian(random, c, 2);
      runningVariance = Reference.gaussian(random, c, 1);
      for (int j = 0; j < c; j++) {
        runningVariance[j] = Math.abs(runningVariance[j]);
      }
      mean = new double[c];
      variance = new double[c];
      for (int i = 0; i < x.length; i++) {
        mean[i % c] += x[i] / (double) rows;
      }
      for (int i = 0; i < x.length; i++) {
        variance[i % c] += Math.pow(x[i] - mean[i % c], 2) / rows;
      }
    }

    double inverse(int column) {
      return 1 / Math.sqrt(variance[column] + EPSILON);
    }

    BatchNorm on(Case c0, Matrix batch) {
      return new BatchNorm(c0.floats(1, c, scale), c0.floats(1, c, shift), c0.floats(1, c, runningMean),
          c0.floats(1, c, runningVariance), c0.floats(1, 2, (1 << 24) - 2, 3), batch, c0.floats(1, c, shift),
          c0.floats(1, c, scale));
    }
  }

  private static void forEach(Cases cases, int[] rowCounts, long seed, Body body) {
    Random random = new Random(seed);
    int number = 0;
    for (int rows : rowCounts) {
      for (int c : COLUMNS) {
        Activation activation = Activation.values()[number++ % Activation.values().length];
        Numbers numbers = new Numbers(random, rows, c);
        cases.run(rows + " x " + c + " " + activation, one -> body.check(one, numbers, activation, random));
      }
    }
  }

  /** The check of a case. */
  @FunctionalInterface
  private interface Body {
    void check(Case c, Numbers numbers, Activation activation, Random random);
  }

  private static void forward(Cases cases) {
    forEach(cases, ROWS, 31, (c, numbers, activation, random) -> {
      int rows = numbers.rows;
      int columns = numbers.c;
      Matrix batch = c.zeros(2, columns);
      BatchNorm norm = numbers.on(c, batch);
      Matrix y = c.zeros(rows, columns);
      Matrix before = c.zeros(rows, columns);
      Matrix x = c.floats(rows, columns, numbers.x);
      c.backend().batchNorm(x, norm, activation, before, y);
      float[] foundBatch = batch.toFloats();
      float[] foundMean = norm.runningMean().toFloats();
      float[] foundVariance = norm.runningVariance().toFloats();
      for (int j = 0; j < columns; j++) {
        c.close("mean", j, numbers.mean[j], foundBatch[j], 1.01, Math.abs(numbers.mean[j]));
        c.close("1 / deviation", j, numbers.inverse(j), foundBatch[columns + j], 2, numbers.inverse(j));
        double mean = 0.9 * numbers.runningMean[j] + 0.1 * numbers.mean[j];
        c.close("running mean", j, mean, foundMean[j], 4,
            Math.abs(numbers.runningMean[j]) + Math.abs(numbers.mean[j]));
        double unbiased = numbers.variance[j] * rows / (rows - 1);
        c.close("running variance", j, 0.9 * numbers.runningVariance[j] + 0.1 * unbiased, foundVariance[j], 4,
            numbers.runningVariance[j] + unbiased);
      }
      c.same("count of batches", new float[] {(1 << 24) - 1, 3}, norm.count().toFloats());
      float[] found = y.toFloats();
      float[] foundBefore = before.toFloats();
      for (int i = 0; i < found.length; i++) {
        int j = i % columns;
        double inverse = numbers.inverse(j);
        double u = (numbers.x[i] - numbers.mean[j]) * inverse * numbers.scale[j] + numbers.shift[j];
        double size = (Math.abs(numbers.x[i]) + Math.abs(numbers.mean[j])) * inverse * Math.abs(numbers.scale[j])
            + Math.abs(numbers.shift[j]);
        c.close("value before the activation", i, u, foundBefore[i], 6, size);
        double expected = ActivationReference.of(activation, u);
        // No activation is steeper than 1.13, which GELU is.
        c.close("y", i, expected, found[i], 8, 1.13 * size + Math.abs(expected));
      }
      c.backend().batchNorm(x, norm, activation, null, y);
      c.same("y again, without the values before", found, y.toFloats());
      c.same("count of batches after 2^24", new float[] {0, 4}, norm.count().toFloats());
    });
  }

  private static void backward(Cases cases) {
    forEach(cases, ROWS, 32, (c, numbers, activation, random) -> {
      int rows = numbers.rows;
      int columns = numbers.c;
      float[] statistics = new float[2 * columns];
      for (int j = 0; j < columns; j++) {
        statistics[j] = (float) numbers.mean[j];
        statistics[columns + j] = (float) numbers.inverse(j);
      }
      float[] kept = Reference.gaussian(random, rows * columns, 1);
      if (!activation.keepsInput()) {
        for (int i = 0; i < kept.length; i++) {
          kept[i] = (float) ActivationReference.of(activation, kept[i]);
        }
      }
      float[] gradient = Reference.gaussian(random, rows * columns, 1);
      BatchNorm norm = numbers.on(c, c.floats(2, columns, statistics));
      Matrix dy = c.floats(rows, columns, gradient);
      Matrix x = c.floats(rows, columns, numbers.x);
      c.backend().batchNormBackward(x, norm, c.floats(rows, columns, kept), activation, dy);
      double[] n = new double[rows * columns];
      double[] g = new double[rows * columns];
      double[] sums = new double[columns];
      double[] products = new double[columns];
      double[] sizes = new double[columns];
      double[] productSizes = new double[columns];
      for (int i = 0; i < g.length; i++) {
        int j = i % columns;
        double centred = (double) numbers.x[i] - statistics[j];
        n[i] = centred * statistics[columns + j];
        g[i] = gradient[i] * ActivationReference.derivative(activation, kept[i]);
        sums[j] += g[i];
        products[j] += g[i] * n[i];
        sizes[j] += Math.abs(gradient[i]);
        productSizes[j] += Math.abs(gradient[i] * n[i]);
      }
      float[] foundScale = norm.scaleGradient().toFloats();
      float[] foundShift = norm.shiftGradient().toFloats();
      for (int j = 0; j < columns; j++) {
        c.close("gradient of the shift", j, numbers.scale[j] + sums[j], foundShift[j], 6,
            Math.abs(numbers.scale[j]) + sizes[j]);
        c.close("gradient of the scale", j, numbers.shift[j] + products[j], foundScale[j], 8,
            Math.abs(numbers.shift[j]) + productSizes[j]);
      }
      float[] found = dy.toFloats();
      for (int i = 0; i < found.length; i++) {
        int j = i % columns;
        double factor = (double) numbers.scale[j] * statistics[columns + j];
        double expected = factor * (g[i] - sums[j] / rows - n[i] * products[j] / rows);
        double size =
            Math.abs(factor) * (Math.abs(gradient[i]) + sizes[j] / rows + Math.abs(n[i]) * productSizes[j] / rows);
        c.close("gradient of x", i, expected, found[i], 12, size);
      }
    });
  }

  private static void running(Cases cases) {
    int[] rowCounts = Arrays.copyOf(ROWS, ROWS.length + 1);
    rowCounts[ROWS.length] = 1;
    forEach(cases, rowCounts, 33, (c, numbers, activation, random) -> {
      BatchNorm norm = numbers.on(c, null);
      Matrix y = c.floats(numbers.rows, numbers.c, numbers.x);
      c.backend().batchNormRunning(norm, activation, y);
      float[] found = y.toFloats();
      for (int i = 0; i < found.length; i++) {
        int j = i % numbers.c;
        double inverse = 1 / Math.sqrt((double) numbers.runningVariance[j] + EPSILON);
        double mean = numbers.runningMean[j];
        double expected = ActivationReference.of(activation,
            (numbers.x[i] - mean) * inverse * numbers.scale[j] + numbers.shift[j]);
        double size = (Math.abs(numbers.x[i]) + Math.abs(mean)) * inverse * Math.abs(numbers.scale[j])
            + Math.abs(numbers.shift[j]);
        c.close("y", i, expected, found[i], 8, 1.13 * size + Math.abs(expected));
      }
      c.same("running mean", numbers.runningMean, norm.runningMean().toFloats());
      c.same("running variance", numbers.runningVariance, norm.runningVariance().toFloats());
    });
  }
}
