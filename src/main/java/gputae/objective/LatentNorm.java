package gputae.objective;

import gputae.backend.Activation;
import gputae.backend.Backend;
import gputae.backend.Matrix;
import java.util.List;
import java.util.Map;

/**
 * Half the squared norm of the latent points, a mean over the batch: {@code 1/2 sum_z |z|^2 / B} for B images. It is
 * the term L_Z of the regularised autoencoders (RAE) of Ghosh, Sajjadi, Vergari, Black, Schoelkopf 2020, equation 11.
 *
 * <p>The authors' code for MNIST adds 1e-4 times the mean of the squares of 16 coordinates to the mean squared error of
 * a pixel. That is 2 * 1e-4 / 16 = 1.25e-5 times this term, the default.
 *
 * @param weight at least 0
 */
public record LatentNorm(double weight) implements LatentTerm {

  private static final Setting.Real WEIGHT = Setting.Real.atLeast(0, "lambda-latent-l2", "X",
      "weight of the norm of the points",
      "Weight of half the squared norm of the latent points (default with --model rae: 1.25e-5).", 1.25e-5);

  /** The kind of this term. */
  public static final TermKind<LatentNorm> KIND =
      new TermKind<>("latent_l2", "norm of the points", TermKind.Over.MEAN) {
        @Override
        public List<String> help() {
          return List.of("mean over the batch of |z|^2 / 2 (Ghosh et al. 2020)");
        }

        @Override
        public String unit() {
          return "half its square";
        }

        @Override
        public Setting.Real weight() {
          return WEIGHT;
        }

        @Override
        public LatentNorm of(Values values) {
          return new LatentNorm(values.get(WEIGHT));
        }

        @Override
        public Values values(LatentNorm term) {
          return new Values(Map.of(WEIGHT, term.weight));
        }
      };

  public LatentNorm {
    WEIGHT.require(weight);
  }

  @Override
  public TermKind<LatentNorm> kind() {
    return KIND;
  }

  /** Zeros, and the derivatives of the mean of the squares. */
  @Override
  public long bytes(long points, long latent) {
    return 2 * points * latent * Float.BYTES;
  }

  @Override
  public long workBytes(long points) {
    return points * Double.BYTES;
  }

  @Override
  public Computation on(Backend backend, Setup setup) {
    // Half the squared norm is so many times the mean of the squares of the coordinates.
    Matrix times = backend.allocate(1, 1).upload(new float[] {setup.latent() / 2f});
    Matrix zeros = backend.allocate(setup.rows(), setup.latent());
    Matrix slopes = backend.allocate(setup.rows(), setup.latent());
    Matrix nothing = backend.allocate(1, 1);
    Matrix mean = backend.allocate(1, 1);
    Matrix factor = backend.allocate(1, 1);
    return new Computation() {
      @Override
      public void enqueue(Batch batch, Matrix weight, Matrix gradient, Matrix value) {
        long rows = batch.rows();
        long count = batch.z().size();
        backend.squaredError(batch.z(), zeros.firstRows(rows), slopes.firstRows(rows), mean);
        // Layers of one unit multiply by a number.
        backend.dense(mean, times, nothing, Activation.IDENTITY, value);
        backend.dense(weight, times, nothing, Activation.IDENTITY, factor);
        backend.dense(slopes.view(0, count, 1), factor, nothing, Activation.IDENTITY, gradient.view(0, count, 1));
      }

      @Override
      public void close() {
        List.of(times, zeros, slopes, nothing, mean, factor).forEach(Matrix::close);
      }
    };
  }
}
