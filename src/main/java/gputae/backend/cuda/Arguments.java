package gputae.backend.cuda;

import java.util.Arrays;

/**
 * Arguments of a kernel in the order of its parameters, each with its type. So a driver can compare the types with
 * those that the kernel takes.
 */
public final class Arguments {

  private long[] slots = new long[16];
  private final StringBuilder types = new StringBuilder();

  /** A device address; 0 means none. */
  public Arguments pointer(long address) {
    return add(address, 'p');
  }

  public Arguments int32(int value) {
    return add(Integer.toUnsignedLong(value), 'i');
  }

  public Arguments int64(long value) {
    return add(value, 'l');
  }

  public Arguments float32(float value) {
    return add(Integer.toUnsignedLong(Float.floatToRawIntBits(value)), 'f');
  }

  public Arguments float64(double value) {
    return add(Double.doubleToRawLongBits(value), 'd');
  }

  private Arguments add(long slot, char type) {
    if (types.length() == slots.length) {
      slots = Arrays.copyOf(slots, 2 * slots.length);
    }
    slots[types.length()] = slot;
    types.append(type);
    return this;
  }

  /** One slot of 8 bytes per argument. An argument of 4 bytes lies at the beginning of its slot (little-endian). */
  public long[] slots() {
    return Arrays.copyOf(slots, types.length());
  }

  /** One letter per argument: p pointer, i int32, l int64, f float32, d float64. */
  public String types() {
    return types.toString();
  }
}
