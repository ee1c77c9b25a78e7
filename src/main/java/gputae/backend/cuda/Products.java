package gputae.backend.cuda;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What multiplies the matrices of dense layers. */
public enum Products {
  /** Kernels of our own for few rows, cuBLAS for many; without cuBLAS, kernels of our own for all. */
  AUTO,
  /** Always cuBLAS, together with kernels for the rest of a layer. */
  CUBLAS,
  /** Always kernels of our own; cuBLAS is not loaded. */
  OWN;

  /** The name as the user writes it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The value with this name.
   *
   * @throws IllegalArgumentException with the names, if there is none
   */
  public static Products of(String text) {
    return Arrays.stream(values()).filter(each -> each.label().equals(text.toLowerCase(Locale.ROOT))).findFirst()
        .orElseThrow(() -> new IllegalArgumentException("'" + text + "' is not "
            + Arrays.stream(values()).map(Products::label).collect(Collectors.joining(" or "))));
  }
}
