package gputae.backend.cuda;

import gputae.backend.BallPenalty;
import gputae.backend.Matrix;
import gputae.backend.PointLoss;
import java.util.List;

/** Launches of the losses of points: kernels/death_times.cu, ball_penalty.cu, edges.cu, mmd.cu, point_losses.cu. */
final class PointLosses {

  /**
   * The template arguments of the kernels in kernels/point_losses.cu: the largest number of points, the number of
   * threads per point, and the number of lengths that a thread keeps in registers.
   */
  private static final int FEW = 128;

  private static final int FEW_PARTS = 8;
  private static final int MOST = 256;
  private static final int MOST_PARTS = 4;
  private static final int MOST_HELD = 32;

  /** Bytes of static shared memory of point_losses_256, rounded up. */
  private static final int RESERVED = 18 << 10;

  private final Launches launches;
  private final Schedule schedule;
  private final Schedule.Memory memory;
  private final int sharedMemory;

  /** @param sharedMemory bytes that a block may have */
  PointLosses(Launches launches, Schedule schedule, Schedule.Memory memory, int sharedMemory) {
    this.launches = launches;
    this.schedule = schedule;
    this.memory = memory;
    this.sharedMemory = sharedMemory;
  }

  /** As {@link gputae.backend.Backend#ballPenalty}. The caller has checked the shapes, here and below. */
  void ballPenalty(Matrix z, BallPenalty penalty, Matrix weight, Matrix gradient, Matrix loss) {
    launches.oneBlock("ball_penalty", z.rows(),
        new Arguments().pointer(memory.address(z)).int32(penalty.ordinal()).pointer(memory.address(weight))
            .int32(Math.toIntExact(z.rows())).int32(Math.toIntExact(z.columns())).pointer(memory.address(gradient))
            .pointer(memory.address(loss)));
  }

  /** As {@link gputae.backend.Backend#deathTimes}. */
  void deathTimes(Matrix z, Matrix edges, Matrix lengths, float degree, float maxEdge, Matrix weight, Matrix gradient,
      Matrix loss) {
    launches.warpForEach("death_times", z.rows(),
        new Arguments().pointer(memory.address(z)).pointer(memory.address(edges)).pointer(memory.address(lengths))
            .float32(degree).float32(maxEdge).pointer(memory.address(weight)).int32(Math.toIntExact(z.rows()))
            .int32(Math.toIntExact(z.columns())).pointer(memory.address(gradient)).pointer(memory.address(loss)));
  }

  /** As {@link gputae.backend.Backend#edgeStress}. */
  void edgeStress(Matrix z, Matrix edges, Matrix lengths, Matrix targets, Matrix targetSquare, Matrix scale,
      Matrix weight, Matrix gradient, Matrix scaleGradient, Matrix loss) {
    launches.warpForEach("edge_stress", z.rows(),
        new Arguments().pointer(memory.address(z)).pointer(memory.address(edges)).pointer(memory.address(lengths))
            .pointer(memory.address(targets)).pointer(memory.address(targetSquare)).pointer(memory.address(scale))
            .pointer(memory.address(weight)).int32(Math.toIntExact(lengths.size())).int32(Math.toIntExact(z.rows()))
            .int32(Math.toIntExact(z.columns())).pointer(memory.address(gradient))
            .pointer(memory.address(scaleGradient)).pointer(memory.address(loss)));
  }

  /** As {@link gputae.backend.Backend#maximumMeanDiscrepancy}. */
  void maximumMeanDiscrepancy(Matrix z, Matrix prior, float square, Matrix weight, Matrix gradient, Matrix loss) {
    int n = (int) z.rows();
    if (n < 2) {
      for (Matrix none : List.of(gradient, loss)) {
        if (none.size() > 0) {
          schedule.enqueue(new Call.Clear(memory.address(none), none.size() * none.type().bytes()));
        }
      }
      return;
    }
    long rowSums = schedule.space("maximum_mean_discrepancy", (long) n * Double.BYTES);
    launches.warpForEach("maximum_mean_discrepancy", n,
        new Arguments().pointer(memory.address(z)).pointer(memory.address(prior)).float32(square)
            .pointer(memory.address(weight)).int32(n).int32(Math.toIntExact(z.columns()))
            .pointer(memory.address(gradient)).pointer(rowSums));
    launches.oneBlock("sum_over", n,
        new Arguments().pointer(rowSums).int32(n).float64(1).pointer(memory.address(loss)));
  }

  /**
   * As {@link gputae.backend.Backend#pointLosses}, in one launch. Returns false and does nothing if there is no launch
   * for these losses, for so many points, or if a block of the device has too little shared memory for them.
   */
  boolean together(Matrix z, List<PointLoss> losses) {
    PointLoss.DeathTimes deaths = only(PointLoss.DeathTimes.class, losses);
    PointLoss.OutsideBall ball = only(PointLoss.OutsideBall.class, losses);
    if (deaths == null || losses.size() != (ball == null ? 1 : 2) || z.rows() < 1 || z.rows() > MOST
        || z.size() > Integer.MAX_VALUE) {
      return false;
    }
    int n = (int) z.rows();
    boolean few = n <= FEW;
    // The edges and the points of the ball penalty are in warps of their own.
    int threads = Launches.threadsFor(Math.max((long) n * (few ? FEW_PARTS : MOST_PARTS), 2 * Launches.WARP),
        Launches.MOST_THREADS);
    int more = few ? 0 : Launches.blocksOf(n - MOST_HELD * MOST_PARTS, MOST_PARTS) * threads * Float.BYTES;
    if (more > 0 && more + RESERVED > sharedMemory) {
      return false;
    }
    // The sum of two gradients is the same in either order.
    Matrix gradient = losses.get(losses.size() - 1).gradient();
    launches.launch(few ? "point_losses_128" : "point_losses_256", 1, 1, threads, more,
        new Arguments().pointer(memory.address(z)).int32(n).int32(Math.toIntExact(z.columns()))
            .float32(deaths.degree()).float32(deaths.maxEdge()).pointer(memory.address(deaths.weight()))
            .int32(ball == null ? 0 : ball.penalty().ordinal())
            .pointer(ball == null ? 0 : memory.address(ball.weight())).pointer(memory.address(deaths.edges()))
            .pointer(memory.address(deaths.lengths())).pointer(memory.address(deaths.loss()))
            .pointer(ball == null ? 0 : memory.address(ball.loss())).pointer(memory.address(gradient)));
    return true;
  }

  /** The one loss of this type; null if there is none, or more than one. */
  private static <T extends PointLoss> T only(Class<T> type, List<PointLoss> losses) {
    List<T> found = losses.stream().filter(type::isInstance).map(type::cast).toList();
    return found.size() == 1 ? found.get(0) : null;
  }
}
