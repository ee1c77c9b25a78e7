package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.BallPenalty;
import gputae.backend.Matrix;
import gputae.backend.PointLoss;
import java.util.List;
import java.util.Map;

/**
 * The paper's penalty for latent points outside the unit ball, a sum over the batch: {@code sum_z max(|z| - 1, 0)}.
 *
 * @param weight  at least 0; the paper's lambda
 * @param penalty how a point outside the ball is penalised
 */
public record Ball(double weight, BallPenalty penalty) implements LatentTerm {

  private static final Setting.Real WEIGHT = Setting.Real.atLeast(0, "lambda-ball", "X", "weight of the ball penalty",
      "Weight of the ball penalty alone (default: --lambda).", 0.005);

  /** How a point outside the ball is penalised. */
  public static final Setting.Choice<BallPenalty> PENALTY = new Setting.Choice<>(BallPenalty.class, "penalty", "P",
      "ball penalty", "norm: max(|z| - 1, 0); squared: max(|z|^2 - 1, 0) (default: norm).", BallPenalty.NORM);

  /** The kind of this term. */
  public static final TermKind<Ball> KIND =
      new TermKind<>("ball", "ball penalty", TermKind.Over.SUM) {
        @Override
        public List<String> help() {
          return List.of("sum over the batch of max(|z| - 1, 0);",
              "with --penalty squared: sum of max(|z|^2 - 1, 0)");
        }

        @Override
        public Setting.Real weight() {
          return WEIGHT;
        }

        @Override
        public List<Setting<?>> options() {
          return List.of(PENALTY);
        }

        @Override
        public Ball of(Values values) {
          return new Ball(values.get(WEIGHT), values.get(PENALTY));
        }

        @Override
        public Values values(Ball term) {
          return new Values(Map.of(WEIGHT, term.weight, PENALTY, term.penalty));
        }
      };

  public Ball {
    WEIGHT.require(weight);
  }

  @Override
  public TermKind<Ball> kind() {
    return KIND;
  }

  @Override
  public Computation on(Backend backend, Setup setup) {
    return new LossOfPoints(backend) {
      @Override
      protected PointLoss loss(Batch batch, Matrix weight, Matrix gradient, Matrix value) {
        return new PointLoss.OutsideBall(penalty, weight, gradient, value);
      }

      @Override
      public void close() {
        // This term has no memory of its own.
      }
    };
  }
}
