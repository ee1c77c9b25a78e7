package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import java.util.List;
import java.util.Map;

/**
 * Death times class by class, which are minimised (the paper, Section V.A): the sum of the edge lengths of the minimum
 * spanning trees of the latent points of each class within a batch. It draws the points of a class together, while
 * {@link Deaths} drives all points apart. Images without a class are in none of these trees.
 *
 * <p>One tree gives those of all classes: a further coordinate puts the classes so far apart that every edge between
 * two classes is longer than 2^39. The term leaves out edges that are so long, also within a class.
 *
 * @param weight at least 0
 */
public record ClassDeaths(double weight) implements LatentTerm {

  /** 2^40: its square times that of the number of a class, up to 2^23, is still a float32. */
  private static final float SPACING = 0x1p40f;

  private static final float LONGEST = SPACING / 2;

  /** The kind of this term. */
  public static final TermKind<ClassDeaths> KIND =
      new TermKind<>("class_deaths", "death times per class", TermKind.Over.SUM) {
        @Override
        public String caption() {
          return "sum of a batch\u2019s death times per class";
        }

        @Override
        public List<String> help() {
          return List.of("sum of the death times of each class's latent points, edge",
              "lengths of its own spanning tree within the batch (the paper,", "Section V.A)");
        }

        @Override
        public ClassDeaths of(Values values) {
          return new ClassDeaths(values.get(weight()));
        }

        @Override
        public Values values(ClassDeaths term) {
          return new Values(Map.of(weight(), term.weight));
        }
      };

  public ClassDeaths {
    KIND.weight().require(weight);
  }

  @Override
  public TermKind<ClassDeaths> kind() {
    return KIND;
  }

  @Override
  public boolean needsClasses() {
    return true;
  }

  /** Two ends and one length per edge, and the points with one more coordinate. */
  @Override
  public long bytes(long points, long latent) {
    return (3 + latent + 1) * points * Float.BYTES;
  }

  @Override
  public long workBytes(long points) {
    return Deaths.TREE_BYTES * points;
  }

  @Override
  public Computation on(Backend backend, Setup setup) {
    Matrix cloud = backend.allocate(setup.rows(), setup.latent() + 1);
    Matrix edges = backend.allocate(ElementType.INT32, setup.rows() - 1, 2);
    Matrix lengths = backend.allocate(1, setup.rows() - 1);
    return new Computation() {
      @Override
      public void enqueue(Batch batch, Matrix weight, Matrix gradient, Matrix value) {
        long count = batch.rows() - 1;
        Matrix points = cloud.firstRows(batch.rows());
        Matrix ends = edges.firstRows(count);
        Matrix times = lengths.view(0, 1, count);
        backend.labelledCloud(batch.z(), batch.classes(), SPACING, points);
        backend.spanningTree(points, ends, times);
        // Within a class, the further coordinate does not change a length: the tree of the points with it has the
        // lengths of the points without it.
        backend.deathTimes(batch.z(), ends, times, 1, LONGEST, weight, gradient, value);
      }

      @Override
      public void close() {
        cloud.close();
        edges.close();
        lengths.close();
      }
    };
  }
}
