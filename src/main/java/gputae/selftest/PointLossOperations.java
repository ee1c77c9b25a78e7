package gputae.selftest;

import gputae.backend.BallPenalty;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.PointLoss;
import gputae.linear.FloatPoints;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Losses of points that a device computes in one go: they must have the bits of single calls. */
final class PointLossOperations {

  /** A name for messages and tests. */
  static final String NAME = "losses of points";

  /**
   * Numbers of points: one edge, two, and a warp of edges; 31 to 33; at and beyond 128 and 256 points, up to which a
   * GPU does everything in one block; a few more than 128, as one block of a small GPU can still have.
   */
  private static final int[] POINTS = {1, 2, 3, 31, 32, 33, 34, 127, 128, 129, 130, 133, 136, 160, 161, 255, 256, 257};

  private static final int[] DIMENSIONS = {1, 2, 3, 10, 33, 40};

  /** Which losses, in which order. The letters stand for death times and the ball penalty. */
  private static final String[] LISTS = {"BD", "D", "DB", "B", "BDB", "BDD", ""};

  private static final float[] DEGREES = {1, 2, 0.5f, 1.5f};

  private PointLossOperations() {}

  static List<Operation> all() {
    return List.of(new Operation(NAME, "1 to 257 points, 1 to 40 dims; as single calls", Unit.EXACT,
        PointLossOperations::pointLosses));
  }

  private static void pointLosses(Cases cases) {
    Random random = new Random(24);
    Clouds.Kind[] kinds = Clouds.Kind.values();
    int turn = 0;
    for (int n : POINTS) {
      for (int d : DIMENSIONS) {
        // Kinds and lists take turns; the usual list is there every other time.
        Clouds.Kind kind = kinds[turn % kinds.length];
        String list = LISTS[turn % 2 == 0 ? 0 : turn / 2 % LISTS.length];
        float degree = DEGREES[turn / 3 % DEGREES.length];
        float maxEdge = turn % 4 == 3 ? 0.5f : Float.POSITIVE_INFINITY;
        BallPenalty penalty = BallPenalty.values()[turn / 2 % 2];
        turn++;
        FloatPoints points = Clouds.draw(kind, n, d, random);
        cases.run(n + " x " + d + " " + kind + " " + list,
            c -> compare(c, points.coordinates(), n, d, list, degree, maxEdge, penalty));
      }
    }
    for (int n : new int[] {5, 128, 136, 200}) {
      for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 3e38f, 1e-30f}) {
        float[] z = Reference.gaussian(random, n * 2, 1);
        z[2] = odd;
        z[n] = odd;
        z[2 * n - 1] = -odd;
        cases.run(n + " x 2 with " + odd,
            c -> compare(c, z, n, 2, "BD", 1, Float.POSITIVE_INFINITY, BallPenalty.NORM));
      }
    }
  }

  private static void compare(Case c, float[] z, int n, int d, String list, float degree, float maxEdge,
      BallPenalty penalty) {
    Matrix points = c.floats(n, d, z);
    List<PointLoss> together = new ArrayList<>();
    List<PointLoss> single = new ArrayList<>();
    for (int i = 0; i < list.length(); i++) {
      for (List<PointLoss> losses : List.of(together, single)) {
        // Gradient and loss are assigned, so their previous content must not matter.
        Matrix gradient = c.floats(n, d, Reference.gaussian(new Random(1), n * d, 5));
        Matrix loss = c.number(7);
        losses.add(list.charAt(i) == 'B' ? new PointLoss.OutsideBall(penalty, c.number(0.3f), gradient, loss)
            : new PointLoss.DeathTimes(c.allocate(ElementType.INT32, n - 1, 2), c.zeros(1, n - 1), degree, maxEdge,
                c.number(-0.7f), gradient, loss));
      }
    }
    c.backend().pointLosses(points, together);
    for (int i = 0; i < single.size(); i++) {
      PointLoss expected = single.get(i);
      PointLoss found = together.get(i);
      expected.alone(c.backend(), points);
      if (i > 0) {
        c.backend().add(single.get(i - 1).gradient(), expected.gradient());
      }
      c.same("loss " + i, 0, expected.loss().toFloats()[0], found.loss().toFloats()[0]);
      if (expected instanceof PointLoss.DeathTimes tree) {
        PointLoss.DeathTimes other = (PointLoss.DeathTimes) found;
        c.same("end of an edge", tree.edges().toInts(), other.edges().toInts());
        c.same("length", tree.lengths().toFloats(), other.lengths().toFloats());
      }
    }
    if (!list.isEmpty()) {
      int last = list.length() - 1;
      c.same("sum of the gradients", single.get(last).gradient().toFloats(), together.get(last).gradient().toFloats());
    }
  }
}
