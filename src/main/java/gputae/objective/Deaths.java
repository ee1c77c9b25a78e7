package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.PointLoss;
import java.util.List;
import java.util.Map;

/**
 * The paper's topological term, which is maximised: the sum {@code sum_d d^degree} over the death times d of a batch.
 * The death times of 0-dimensional persistent homology are the edge lengths of the minimum spanning tree of the latent
 * points.
 *
 * @param weight  at least 0; the paper's lambda. A larger weight spreads the points farther apart
 * @param degree  k in the total persistence, which is the sum of d^k; above 0. Below 1 the pull of an edge grows
 *     without bound as its length goes to 0; an edge of length 0 has none
 * @param maxEdge death times above this are left out; if this is infinite, none is left out
 */
public record Deaths(double weight, double degree, double maxEdge) implements LatentTerm {

  private static final Setting.Real WEIGHT = Setting.Real.atLeast(0, "lambda-deaths", "X", "weight of the death times",
      "Weight of the death times alone (default: --lambda).", 0.005);

  private static final Setting.Real DEGREE = Setting.Real.finiteAbove(0, "degree", "K",
      "degree of the total persistence", "k of the total persistence sum of d^k, above 0 (default: 1).", 1);

  /** Death times longer than this are left out. */
  public static final Setting.Real MAX_EDGE = Setting.Real.above(0, "max-edge", "X", "longest edge",
      "Leave out death times above this (default: keep all).", Double.POSITIVE_INFINITY);

  /**
   * Bytes of work space, rounded up, that a device needs per point for the tree of a batch: lists of nearest points,
   * components, edges.
   */
  static final long TREE_BYTES = 120;

  /** The kind of this term. */
  public static final TermKind<Deaths> KIND =
      new TermKind<>("deaths", "death times", TermKind.Over.SUM) {
        @Override
        public boolean maximised() {
          return true;
        }

        @Override
        public String caption() {
          return "sum of a batch\u2019s death times";
        }

        @Override
        public List<String> help() {
          return List.of("sum of d^k over the batch's B - 1 death times d, the edge",
              "lengths of the Euclidean minimum spanning tree of its latent", "points");
        }

        @Override
        public Setting.Real weight() {
          return WEIGHT;
        }

        @Override
        public List<Setting<?>> options() {
          return List.of(DEGREE, MAX_EDGE);
        }

        @Override
        public Deaths of(Values values) {
          return new Deaths(values.get(WEIGHT), values.get(DEGREE), values.get(MAX_EDGE));
        }

        @Override
        public Values values(Deaths term) {
          return new Values(Map.of(WEIGHT, term.weight, DEGREE, term.degree, MAX_EDGE, term.maxEdge));
        }
      };

  public Deaths {
    WEIGHT.require(weight);
    DEGREE.require(degree);
    MAX_EDGE.require(maxEdge);
  }

  @Override
  public TermKind<Deaths> kind() {
    return KIND;
  }

  /** Two ends and one length per edge. A tree has one edge less than it has points. */
  @Override
  public long bytes(long points, long latent) {
    return 3 * points * Float.BYTES;
  }

  @Override
  public long workBytes(long points) {
    return TREE_BYTES * points;
  }

  @Override
  public Computation on(Backend backend, Setup setup) {
    Matrix edges = backend.allocate(ElementType.INT32, setup.rows() - 1, 2);
    Matrix lengths = backend.allocate(1, setup.rows() - 1);
    return new LossOfPoints(backend) {
      @Override
      protected PointLoss loss(Batch batch, Matrix weight, Matrix gradient, Matrix value) {
        long count = batch.rows() - 1;
        return new PointLoss.DeathTimes(edges.firstRows(count), lengths.view(0, 1, count), (float) degree,
            (float) maxEdge, weight, gradient, value);
      }

      @Override
      public void close() {
        edges.close();
        lengths.close();
      }
    };
  }
}
