package gputae.backend;

/**
 * A dense layer y = activation(x w^T + b) of a chain of layers, with the matrices of {@link Backend#dense} and
 * {@link Backend#denseBackward} beside its input.
 *
 * @param w  (out, in)
 * @param b  (1, out)
 * @param y  (rows, out)
 * @param dy (rows, out); with dw and db null if there is no backward pass
 * @param dw (out, in)
 * @param db (1, out)
 */
public record Layer(Matrix w, Matrix b, Activation activation, Matrix y, Matrix dy, Matrix dw, Matrix db) {}
