package gputae.loss;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;

/**
 * Value and gradient of {@link LatentRegulariser} on batches of up to a number of points: the ball penalty, the spanning tree, the death times.
 * It needs the latent points alone, so it can run beside the decoder.
 */
public final class LatentLoss implements AutoCloseable {

  private final Backend backend;
  private final LatentRegulariser regulariser;
  private final boolean deaths;
  private final Matrix edges;
  private final Matrix lengths;
  private final Matrix ballGradient;

  /** Of the death times, then of both terms. */
  private final Matrix deathGradient;

  /**
   * @param deaths whether death times belong to the model; without them the ball penalty stands alone
   */
  public LatentLoss(Backend backend, LatentRegulariser regulariser, boolean deaths, long mostRows, long latent) {
    this.backend = backend;
    this.regulariser = regulariser;
    this.deaths = deaths;
    this.ballGradient = backend.allocate(mostRows, latent);
    this.deathGradient = deaths ? backend.allocate(mostRows, latent) : null;
    this.edges = deaths ? backend.allocate(ElementType.INT32, mostRows - 1, 2) : null;
    this.lengths = deaths ? backend.allocate(1, mostRows - 1) : null;
  }

  /**
   * Computes both sums, unweighted, and the weighted gradient.
   *
   * @param z     (rows, latent)
   * @param ball  (1, 1)
   * @param death (1, 1); untouched without death times
   */
  public void compute(Matrix z, Matrix ball, Matrix death) {
    long rows = z.rows();
    backend.ballPenalty(z, regulariser.penalty(), (float) regulariser.ballWeight(), ballGradient.firstRows(rows), ball);
    if (deaths) {
      Matrix ends = edges.firstRows(rows - 1);
      Matrix times = lengths.view(0, 1, rows - 1);
      backend.spanningTree(z, ends, times);
      backend.deathTimes(z, ends, times, (float) regulariser.degree(), (float) regulariser.maxEdge(), (float) -regulariser.deathWeight(),
          deathGradient.firstRows(rows), death);
      backend.add(ballGradient.firstRows(rows), deathGradient.firstRows(rows));
    }
  }

  /** dz += the gradient of the last {@link #compute}; dz (rows, latent). */
  public void addGradient(Matrix dz) {
    backend.add((deaths ? deathGradient : ballGradient).firstRows(dz.rows()), dz);
  }

  /** Death times of the last batch, (1, rows - 1), in the engine's order. */
  public Matrix deathTimes(long rows) {
    return lengths.view(0, 1, rows - 1);
  }

  @Override
  public void close() {
    ballGradient.close();
    if (deaths) {
      deathGradient.close();
      edges.close();
      lengths.close();
    }
  }
}
