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

  /** PyTorch's defaults with this learning rate. */
  public static AdamRates of(double rate) {
    return new AdamRates(rate, 0.9, 0.999, 1e-8);
  }
}
