package gputae.backend.cuda;

import java.nio.ByteBuffer;

/** Copies between Java's arrays of numbers and memory outside Java, in the machine's byte order. */
final class PrimitiveArrays {

  private PrimitiveArrays() {}

  /**
   * Fills {@code to} from its position to its limit with the bytes of an array from {@code offsetBytes} on, which must
   * be the beginning of an element.
   */
  static void read(Object array, long offsetBytes, ByteBuffer to) {
    int bytes = to.remaining();
    if (array instanceof byte[] a) {
      to.put(a, (int) offsetBytes, bytes);
    } else if (array instanceof int[] a) {
      to.asIntBuffer().put(a, (int) (offsetBytes / Integer.BYTES), bytes / Integer.BYTES);
    } else if (array instanceof long[] a) {
      to.asLongBuffer().put(a, (int) (offsetBytes / Long.BYTES), bytes / Long.BYTES);
    } else if (array instanceof float[] a) {
      to.asFloatBuffer().put(a, (int) (offsetBytes / Float.BYTES), bytes / Float.BYTES);
    } else if (array instanceof double[] a) {
      to.asDoubleBuffer().put(a, (int) (offsetBytes / Double.BYTES), bytes / Double.BYTES);
    } else {
      throw notNumbers(array);
    }
  }

  /** Copies in the other direction. */
  static void write(ByteBuffer from, Object array, long offsetBytes) {
    int bytes = from.remaining();
    if (array instanceof byte[] a) {
      from.get(a, (int) offsetBytes, bytes);
    } else if (array instanceof int[] a) {
      from.asIntBuffer().get(a, (int) (offsetBytes / Integer.BYTES), bytes / Integer.BYTES);
    } else if (array instanceof long[] a) {
      from.asLongBuffer().get(a, (int) (offsetBytes / Long.BYTES), bytes / Long.BYTES);
    } else if (array instanceof float[] a) {
      from.asFloatBuffer().get(a, (int) (offsetBytes / Float.BYTES), bytes / Float.BYTES);
    } else if (array instanceof double[] a) {
      from.asDoubleBuffer().get(a, (int) (offsetBytes / Double.BYTES), bytes / Double.BYTES);
    } else {
      throw notNumbers(array);
    }
  }

  private static IllegalArgumentException notNumbers(Object array) {
    return new IllegalArgumentException("not an array of byte, int, long, float or double: " + array);
  }
}
