package gputae.selftest;

import gputae.backend.Activation;

/** The activations and their derivatives in double precision. */
final class ActivationReference {

  private static final double ROOT_OF_HALF = Math.sqrt(0.5);
  private static final double ROOT_OF_TWO_PI = Math.sqrt(2 * Math.PI);

  private ActivationReference() {}

  static double of(Activation activation, double v) {
    return switch (activation) {
      case IDENTITY -> v;
      case ELU -> v > 0 ? v : Math.expm1(v);
      case RELU -> v > 0 ? v : 0;
      case LEAKY_RELU -> v > 0 ? v : 0.01 * v;
      case TANH -> Math.tanh(v);
      case GELU -> v * normalDistribution(v);
    };
  }

  /**
   * The derivative.
   *
   * @param kept the value before the activation for those that {@linkplain Activation#keepsInput keep} it, otherwise
   *     the value after it
   */
  static double derivative(Activation activation, double kept) {
    return switch (activation) {
      case IDENTITY -> 1;
      case ELU -> kept > 0 ? 1 : kept + 1;
      case RELU -> kept > 0 ? 1 : 0;
      case LEAKY_RELU -> kept > 0 ? 1 : 0.01;
      case TANH -> 1 - kept * kept;
      case GELU -> normalDistribution(kept) + kept * Math.exp(-kept * kept / 2) / ROOT_OF_TWO_PI;
    };
  }

  /** The standard normal distribution function, within 1e-15. */
  static double normalDistribution(double v) {
    return v < 0 ? tail(-v * ROOT_OF_HALF) / 2 : 1 - tail(v * ROOT_OF_HALF) / 2;
  }

  /**
   * 1 - erf(x) for x at least 0: up to 2.5 by erf's series with positive terms, beyond by Laplace's continued fraction
   * (Abramowitz, Stegun 1964, 7.1.6 and 7.1.14).
   */
  private static double tail(double x) {
    if (x > 2.5) {
      // exp(-x^2) / sqrt(pi) / (x + (1/2) / (x + (2/2) / (x + (3/2) / (x + ...
      double fraction = x;
      for (int k = 60; k >= 1; k--) {
        fraction = x + k / 2.0 / fraction;
      }
      return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
    }
    double term = x;
    double sum = x;
    for (int n = 1; n < 60; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 1 - 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }
}
