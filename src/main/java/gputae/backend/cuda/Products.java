package gputae.backend.cuda;

import gputae.backend.BackendException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What multiplies the matrices of dense layers. */
public enum Products {
  /** The kernels of kernels/dense.cu for few rows, cuBLAS for many. */
  AUTO,
  /** cuBLAS always, with kernels around it. */
  CUBLAS,
  /** The kernels of kernels/dense.cu always. */
  OWN;

  /** For measuring one against the other. */
  private static final String PROPERTY = "gputae.products";

  /** As people write it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * {@link #AUTO}, or what the system property {@code gputae.products} asks for.
   *
   * @throws BackendException if it asks for anything else
   */
  public static Products chosen() {
    String wanted = System.getProperty(PROPERTY, AUTO.label());
    return Arrays.stream(values()).filter(each -> each.label().equals(wanted)).findFirst()
        .orElseThrow(() -> new BackendException(PROPERTY + " is '" + wanted + "'; it takes "
            + Arrays.stream(values()).map(Products::label).collect(Collectors.joining(", "))));
  }
}
