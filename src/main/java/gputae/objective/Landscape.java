package gputae.objective;

import gputae.backend.Activation;
import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import java.util.List;
import java.util.Map;

/**
 * The integral of the K largest persistence landscapes (Bubenik 2015) of a batch's latent points, which is maximised.
 * In dimension 0 all classes are born at 0, so the k-th landscape is the tent over the k-th longest death time d, and
 * its integral is d^2 / 4. So this term weighs the K longest death times and ignores all others: it drives groups of
 * points apart and lets the points of a group lie where they like. Its pull grows with d, as that of the squared ball
 * penalty does; the ball penalty by the norm cannot hold it, and the points would run away.
 *
 * @param weight at least 0
 * @param count  K, at least 1; if there are fewer death times, all count
 */
public record Landscape(double weight, int count) implements LatentTerm {

  private static final Setting.Count COUNT = new Setting.Count("landscapes", "K", "number of persistence landscapes",
      "K of the K largest persistence landscapes, one for each of the longest death times (default: 10).", 10);

  /** The kind of this term. */
  public static final TermKind<Landscape> KIND =
      new TermKind<>("landscape", "persistence landscapes", TermKind.Over.SUM) {
        @Override
        public boolean maximised() {
          return true;
        }

        @Override
        public String caption() {
          return "integral of a batch\u2019s landscapes";
        }

        @Override
        public List<String> help() {
          return List.of("integral of the K largest persistence landscapes, sum of",
              "d^2 / 4 over the K longest death times d (Bubenik 2015); it",
              "moves groups apart and sees nothing else; its pull grows with",
              "d: give it less weight than the ball penalty, and --penalty",
              "squared");
        }

        @Override
        public List<Setting<?>> options() {
          return List.of(COUNT);
        }

        @Override
        public Landscape of(Values values) {
          return new Landscape(values.get(weight()), values.get(COUNT));
        }

        @Override
        public Values values(Landscape term) {
          return new Values(Map.of(weight(), term.weight, COUNT, term.count));
        }
      };

  public Landscape {
    KIND.weight().require(weight);
    COUNT.require(count);
  }

  @Override
  public TermKind<Landscape> kind() {
    return KIND;
  }

  /** Two ends and two lengths per edge. */
  @Override
  public long bytes(long points, long latent) {
    return 4 * points * Float.BYTES;
  }

  @Override
  public long workBytes(long points) {
    return Deaths.TREE_BYTES * points;
  }

  @Override
  public Computation on(Backend backend, Setup setup) {
    Matrix edges = backend.allocate(ElementType.INT32, setup.rows() - 1, 2);
    Matrix lengths = backend.allocate(1, setup.rows() - 1);
    Matrix longest = backend.allocate(1, setup.rows() - 1);
    Matrix quarter = backend.allocate(1, 1).upload(new float[] {0.25f});
    Matrix nothing = backend.allocate(1, 1);
    Matrix quarterOfWeight = backend.allocate(1, 1);
    Matrix squares = backend.allocate(1, 1);
    return new Computation() {
      @Override
      public void enqueue(Batch batch, Matrix weight, Matrix gradient, Matrix value) {
        long edgesHere = batch.rows() - 1;
        Matrix ends = edges.firstRows(edgesHere);
        Matrix kept = longest.view(0, 1, edgesHere);
        backend.spanningTree(batch.z(), ends, lengths.view(0, 1, edgesHere));
        backend.keepLongest(ends, lengths.view(0, 1, edgesHere), count, kept);
        // A layer of one unit multiplies by 1/4.
        backend.dense(weight, quarter, nothing, Activation.IDENTITY, quarterOfWeight);
        backend.deathTimes(batch.z(), ends, kept, 2, Float.POSITIVE_INFINITY, quarterOfWeight, gradient, squares);
        backend.dense(squares, quarter, nothing, Activation.IDENTITY, value);
      }

      @Override
      public void close() {
        List.of(edges, lengths, longest, quarter, nothing, quarterOfWeight, squares).forEach(Matrix::close);
      }
    };
  }
}
