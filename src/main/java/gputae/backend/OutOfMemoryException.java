package gputae.backend;

import java.util.Locale;

/** The device does not have enough memory. */
public final class OutOfMemoryException extends BackendException {

  private final String happened;
  private final long asked;
  private final long free;

  /**
   * @param device name of the device as in {@link Backend#name}
   * @param what   purpose of the memory, e.g. {@code a matrix of 128 x 784}
   * @param asked  bytes asked for
   * @param held   bytes that the backend holds
   * @param free   bytes that are free, -1 if this is unknown
   */
  public OutOfMemoryException(String device, String what, long asked, long held, long free) {
    this(
        String.format(Locale.ROOT, "out of memory: %,d bytes asked for %s on the device %s, %,d held%s", asked, what,
            device, held,
            free < 0 ? "" : String.format(Locale.ROOT, ", %,d free", free)),
        asked, free, "a smaller --batch needs less", null);
  }

  private OutOfMemoryException(String happened, long asked, long free, String advice, Throwable cause) {
    super(happened + "; " + advice, cause);
    this.happened = happened;
    this.asked = asked;
    this.free = free;
  }

  /** The same exception with other advice about what to do. */
  public OutOfMemoryException advising(String advice) {
    return new OutOfMemoryException(happened, asked, free, advice, this);
  }

  /** Bytes asked for. */
  public long asked() {
    return asked;
  }

  /** Bytes that were free, -1 if this is unknown. */
  public long free() {
    return free;
  }
}
