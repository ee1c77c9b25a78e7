package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;

/** The weight of a term on a device, which may change between steps. */
public final class Weight implements AutoCloseable {

  private final TermKind<?> kind;
  private final Matrix matrix;

  /** A weight that starts as the term's own. */
  Weight(Backend backend, Term term) {
    this.kind = term.kind();
    this.matrix = backend.allocate(1, 1);
    set(term.weight());
  }

  /** The kind of the term. */
  public TermKind<?> kind() {
    return kind;
  }

  /** From the next step on the weight is {@code weight}, at least 0; in recorded steps too. */
  public void set(double weight) {
    matrix.upload(new float[] {(float) kind.signed(weight)});
  }

  /** What the term's gradient is multiplied by, (1, 1): negative where the term is maximised. */
  Matrix matrix() {
    return matrix;
  }

  @Override
  public void close() {
    matrix.close();
  }
}
