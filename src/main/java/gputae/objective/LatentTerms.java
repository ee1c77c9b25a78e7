package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.backend.PointLoss;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Computes all {@link LatentTerm}s of an objective on a device, for batches of up to a given number of points. */
public final class LatentTerms implements AutoCloseable {

  private record One(LatentTerm.Computation computation, int column, Weight weight, Matrix gradient) {
    Matrix gradient(LatentTerm.Batch batch) {
      return gradient.firstRows(batch.rows());
    }

    Matrix value(Matrix losses) {
      return losses.view(column, 1, 1);
    }
  }

  private final Backend backend;
  private final List<One> all = new ArrayList<>();

  /**
   * Prepares the latent terms of {@code objective}; the objective may have none.
   *
   * @param rows        the largest number of images in a batch
   * @param pixels      numbers per image
   * @param latent      dimension of the latent space
   * @param priorSquare the expected squared distance of two samples of the model's prior
   * @param scalars     gives each scalar of the terms by its name
   */
  public LatentTerms(Backend backend, Objective objective, long rows, long pixels, long latent, double priorSquare,
      Function<String, LatentTerm.Scalar> scalars) {
    this.backend = backend;
    for (LatentTerm term : objective.latent()) {
      LatentTerm.Setup setup =
          new LatentTerm.Setup(rows, pixels, latent, priorSquare, term.scalars().stream().map(scalars).toList());
      all.add(new One(term.on(backend, setup), objective.column(term.kind()), new Weight(backend, term),
          backend.allocate(rows, latent)));
    }
  }

  /** The weights of the terms. */
  public List<Weight> weights() {
    return all.stream().map(One::weight).toList();
  }

  /** Whether the objective has no latent term. If so, there is nothing to enqueue. */
  public boolean isEmpty() {
    return all.isEmpty();
  }

  /**
   * Enqueues the computation of the values of all terms and of the sum of their gradients, which is kept for
   * {@link #gradient}.
   *
   * @param losses (1, columns of the objective); only the columns of the latent terms are written
   */
  public void enqueue(LatentTerm.Batch batch, Matrix losses) {
    List<PointLoss> first = new ArrayList<>();
    // The sum of the gradients has the order of the terms, so only losses before all other terms go together.
    for (One one : all) {
      if (!(one.computation instanceof LatentTerm.LossOfPoints points)) {
        break;
      }
      first.add(points.loss(batch, one.weight.matrix(), one.gradient(batch), one.value(losses)));
    }
    if (!first.isEmpty()) {
      backend.pointLosses(batch.z(), first);
    }
    for (int i = first.size(); i < all.size(); i++) {
      One one = all.get(i);
      one.computation.enqueue(batch, one.weight.matrix(), one.gradient(batch), one.value(losses));
      if (i > 0) {
        backend.add(all.get(i - 1).gradient(batch), one.gradient(batch));
      }
    }
  }

  /** The gradient from the last {@link #enqueue} of a batch of so many rows, (rows, latent). */
  public Matrix gradient(long rows) {
    return all.get(all.size() - 1).gradient.firstRows(rows);
  }

  @Override
  public void close() {
    for (One one : all) {
      one.computation.close();
      one.weight.close();
      one.gradient.close();
    }
  }
}
