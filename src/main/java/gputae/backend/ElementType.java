package gputae.backend;

/** The type of the elements of a {@link Matrix}. Matrices are always row-major. */
public enum ElementType {
  /** Unsigned bytes: images, 0 black to 255 white. */
  UINT8(1),
  /** Signed 32-bit integers: orders of images, edges. */
  INT32(4),
  /** Signed 64-bit integers: the step counter. */
  INT64(8),
  /** IEEE single precision: everything else. */
  FLOAT32(4),
  /** IEEE double precision: the optimiser's rates. */
  FLOAT64(8);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }
}
