package gputae.selftest;

import gputae.backend.Activation;
import gputae.backend.Backend;
import gputae.backend.Layer;
import gputae.backend.Matrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Dense layers, forward and backward: matrix products, bias and activation. */
final class DenseOperations {

  /** Numbers of rows: one; just below and above a register of 8 and of 16 and a warp; a batch; a batch plus one. */
  static final int[] ROWS = {1, 2, 15, 17, 31, 32, 33, 128, 129};

  /** Numbers of rows at the edges of larger blocks of threads, and a batch that fills some of them. */
  static final int[] MORE_ROWS = {255, 256, 257, 600};

  /** (in, out): one; latent layers; remainders after registers and warps; the layers of the paper. */
  private static final int[][] LAYERS = {{1, 1}, {2, 64}, {64, 2}, {17, 33}, {64, 64}, {784, 64}, {64, 784}};

  /**
   * So many rows that a GPU takes a library's product, with other kernels around it, in several parts of 256; or, if it
   * does without the library, tiles of 64 rows.
   */
  static final int[] MANY_ROWS = {1025, 1300};

  /**
   * (in, out): the inner dimension is shared by 2 warps, and by 4 warps; the outputs end within the last 16 of a batch
   * of 256; the layer is wider than shared memory can hold at a time.
   */
  private static final int[][] WIDE_LAYERS = {{200, 5}, {400, 6}, {9, 250}, {70, 1030}};

  /**
   * Numbers of units: a single layer; encoder and decoder of the paper without their widest layers, and with them;
   * layers at and beyond the largest width of two that a GPU computes together; remainders after warps and tiles; two
   * such pairs.
   */
  private static final int[][] CHAINS = {{5, 3}, {64, 64, 2}, {2, 64, 64}, {784, 64, 64, 2}, {2, 64, 64, 784},
    {160, 160, 160}, {161, 8, 8}, {8, 161, 8}, {8, 8, 161}, {1, 1, 1}, {33, 17, 130}, {7, 31, 5, 34, 9}};

  /** Activations for which a case tests the same kernels as for ELU. */
  private static final List<Activation> OTHERS =
      List.of(Activation.RELU, Activation.LEAKY_RELU, Activation.TANH, Activation.GELU);

  /** With many rows, where a case is long: each activation with one of {@link #MANY_ROWS}. */
  private static final List<Activation> WITH_ODD_ROWS =
      List.of(Activation.IDENTITY, Activation.RELU, Activation.TANH);

  private static final List<Activation> WITH_EVEN_ROWS =
      List.of(Activation.ELU, Activation.LEAKY_RELU, Activation.GELU);

  private DenseOperations() {}

  /** The activations of a case: no activation, ELU and one of the others in turn; with many rows half of them. */
  private static List<Activation> activations(int rows, int in, int out) {
    if (rows > 1000) {
      return rows % 2 == 1 ? WITH_ODD_ROWS : WITH_EVEN_ROWS;
    }
    return List.of(Activation.IDENTITY, Activation.ELU, OTHERS.get((rows + in + 2 * out) % OTHERS.size()));
  }

  static List<Operation> all() {
    return List.of(
        new Operation("dense", "1 to 1300 rows; 1x1, 2x64 to 784x64; all activations", Unit.ROUNDING,
            DenseOperations::dense),
        new Operation("activations", "4,000 numbers from -1e33 by 1e-30 to 1e33", Unit.ROUNDING,
            DenseOperations::activations),
        new Operation("dense backward", "1 to 1300 rows; 1x1, 2x64 to 784x64; without dx too", Unit.ROUNDING,
            DenseOperations::denseBackward),
        new Operation("dense chain", "1 to 1025 rows; 1 to 4 layers; as single calls", Unit.EXACT,
            DenseOperations::chain));
  }

  private static void dense(Cases cases) {
    Random random = new Random(3);
    for (int rows : ROWS) {
      dense(cases, random, rows, LAYERS);
    }
    for (int rows : MORE_ROWS) {
      dense(cases, random, rows, new int[][] {{17, 33}, {64, 2}, {64, 64}});
    }
    for (int rows : MANY_ROWS) {
      dense(cases, random, rows, new int[][] {{17, 33}, {64, 2}, {40, 130}});
    }
    dense(cases, random, 6, WIDE_LAYERS);
  }

  private static void dense(Cases cases, Random random, int rows, int[][] layers) {
    for (int[] layer : layers) {
      cases.run(rows + " x " + layer[0] + " -> " + layer[1], c -> dense(c, random, rows, layer[0], layer[1]));
    }
  }

  private static void dense(Case c, Random random, int rows, int in, int out) {
    float[] x = Reference.gaussian(random, rows * in, 1);
    float[] w = Reference.gaussian(random, out * in, 0.3);
    float[] b = Reference.gaussian(random, out, 1);
    double[] sums = new double[rows * out];
    double[] sizes = new double[rows * out];
    for (int r = 0; r < rows; r++) {
      for (int o = 0; o < out; o++) {
        double sum = b[o];
        double size = Math.abs(b[o]);
        for (int k = 0; k < in; k++) {
          double term = (double) x[r * in + k] * w[o * in + k];
          sum += term;
          size += Math.abs(term);
        }
        sums[r * out + o] = sum;
        sizes[r * out + o] = size;
      }
    }
    for (Activation activation : activations(rows, in, out)) {
      Matrix y = c.zeros(rows, out);
      Matrix before = activation.keepsInput() ? c.zeros(rows, out) : null;
      c.backend().dense(c.floats(rows, in, x), c.floats(out, in, w), c.floats(1, out, b), activation, before, y);
      float[] found = y.toFloats();
      for (int i = 0; i < found.length; i++) {
        double expected = ActivationReference.of(activation, sums[i]);
        // No activation is steeper than 1.13, which GELU is.
        c.close("y of " + activation, i, expected, found[i], Reference.ofSum(in), 1.13 * sizes[i] + Math.abs(expected));
      }
      if (before != null) {
        float[] inputs = before.toFloats();
        for (int i = 0; i < inputs.length; i++) {
          c.close("value before " + activation, i, sums[i], inputs[i], Reference.ofSum(in), sizes[i]);
        }
        Matrix alone = c.zeros(rows, out);
        c.backend().dense(c.floats(rows, in, x), c.floats(out, in, w), c.floats(1, out, b), activation, alone);
        c.same("y without the values before", found, alone.toFloats());
      }
    }
  }

  /** Every activation, and its derivative, of one number at a time. */
  private static void activations(Cases cases) {
    for (Activation activation : Activation.values()) {
      activation(cases, activation);
    }
  }

  private static void activation(Cases cases, Activation activation) {
    cases.run("4000 x 1 -> 1 " + activation, c -> {
      float[] values = new float[4000];
      for (int i = 0; i < 2000; i++) {
        values[i] = (float) -Math.pow(10, -30 + i * 0.0165);
        values[2000 + i] = -values[i];
      }
      // One input per output, so the product is 1 times the value.
      Matrix x = c.floats(values.length, 1, values);
      Matrix y = c.zeros(values.length, 1);
      c.backend().dense(x, c.floats(1, 1, 1), c.zeros(1, 1), activation, y);
      float[] found = y.toFloats();
      for (int i = 0; i < values.length; i++) {
        double expected = ActivationReference.of(activation, values[i]);
        // GELU is its input times a number from 0 to 1, of which the rounding is that of 1.
        double size = activation == Activation.GELU ? Math.abs(values[i]) : Math.abs(expected);
        c.close(activation + "(" + values[i] + "), y", i, expected, found[i], 6, size);
      }
      Matrix kept = activation.keepsInput() ? x : y;
      Matrix slopes = c.zeros(values.length, 1);
      float[] ones = new float[values.length];
      Arrays.fill(ones, 1);
      slopes.upload(ones);
      c.backend().denseBackward(x, c.floats(1, 1, 1), kept, activation, slopes, c.zeros(1, 1), c.zeros(1, 1),
          c.zeros(values.length, 1));
      float[] foundSlopes = slopes.toFloats();
      float[] from = kept.toFloats();
      for (int i = 0; i < values.length; i++) {
        c.close(activation + "'(" + values[i] + ")", i, ActivationReference.derivative(activation, from[i]),
            foundSlopes[i], 5, 1);
      }
    });
  }

  private static void denseBackward(Cases cases) {
    Random random = new Random(4);
    for (int rows : ROWS) {
      for (int[] layer : LAYERS) {
        denseBackward(cases, random, rows, layer[0], layer[1]);
      }
    }
    for (int rows : MORE_ROWS) {
      for (int[] layer : new int[][] {{1, 1}, {2, 64}, {64, 2}, {17, 33}, {64, 64}}) {
        denseBackward(cases, random, rows, layer[0], layer[1]);
      }
    }
    for (int rows : MANY_ROWS) {
      for (int[] layer : new int[][] {{1, 1}, {64, 2}, {17, 33}, {130, 40}}) {
        denseBackward(cases, random, rows, layer[0], layer[1]);
      }
    }
    for (int[] layer : WIDE_LAYERS) {
      denseBackward(cases, random, 6, layer[0], layer[1]);
    }
    // The largest layers, with the batch that fills several blocks.
    denseBackward(cases, random, 257, 784, 64);
    denseBackward(cases, random, 257, 64, 784);
  }

  private static void denseBackward(Cases cases, Random random, int rows, int in, int out) {
    float[] x = Reference.gaussian(random, rows * in, 1);
    float[] w = Reference.gaussian(random, out * in, 0.3);
    float[] gaussian = Reference.gaussian(random, rows * out, 1);
    float[] dy = Reference.gaussian(random, rows * out, 1);
    float[] dw = Reference.gaussian(random, out * in, 1);
    float[] db = Reference.gaussian(random, out, 1);
    for (Activation activation : activations(rows, in, out)) {
      float[] kept = kept(activation, gaussian);
      cases.run(rows + " x " + in + " -> " + out + " " + activation, c -> {
        Backend backend = c.backend();
        Matrix dyMatrix = c.floats(rows, out, dy);
        Matrix dwMatrix = c.floats(out, in, dw);
        Matrix dbMatrix = c.floats(1, out, db);
        Matrix dxMatrix = c.zeros(rows, in);
        backend.denseBackward(c.floats(rows, in, x), c.floats(out, in, w), c.floats(rows, out, kept), activation,
            dyMatrix,
            dwMatrix, dbMatrix, dxMatrix);
        double[] before = new double[rows * out];
        float[] foundBefore = dyMatrix.toFloats();
        for (int i = 0; i < before.length; i++) {
          c.close("gradient before the activation", i, dy[i] * ActivationReference.derivative(activation, kept[i]),
              foundBefore[i], activation == Activation.GELU ? 5 : 2, Math.abs(dy[i]));
          // The sums are compared with those of the gradients found, whose roundings then count once.
          before[i] = foundBefore[i];
        }
        float[] foundW = dwMatrix.toFloats();
        float[] foundB = dbMatrix.toFloats();
        float[] foundX = dxMatrix.toFloats();
        for (int o = 0; o < out; o++) {
          double sum = db[o];
          double sizes = Math.abs(db[o]);
          for (int r = 0; r < rows; r++) {
            sum += before[r * out + o];
            sizes += Math.abs(before[r * out + o]);
          }
          c.close("bias gradient", o, sum, foundB[o], Reference.ofSum(rows), sizes);
          // All inputs of the first and the last output, and some inputs of the others.
          for (int k = 0; k < in; k += o == 0 || o == out - 1 ? 1 : 13) {
            sum = dw[o * in + k];
            sizes = Math.abs(sum);
            for (int r = 0; r < rows; r++) {
              double term = before[r * out + o] * x[r * in + k];
              sum += term;
              sizes += Math.abs(term);
            }
            c.close("weight gradient", o * in + k, sum, foundW[o * in + k], Reference.ofSum(rows), sizes);
          }
        }
        for (int r = 0; r < rows; r++) {
          for (int k = 0; k < in; k += r == 0 || r == rows - 1 ? 1 : 13) {
            double sum = 0;
            double sizes = 0;
            for (int o = 0; o < out; o++) {
              double term = before[r * out + o] * w[o * in + k];
              sum += term;
              sizes += Math.abs(term);
            }
            c.close("input gradient", r * in + k, sum, foundX[r * in + k], Reference.ofSum(out), sizes);
          }
        }
        Matrix second = c.floats(out, in, dw);
        Matrix secondBias = c.floats(1, out, db);
        backend.denseBackward(c.floats(rows, in, x), c.floats(out, in, w), c.floats(rows, out, kept), activation,
            c.floats(rows, out, dy), second,
            secondBias, null);
        c.same("weight gradient without the input's, which must not change it,", foundW, second.toFloats());
        c.same("bias gradient without the input's, which must not change it,", foundB, secondBias.toFloats());
      });
    }
  }

  /** What an activation keeps of these inputs, as a forward pass would store it. */
  private static float[] kept(Activation activation, float[] inputs) {
    float[] kept = new float[inputs.length];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = activation.keepsInput() ? inputs[i] : (float) ActivationReference.of(activation, inputs[i]);
    }
    return kept;
  }

  private static void chain(Cases cases) {
    Random random = new Random(6);
    for (int rows : new int[] {1, 3, 4, 6, 128, 129}) {
      chain(cases, random, rows, rows < 100 ? CHAINS : new int[][] {{64, 64, 2}, {2, 64, 64}, {7, 31, 5, 34, 9}});
    }
    // More rows than a block sums up at a time, and the most rows for which layers are computed together, and one more.
    chain(cases, random, 257, new int[][] {{9, 40, 3}});
    chain(cases, random, 1024, new int[][] {{3, 4, 5}});
    chain(cases, random, 1025, new int[][] {{3, 4, 5}});
  }

  private static void chain(Cases cases, Random random, int rows, int[][] chains) {
    for (int[] widths : chains) {
      for (Activation last : activations(rows, widths[0], widths[1])) {
        cases.run(rows + " x " + Arrays.toString(widths) + " " + last, c -> {
          float[] x = Reference.gaussian(random, rows * widths[0], 1);
          float[] gradient = Reference.gaussian(random, rows * widths[widths.length - 1], 1);
          float[] part = Reference.gaussian(random, gradient.length, 1);
          List<float[]> parameters = new ArrayList<>();
          for (int i = 1; i < widths.length; i++) {
            parameters.add(Reference.gaussian(random, widths[i] * widths[i - 1], 0.3));
            parameters.add(Reference.gaussian(random, widths[i], 1));
          }
          for (boolean withInput : new boolean[] {true, false}) {
            Matrix inputs = c.floats(rows, widths[0], x);
            Matrix more = withInput ? c.floats(rows, widths[widths.length - 1], part) : null;
            Matrix[] dx = {withInput ? c.zeros(rows, widths[0]) : null, withInput ? c.zeros(rows, widths[0]) : null};
            List<Layer> together = layers(c, rows, widths, last, parameters, gradient);
            c.backend().denseChain(inputs, together);
            c.backend().denseChainBackward(inputs, together, more, dx[0]);
            List<Layer> single = layers(c, rows, widths, last, parameters, gradient);
            oneByOne(c.backend(), inputs, single, more, dx[1]);
            for (int i = 0; i < single.size(); i++) {
              Layer found = together.get(i);
              Layer expected = single.get(i);
              String of = " of layer " + (i + 1);
              c.same("output" + of, expected.y().toFloats(), found.y().toFloats());
              if (expected.before() != null) {
                c.same("value before the activation" + of, expected.before().toFloats(), found.before().toFloats());
              }
              c.same("weight gradient" + of, expected.dw().toFloats(), found.dw().toFloats());
              c.same("bias gradient" + of, expected.db().toFloats(), found.db().toFloats());
              // Of a first layer without dx, the gradient may be either of two.
              if (i > 0 || withInput) {
                c.same("gradient before the activation" + of, expected.dy().toFloats(), found.dy().toFloats());
              }
            }
            if (withInput) {
              c.same("input gradient", dx[1].toFloats(), dx[0].toFloats());
            }
          }
        });
      }
    }
  }

  /** Layers whose activations alternate, and gradients of parameters that hold something already. */
  private static List<Layer> layers(Case c, int rows, int[] widths, Activation last, List<float[]> parameters,
      float[] gradient) {
    List<Layer> layers = new ArrayList<>();
    Activation[] activations = Activation.values();
    for (int i = 1; i < widths.length; i++) {
      int later = widths.length - 1 - i;
      float[] w = parameters.get(2 * i - 2);
      float[] b = parameters.get(2 * i - 1);
      Activation activation = activations[(last.ordinal() + later) % activations.length];
      layers.add(new Layer(c.floats(widths[i], widths[i - 1], w), c.floats(1, widths[i], b), activation,
          activation.keepsInput() ? c.zeros(rows, widths[i]) : null, c.zeros(rows, widths[i]),
          later == 0 ? c.floats(rows, widths[i], gradient) : c.zeros(rows, widths[i]),
          c.floats(widths[i], widths[i - 1], w), c.floats(1, widths[i], b)));
    }
    return layers;
  }

  /** What a chain promises to be: single layers forward, the two parts of the gradient added, single layers back. */
  private static void oneByOne(Backend backend, Matrix x, List<Layer> layers, Matrix more, Matrix dx) {
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      backend.dense(i == 0 ? x : layers.get(i - 1).y(), layer.w(), layer.b(), layer.activation(), layer.before(),
          layer.y());
    }
    if (more != null) {
      backend.add(more, layers.get(layers.size() - 1).dy());
    }
    for (int i = layers.size() - 1; i >= 0; i--) {
      Layer layer = layers.get(i);
      backend.denseBackward(i == 0 ? x : layers.get(i - 1).y(), layer.w(), layer.kept(), layer.activation(), layer.dy(),
          layer.dw(), layer.db(), i == 0 ? dx : layers.get(i - 1).dy());
    }
  }

  /**
   * Equal images must have equal embeddings. Otherwise a death of length zero would get the gradient of a unit vector.
   */
  static void equalRows(Cases cases) {
    Random random = new Random(5);
    for (int rows : new int[] {2, 7, 15, 16, 17, 30, 31, 33, 45, 96, 128, 129, 300, 1000}) {
      for (int[] layer : new int[][] {{784, 64}, {64, 64}, {64, 2}, {64, 10}}) {
        cases.run(rows + " equal rows x " + layer[0] + " -> " + layer[1], c -> {
          int in = layer[0];
          int out = layer[1];
          float[] row = Reference.gaussian(random, in, 1);
          float[] x = new float[rows * in];
          for (int r = 0; r < rows; r++) {
            System.arraycopy(row, 0, x, r * in, in);
          }
          Matrix y = c.zeros(rows, out);
          c.backend().dense(c.floats(rows, in, x), c.floats(out, in, Reference.gaussian(random, in * out, 0.1)),
              c.floats(1, out, Reference.gaussian(random, out, 1)),
              Activation.ELU, y);
          float[] found = y.toFloats();
          float[] first = Arrays.copyOf(found, out);
          for (int r = 1; r < rows; r++) {
            c.same("row " + r, first, Arrays.copyOfRange(found, r * out, (r + 1) * out));
          }
        });
      }
    }
  }
}
