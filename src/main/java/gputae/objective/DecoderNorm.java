package gputae.objective;

import gputae.backend.Activation;
import gputae.backend.Backend;
import gputae.backend.Matrix;
import java.util.List;
import java.util.Map;

/**
 * The squared norm of the decoder's weights and biases, the sum of their squares: the term L_REG of the regularised
 * autoencoder RAE-L2 (Ghosh, Sajjadi, Vergari, Black, Schoelkopf 2020, Section 3.1). The default weight is that of the
 * authors' code for MNIST, whose reconstruction is the mean squared error of a pixel.
 *
 * @param weight at least 0
 */
public record DecoderNorm(double weight) implements ParameterTerm {

  private static final Setting.Real WEIGHT = Setting.Real.atLeast(0, "lambda-decoder-l2", "X",
      "weight of the norm of the decoder",
      "Weight of the squared norm of the decoder's weights and biases (default with --model rae: 1e-7).", 1e-7);

  /** The kind of this term. */
  public static final TermKind<DecoderNorm> KIND =
      new TermKind<>("decoder_l2", "norm of the decoder", TermKind.Over.MEAN) {
        @Override
        public List<String> help() {
          return List.of("sum of the squares of the decoder's weights and biases",
              "(Ghosh et al. 2020)");
        }

        @Override
        public String heading() {
          return "Norm of the decoder\u2019s weights and biases, squared";
        }

        @Override
        public Setting.Real weight() {
          return WEIGHT;
        }

        @Override
        public DecoderNorm of(Values values) {
          return new DecoderNorm(values.get(WEIGHT));
        }

        @Override
        public Values values(DecoderNorm term) {
          return new Values(Map.of(WEIGHT, term.weight));
        }
      };

  public DecoderNorm {
    WEIGHT.require(weight);
  }

  @Override
  public TermKind<DecoderNorm> kind() {
    return KIND;
  }

  /** Zeros; about half of the parameters are the decoder's. */
  @Override
  public long bytes(long parameters) {
    return parameters / 2 * Float.BYTES;
  }

  @Override
  public Computation on(Backend backend, Setup setup) {
    long first = setup.decoder().first();
    long count = setup.decoder().count();
    Matrix zeros = backend.allocate(1, count);
    Matrix times = backend.allocate(1, 1).upload(new float[] {count});
    Matrix two = backend.allocate(1, 1).upload(new float[] {2});
    Matrix nothing = backend.allocate(1, 1);
    Matrix mean = backend.allocate(1, 1);
    Matrix slope = backend.allocate(1, 1);
    return new Computation() {
      @Override
      public void enqueue(Matrix parameters, Matrix step, Matrix weight, Matrix gradient, Matrix value) {
        // The mean of the squares; zeros between tensors count as parameters here, and add nothing to the sum.
        backend.squaredError(parameters.view(first, 1, count), zeros, null, mean);
        // Layers of one unit multiply by a number.
        backend.dense(mean, times, nothing, Activation.IDENTITY, value);
        backend.dense(weight, two, nothing, Activation.IDENTITY, slope);
        backend.clear(gradient);
        backend.dense(parameters.view(first, count, 1), slope, nothing, Activation.IDENTITY,
            gradient.view(first, count, 1));
      }

      @Override
      public void close() {
        List.of(zeros, times, two, nothing, mean, slope).forEach(Matrix::close);
      }
    };
  }
}
