package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import java.util.List;
import java.util.Map;

/**
 * The squared maximum mean discrepancy between a batch's latent points z and as many samples p of the model's prior, as
 * in the Wasserstein autoencoder WAE-MMD (Tolstikhin, Bousquet, Gelly, Schoelkopf 2018, Algorithm 2):
 *
 * <pre>
 * value = sum over i != j of (k(z_i, z_j) + k(p_i, p_j)) / (n (n - 1)) - 2 sum over i, j of k(z_i, p_j) / n^2
 * k(x, y) = sum over s in (0.1, 0.2, 0.5, 1, 2, 5, 10) of s C / (s C + |x - y|^2)
 * </pre>
 *
 * for n images. The paper has one kernel function C / (C + |x - y|^2); the sum over seven scales s is that of the
 * authors' code. C is the expected squared distance of two samples of the prior: 2 d for the standard normal
 * distribution, as in the paper, and 2 d / (d + 2) for the uniform distribution in the unit ball. The value has no
 * unit. It is the unbiased estimate, so it may be negative. Each step draws new samples. For a batch of one image,
 * value and gradient are 0.
 *
 * @param weight at least 0
 */
public record MeanDiscrepancy(double weight) implements LatentTerm {

  private static final Setting.Real WEIGHT = Setting.Real.atLeast(0, "lambda-mmd", "X",
      "weight of the maximum mean discrepancy",
      "Weight of the maximum mean discrepancy (default with --model wae: 0.255).", 0.255);

  /** The kind of this term. */
  public static final TermKind<MeanDiscrepancy> KIND =
      new TermKind<>("mmd", "maximum mean discrepancy", TermKind.Over.MEAN) {
        @Override
        public List<String> help() {
          return List.of("k(z, z') + k(p, p') - 2 k(z, p), means over the pairs of the",
              "points z of a batch and as many samples p of the prior; k:",
              "sum of C / (C + |x - y|^2) over C = 0.1, 0.2, 0.5, 1, 2, 5, 10",
              "times the prior's mean squared distance; no unit; 0 for one",
              "point (Tolstikhin et al. 2018)");
        }

        @Override
        public String heading() {
          return "Maximum mean discrepancy from the prior, squared";
        }

        @Override
        public Setting.Real weight() {
          return WEIGHT;
        }

        @Override
        public MeanDiscrepancy of(Values values) {
          return new MeanDiscrepancy(values.get(WEIGHT));
        }

        @Override
        public Values values(MeanDiscrepancy term) {
          return new Values(Map.of(WEIGHT, term.weight));
        }
      };

  public MeanDiscrepancy {
    WEIGHT.require(weight);
  }

  @Override
  public TermKind<MeanDiscrepancy> kind() {
    return KIND;
  }

  @Override
  public boolean needsPrior() {
    return true;
  }

  /** A sum in double precision for each point. */
  @Override
  public long workBytes(long points) {
    return points * Double.BYTES;
  }

  @Override
  public Computation on(Backend backend, Setup setup) {
    float square = (float) setup.priorSquare();
    return new Computation() {
      @Override
      public void enqueue(Batch batch, Matrix weight, Matrix gradient, Matrix value) {
        backend.maximumMeanDiscrepancy(batch.z(), batch.prior(), square, weight, gradient, value);
      }

      @Override
      public void close() {
        // This term has no memory of its own.
      }
    };
  }
}
