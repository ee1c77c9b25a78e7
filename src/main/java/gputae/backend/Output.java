package gputae.backend;

import java.util.Locale;

/** What a decoder's outputs mean: the distribution of a number of the input whose parameter is an output. */
public enum Output {
  /**
   * An output is a logit: the number is 1 with the probability sigmoid(output). Numbers lie in [0, 1]. The loss is the
   * binary cross-entropy in nats, as PyTorch's {@code BCEWithLogitsLoss}.
   */
  BERNOULLI("nats per pixel"),
  /**
   * An output is the mean of a normal distribution. The loss is the mean squared error, as PyTorch's {@code MSELoss}.
   */
  GAUSSIAN("mean squared error");

  private final String unit;

  Output(String unit) {
    this.unit = unit;
  }

  /** The name on the command line and in files. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The unit of the loss, as it is written after a value. */
  public String unit() {
    return unit;
  }

  /**
   * Enqueues the reconstruction loss of outputs (rows, p) against target (rows, p), mean over rows and columns.
   *
   * @param gradient (rows, p) with respect to the outputs; may be the outputs themselves; null if not needed
   * @param loss     (1, 1)
   */
  public void loss(Backend backend, Matrix outputs, Matrix target, Matrix gradient, Matrix loss) {
    if (this == BERNOULLI) {
      backend.sigmoidCrossEntropy(outputs, target, gradient, loss);
    } else {
      backend.squaredError(outputs, target, gradient, loss);
    }
  }

  /** Replaces outputs by the means of their distributions: probabilities, or the outputs themselves. */
  public void mean(Backend backend, Matrix outputs) {
    if (this == BERNOULLI) {
      backend.sigmoid(outputs, outputs);
    }
  }
}
