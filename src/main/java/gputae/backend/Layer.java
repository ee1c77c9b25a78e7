package gputae.backend;

/**
 * A dense layer y = activation(x w^T + b) of a chain of layers, with the matrices of {@link Backend#dense} and
 * {@link Backend#denseBackward} beside its input.
 *
 * @param w      (out, in)
 * @param b      (1, out)
 * @param before (rows, out), gets x w^T + b; null if there is no backward pass, or if the activation does not
 *     {@linkplain Activation#keepsInput keep its input}
 * @param y      (rows, out)
 * @param dy     (rows, out); with dw and db null if there is no backward pass
 * @param dw     (out, in)
 * @param db     (1, out)
 */
public record Layer(Matrix w, Matrix b, Activation activation, Matrix before, Matrix y, Matrix dy, Matrix dw,
    Matrix db) {

  /** A layer whose activation does not keep its input. */
  public Layer(Matrix w, Matrix b, Activation activation, Matrix y, Matrix dy, Matrix dw, Matrix db) {
    this(w, b, activation, null, y, dy, dw, db);
  }

  /** What a backward pass reads of the forward pass: the values before the activation if it keeps them, else y. */
  public Matrix kept() {
    return before == null ? y : before;
  }
}
