package gputae.backend;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The function that follows a dense layer, as PyTorch defines it. The numbers of the constants are those of
 * kernels/activation.h and native/cpu/gputae.h.
 */
public enum Activation {
  /** y = v. */
  IDENTITY("identity"),
  /** y = v for v > 0, else exp(v) - 1 (Clevert, Unterthiner, Hochreiter 2016, alpha = 1). */
  ELU("ELU"),
  /** y = max(v, 0). */
  RELU("ReLU"),
  /** y = v for v > 0, else 0.01 v (Maas, Hannun, Ng 2013). */
  LEAKY_RELU("leaky ReLU"),
  /** y = tanh(v). */
  TANH("tanh"),
  /** y = v (1 + erf(v / sqrt(2))) / 2 (Hendrycks, Gimpel 2016), not its approximation by tanh. */
  GELU("GELU");

  private final String title;

  Activation(String title) {
    this.title = title;
  }

  /** The name in reports. */
  public String title() {
    return title;
  }

  /** The name in files: elu, relu, leaky_relu, tanh, gelu. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The activations between the layers of a network. */
  public static List<Activation> nonlinear() {
    return Arrays.stream(values()).filter(activation -> activation != IDENTITY).toList();
  }

  /**
   * Whether a backward pass needs the value v before the activation, since v does not follow from y. Then a forward
   * pass stores v in a matrix of its own.
   */
  public boolean keepsInput() {
    return this == GELU;
  }
}
