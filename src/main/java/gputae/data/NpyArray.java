package gputae.data;

/**
 * An array from a .npy file, always row-major, whatever the order of the file. {@code shape()} is empty for a single
 * value.
 */
public sealed interface NpyArray {

  int[] shape();

  /** uint8. */
  record Bytes(int[] shape, byte[] values) implements NpyArray {}

  /** float32. */
  record Floats(int[] shape, float[] values) implements NpyArray {}

  /** float64. */
  record Doubles(int[] shape, double[] values) implements NpyArray {}

  /** Any of the other integer types, or bool (0 and 1). */
  record Integers(int[] shape, long[] values) implements NpyArray {}
}
