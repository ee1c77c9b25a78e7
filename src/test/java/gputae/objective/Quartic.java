package gputae.objective;

import gputae.backend.Activation;
import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import java.util.List;
import java.util.Map;

/**
 * A term that the program does not have, made from operations that it has: the mean of |z|^4 over the batch. The
 * operation for death times gets the edges of a star around the origin, with multiples of |z|^2 as their lengths.
 */
public record Quartic(double weight) implements LatentTerm {

  /** The service that the program loads. */
  public static final class Kind extends TermKind<Quartic> {

    /** For the service loader. */
    public Kind() {
      super("quartic", "fourth moment", Over.MEAN);
    }

    @Override
    public List<String> help() {
      return List.of("mean over the batch of |z|^4");
    }

    @Override
    public Quartic of(Values values) {
      return new Quartic(values.get(weight()));
    }

    @Override
    public Values values(Quartic term) {
      return new Values(Map.of(weight(), term.weight));
    }
  }

  /** The kind of this term. */
  public static final TermKind<Quartic> KIND = new Kind();

  @Override
  public TermKind<Quartic> kind() {
    return KIND;
  }

  @Override
  public long bytes(long points, long latent) {
    return (points * points + 2 * points * latent + 7 * points) * Float.BYTES;
  }

  @Override
  public Computation on(Backend backend, Setup setup) {
    long mostRows = setup.rows();
    long latent = setup.latent();
    int most = (int) mostRows;
    Matrix points = backend.allocate(mostRows + 1, latent);
    Matrix gradients = backend.allocate(mostRows + 1, latent);
    Matrix squares = backend.allocate(mostRows + 1, mostRows + 1);
    Matrix lengths = backend.allocate(mostRows, 1);
    Matrix star = backend.allocate(ElementType.INT32, mostRows, 2);
    Matrix shares = backend.allocate(mostRows, 1);
    Matrix thirds = backend.allocate(mostRows, 1);
    Matrix third = backend.allocate(1, 1);
    Matrix nothing = backend.allocate(1, 1);
    Matrix ignored = backend.allocate(1, 1);
    int[] edges = new int[2 * most];
    float[] roots = new float[most];
    float[] factors = new float[most];
    for (int i = 0; i < most; i++) {
      edges[2 * i + 1] = i + 1;
      roots[i] = (float) (1 / Math.sqrt(i + 1));
      factors[i] = (float) (4 / (3 * Math.sqrt(i + 1)));
    }
    star.upload(edges);
    shares.upload(roots);
    thirds.upload(factors);
    return new Computation() {
      @Override
      public void enqueue(Batch batch, Matrix weight, Matrix gradient, Matrix value) {
        long rows = batch.rows();
        // The origin is the first point.
        Matrix cloud = points.firstRows(rows + 1);
        backend.copy(batch.z(), cloud.view(latent, rows, latent));
        Matrix pairs = squares.view(0, rows + 1, rows + 1);
        backend.squaredDistances(cloud, pairs);
        // |z|^2 / sqrt(rows), so that the sum of squares is the mean of |z|^4.
        Matrix scaled = lengths.firstRows(rows);
        Matrix share = shares.view(rows - 1, 1, 1);
        backend.dense(pairs.view(1, rows, 1), share, nothing, Activation.IDENTITY, scaled);
        Matrix ends = star.firstRows(rows);
        Matrix all = gradients.firstRows(rows + 1);
        Matrix times = scaled.view(0, 1, rows);
        float longest = Float.POSITIVE_INFINITY;
        // 4 weight / (3 sqrt(rows)), so that the derivative of the sum of cubes becomes that of the mean of |z|^4.
        backend.dense(weight, thirds.view(rows - 1, 1, 1), nothing, Activation.IDENTITY, third);
        backend.deathTimes(cloud, ends, times, 3, longest, third, all, ignored);
        backend.copy(all.view(latent, rows, latent), gradient);
        backend.deathTimes(cloud, ends, times, 2, longest, nothing, all, value);
      }

      @Override
      public void close() {
        List.of(points, gradients, squares, lengths, star, shares, thirds, third, nothing, ignored)
            .forEach(Matrix::close);
      }
    };
  }
}
