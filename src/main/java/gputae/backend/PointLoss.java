package gputae.backend;

/**
 * A loss of points z (n, d), with its gradient: one of the parts of {@link Backend#pointLosses}.
 */
public sealed interface PointLoss {

  /** (1, 1), the factor of the gradient. */
  Matrix weight();

  /** (n, d), the weight times the derivative of the loss with respect to z. */
  Matrix gradient();

  /** (1, 1). */
  Matrix loss();

  /** Enqueues this loss and its gradient alone. */
  void alone(Backend backend, Matrix z);

  /**
   * The death times of the points: {@link Backend#spanningTree}, then {@link Backend#deathTimes}.
   *
   * @param edges   int32 (n - 1, 2), the tree; written
   * @param lengths (1, n - 1), its lengths; written
   */
  record DeathTimes(Matrix edges, Matrix lengths, float degree, float maxEdge, Matrix weight, Matrix gradient,
      Matrix loss) implements PointLoss {
    @Override
    public void alone(Backend backend, Matrix z) {
      backend.spanningTree(z, edges, lengths);
      backend.deathTimes(z, edges, lengths, degree, maxEdge, weight, gradient, loss);
    }
  }

  /** The penalty of the points outside the unit ball: {@link Backend#ballPenalty}. */
  record OutsideBall(BallPenalty penalty, Matrix weight, Matrix gradient, Matrix loss) implements PointLoss {
    @Override
    public void alone(Backend backend, Matrix z) {
      backend.ballPenalty(z, penalty, weight, gradient, loss);
    }
  }
}
