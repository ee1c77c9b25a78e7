package gputae.backend;

/**
 * Adam's constants.
 *
 * @param rate    learning rate
 * @param beta1   decay of the first moment
 * @param beta2   decay of the second moment
 * @param epsilon added to the root of the second moment
 */
public record AdamRates(double rate, double beta1, double beta2, double epsilon) {

  /** How many numbers {@link Backend#adam} takes. */
  static final int COUNT = 4;

  /** PyTorch's defaults with this learning rate. */
  public static AdamRates of(double rate) {
    return new AdamRates(rate, 0.9, 0.999, 1e-8);
  }

  /** These numbers on a device, FLOAT64 (1, 4), for {@link Backend#adam}; its owner closes the matrix. */
  public Matrix on(Backend backend) {
    return upload(backend.allocate(ElementType.FLOAT64, 1, COUNT));
  }

  /** Writes these numbers over those that {@link #on} laid out; returns {@code rates}. */
  public Matrix upload(Matrix rates) {
    return rates.upload(new double[] {rate, beta1, beta2, epsilon});
  }
}
