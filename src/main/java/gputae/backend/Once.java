package gputae.backend;

import java.util.function.Supplier;

/**
 * A value that a process makes once. If that fails, the reason is kept and reported again at each later call.
 */
public final class Once<T> {

  private T made;
  private BackendException failure;

  /** The value that the first call's {@code make} returned. */
  public synchronized T get(Supplier<T> make) {
    if (failure != null) {
      throw new BackendException(failure.getMessage(), failure);
    }
    if (made == null) {
      try {
        made = make.get();
      } catch (BackendException e) {
        failure = e;
        throw e;
      }
    }
    return made;
  }
}
