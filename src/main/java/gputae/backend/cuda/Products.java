package gputae.backend.cuda;

import gputae.backend.BackendException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What multiplies the matrices of dense layers. */
public enum Products {
  /** The kernels of kernels/dense.cu for few rows, cuBLAS for many. */
  AUTO,
  /** Always cuBLAS, together with kernels for the rest of a layer. */
  CUBLAS,
  /** Always the kernels of kernels/dense.cu. */
  OWN;

  /** The system property that chooses one of these, for measurements that compare them. */
  private static final String PROPERTY = "gputae.products";

  /** The name as the user writes it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * {@link #AUTO}, or what the system property {@code gputae.products} asks for.
   *
   * @throws BackendException if the property asks for anything else
   */
  public static Products chosen() {
    String wanted = System.getProperty(PROPERTY, AUTO.label());
    return Arrays.stream(values()).filter(each -> each.label().equals(wanted)).findFirst()
        .orElseThrow(() -> new BackendException(PROPERTY + " is '" + wanted + "'; it takes "
            + Arrays.stream(values()).map(Products::label).collect(Collectors.joining(", "))));
  }
}
