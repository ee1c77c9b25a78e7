package gputae.selftest;

import gputae.backend.AdamRates;
import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * The operations around the model in a training step: copies, batches of images, sums of gradients, Adam, the log of
 * losses.
 */
final class StepOperations {

  private StepOperations() {}

  static List<Operation> beforeTheModel() {
    return List.of(
        new Operation("copies", "all types, offsets, views, 1 to 300,000 numbers", Unit.EXACT, StepOperations::copies),
        new Operation("gather", "bytes, floats; 1 to 16 rows, 1 to 1025 wide, step to 4e9", Unit.EXACT,
            StepOperations::gather));
  }

  static List<Operation> afterTheModel() {
    return List.of(
        new Operation("add", "1 to 600,000 numbers, subnormal ones too", Unit.EXACT, StepOperations::add),
        new Operation("adam", "1 to 600,000 parameters, ten steps; step to 2^33", Unit.ROUNDING, StepOperations::adam),
        new Operation("end of a step", "1 to 1025 losses, a ring of 4 rows", Unit.EXACT, StepOperations::endStep));
  }

  private static void copies(Cases cases) {
    cases.run("3 x 7 float32 at offsets", c -> {
      Backend backend = c.backend();
      float[] values = Reference.gaussian(new Random(1), 100, 1);
      Matrix matrix = c.zeros(3, 7);
      backend.upload(values, 5, matrix);
      float[] back = new float[30];
      backend.download(matrix, back, 4);
      c.same("downloaded", Arrays.copyOfRange(values, 5, 26), Arrays.copyOfRange(back, 4, 25));
      c.same("before what is downloaded", 3, 0, back[3]);
      c.same("behind what is downloaded", 25, 0, back[25]);
      Matrix other = c.zeros(7, 3);
      backend.copy(matrix, other);
      c.same("copy", matrix.toFloats(), other.toFloats());
      backend.clear(matrix.view(2, 1, 3));
      float[] cleared = other.toFloats();
      Arrays.fill(cleared, 2, 5, 0);
      c.same("with a view cleared", cleared, matrix.toFloats());
      backend.copy(other.view(1, 1, 5), matrix.view(13, 1, 5));
      System.arraycopy(values, 6, cleared, 13, 5);
      c.same("with a view copied into", cleared, matrix.toFloats());
    });
    cases.run("1 x 3 int32", c -> {
      int[] values = {1, -2, Integer.MIN_VALUE};
      c.same("int32", values, c.ints(1, 3, values).toInts());
    });
    cases.run("1 x 3 int64", c -> {
      long[] values = {1, -2, Long.MIN_VALUE};
      long[] found = c.allocate(ElementType.INT64, 1, 3).upload(values).toLongs();
      for (int i = 0; i < values.length; i++) {
        c.same("int64 " + i, values[i], found[i]);
      }
    });
    for (int size : new int[] {1, 3, 4, 5, 255, 256, 257, 1025, 300_000}) {
      cases.run(size + " float32 and uint8", c -> {
        Backend backend = c.backend();
        float[] values = Reference.gaussian(new Random(size), size, 1);
        Matrix matrix = c.floats(1, size, values);
        Matrix copy = c.floats(size, 1, Reference.gaussian(new Random(-size), size, 1));
        c.same("uploaded", values, matrix.toFloats());
        backend.copy(matrix, copy);
        backend.clear(matrix);
        c.same("copied", values, copy.toFloats());
        c.same("cleared", new float[size], matrix.toFloats());
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        Matrix pixels = c.bytes(1, size, bytes);
        byte[] found = new byte[size];
        backend.download(pixels, found, 0);
        c.require(Arrays.equals(bytes, found), "uint8 came back other than it went");
        backend.clear(pixels);
        backend.download(pixels, found, 0);
        c.require(Arrays.equals(new byte[size], found), "uint8 was not cleared");
      });
    }
  }

  private static void gather(Cases cases) {
    cases.run("every byte", c -> {
      byte[] all = new byte[256];
      for (int i = 0; i < 256; i++) {
        all[i] = (byte) i;
      }
      Matrix x = c.zeros(1, 256);
      c.backend().gather(c.bytes(1, 256, all), c.ints(1, 1, 0), c.stepAt(0), 1, 1, x);
      float[] found = x.toFloats();
      for (int i = 0; i < 256; i++) {
        c.same("x", i, i / 255f, found[i]);
      }
    });
    Random random = new Random(2);
    int n = 50;
    int batch = 16;
    int stepsPerEpoch = 4;
    for (int p : new int[] {1, 15, 16, 17, 63, 784, 255, 256, 257, 1023, 1024, 1025}) {
      byte[] pixels = new byte[n * p];
      random.nextBytes(pixels);
      float[] numbers = Reference.gaussian(random, n * p, 1e3);
      int[] order = random.ints(stepsPerEpoch * batch, 0, n).toArray();
      // 4,000,000,002 does not fit 32 bits.
      for (long step : new long[] {0, 3, 4, 9, 4_000_000_002L}) {
        for (int rows : new int[] {1, 7, 16}) {
          cases.run(rows + " x " + p + " at step " + step, c -> {
            Matrix x = c.zeros(rows, p);
            c.backend().gather(c.bytes(n, p, pixels), c.ints(1, order.length, order), c.stepAt(step), batch,
                stepsPerEpoch, x);
            float[] found = x.toFloats();
            Matrix y = c.zeros(rows, p);
            c.backend().gather(c.floats(n, p, numbers), c.ints(1, order.length, order), c.stepAt(step), batch,
                stepsPerEpoch, y);
            float[] taken = y.toFloats();
            for (int i = 0; i < found.length; i++) {
              int place = order[(int) (step % stepsPerEpoch) * batch + i / p] * p + i % p;
              c.same("x", i, (pixels[place] & 0xFF) / 255f, found[i]);
              c.same("x of floats", i, numbers[place], taken[i]);
            }
          });
        }
      }
    }
  }

  private static void add(Cases cases) {
    // The last but one is the number of parameters of the paper's model, 784-64-64-2 and back; the last one leaves a
    // remainder.
    for (int size : new int[] {1, 15, 16, 17, 31, 32, 33, 255, 256, 257, 1023, 1024, 1025, 100_353,
      Case.MORE_THAN_A_GRID}) {
      cases.run(size + " numbers", c -> {
        Random random = new Random(size);
        float[] term = Reference.gaussian(random, size, 1);
        float[] sum = Reference.gaussian(random, size, 1);
        term[size - 1] = Float.MIN_VALUE;
        sum[size - 1] = Float.MIN_VALUE;
        Matrix termMatrix = c.floats(1, size, term);
        Matrix sumMatrix = c.floats(1, size, sum);
        c.backend().add(termMatrix, sumMatrix);
        float[] found = sumMatrix.toFloats();
        for (int i = 0; i < size; i++) {
          c.same("sum", i, sum[i] + term[i], found[i]);
        }
        c.same("term", term, termMatrix.toFloats());
      });
    }
  }

  private static void adam(Cases cases) {
    Random random = new Random(13);
    for (int count : new int[] {1, 15, 16, 17, 1000, 40_000, 31, 32, 33, 255, 256, 257, 1023, 1024, 1025}) {
      cases.run(count + " parameters, ten steps", c -> tenStepsOfAdam(c, count, random));
    }
    for (long step : new long[] {1, 100, 46_900, 1L << 33}) {
      cases.run("300 parameters, step " + step, c -> lateStepOfAdam(c, 300, step));
    }
    cases.run(Case.MORE_THAN_A_GRID + " parameters, step 100", c -> lateStepOfAdam(c, Case.MORE_THAN_A_GRID, 100));
    cases.run("moments below 2^-100", c -> {
      // The first moment is a tenth of the gradient: 1e-31 is below 2^-100 = 7.9e-31, 1e-29 is not.
      Matrix m = c.zeros(1, 2);
      Matrix v = c.zeros(1, 2);
      c.backend().adam(c.zeros(1, 2), c.floats(1, 2, 1e-30f, 1e-28f), m, v, c.stepAt(1),
          c.rates(AdamRates.of(1e-3)));
      c.same("first moment", 0, 0, m.toFloats()[0]);
      // The rounded rate times the gradient.
      double first = (1 - AdamRates.of(1e-3).beta1()) * 1e-28f;
      c.close("first moment", 1, first, m.toFloats()[1], 2, first);
      c.same("second moment", new float[2], v.toFloats());
    });
  }

  private static void tenStepsOfAdam(Case c, int count, Random random) {
    float[] start = Reference.gaussian(random, count, 1);
    Matrix p = c.floats(1, count, start);
    Matrix g = c.zeros(1, count);
    Matrix m = c.zeros(1, count);
    Matrix v = c.zeros(1, count);
    AdamRates rates = AdamRates.of(3e-3);
    Matrix onDevice = c.rates(rates);
    double[] ep = new double[count];
    double[] em = new double[count];
    double[] ev = new double[count];
    double[] mSizes = new double[count];
    for (int i = 0; i < count; i++) {
      ep[i] = start[i];
    }
    for (int t = 1; t <= 10; t++) {
      float[] gradient = Reference.gaussian(random, count, Math.pow(10, -t));
      // A parameter whose gradient is always zero must not change.
      gradient[0] = 0;
      g.upload(gradient);
      c.backend().adam(p, g, m, v, c.stepAt(t), onDevice);
      for (int i = 0; i < count; i++) {
        em[i] = rates.beta1() * em[i] + (1 - rates.beta1()) * gradient[i];
        mSizes[i] = rates.beta1() * mSizes[i] + (1 - rates.beta1()) * Math.abs(gradient[i]);
        ev[i] = rates.beta2() * ev[i] + (1 - rates.beta2()) * gradient[i] * (double) gradient[i];
        double mean = em[i] / (1 - Math.pow(rates.beta1(), t));
        double variance = ev[i] / (1 - Math.pow(rates.beta2(), t));
        ep[i] -= rates.rate() * mean / (Math.sqrt(variance) + rates.epsilon());
      }
      c.same("gradient that is left", new float[count], g.toFloats());
    }
    float[] found = p.toFloats();
    float[] foundM = m.toFloats();
    float[] foundV = v.toFloats();
    c.same("parameter without a gradient", 0, start[0], found[0]);
    for (int i = 0; i < count; i++) {
      // Ten changes of at most rate * sqrt(10), each accurate within some units, and ten roundings of the parameter.
      c.close("parameter", i, ep[i], found[i], 40, Math.abs(ep[i]) + 1e-2);
      // Four roundings per step.
      c.close("first moment", i, em[i], foundM[i], 40, mSizes[i]);
      c.close("second moment", i, ev[i], foundV[i], 40, ev[i]);
    }
  }

  /** The number of the step is used only in the corrections by 1 - beta^t, which approach 1. */
  private static void lateStepOfAdam(Case c, int count, long step) {
    Random random = new Random(14);
    AdamRates rates = AdamRates.of(3e-3);
    float[] p = Reference.gaussian(random, count, 1);
    float[] g = Reference.gaussian(random, count, 1);
    float[] m = Reference.gaussian(random, count, 1);
    float[] v = new float[count];
    for (int i = 0; i < count; i++) {
      v[i] = 0.01f + random.nextFloat();
    }
    Matrix parameters = c.floats(1, count, p);
    c.backend().adam(parameters, c.floats(1, count, g), c.floats(1, count, m), c.floats(1, count, v), c.stepAt(step),
        c.rates(rates));
    float[] found = parameters.toFloats();
    double correction1 = 1 - Math.pow(rates.beta1(), step);
    double correction2 = 1 - Math.pow(rates.beta2(), step);
    for (int i = 0; i < count; i++) {
      double mean = (rates.beta1() * m[i] + (1 - rates.beta1()) * g[i]) / correction1;
      double variance = (rates.beta2() * v[i] + (1 - rates.beta2()) * g[i] * (double) g[i]) / correction2;
      double change = rates.rate() * mean / (Math.sqrt(variance) + rates.epsilon());
      double meanSize = (rates.beta1() * Math.abs(m[i]) + (1 - rates.beta1()) * Math.abs(g[i])) / correction1;
      double changeSize = rates.rate() * meanSize / Math.sqrt(variance);
      // One rounding of the parameter and some of the change.
      c.close("parameter", i, p[i] - change, found[i], 16, Math.abs(p[i]) / 8 + changeSize);
    }
  }

  private static void endStep(Cases cases) {
    cases.run("3 losses, 6 steps", c -> {
      Matrix log = c.zeros(4, 3);
      Matrix step = c.stepAt(0);
      for (int s = 0; s < 6; s++) {
        c.backend().endStep(c.floats(1, 3, s, 10 + s, 20 + s), log, step);
      }
      c.same("step", 6, step.toLongs()[0]);
      c.same("log", new float[] {4, 14, 24, 5, 15, 25, 2, 12, 22, 3, 13, 23}, log.toFloats());
    });
    // The last width is larger than the number of threads of a block.
    for (int width : new int[] {1, 33, 257, 1025}) {
      cases.run(width + " losses at step 4,000,000,002", c -> {
        float[] losses = Reference.gaussian(new Random(width), width, 1);
        Matrix log = c.zeros(4, width);
        Matrix step = c.stepAt(4_000_000_002L);
        c.backend().endStep(c.floats(1, width, losses), log, step);
        float[] expected = new float[4 * width];
        System.arraycopy(losses, 0, expected, 2 * width, width);
        c.same("log", expected, log.toFloats());
        c.same("step", 4_000_000_003L, step.toLongs()[0]);
      });
    }
  }
}
