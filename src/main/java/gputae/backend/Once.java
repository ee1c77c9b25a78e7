package gputae.backend;

import java.util.function.Supplier;

/**
 * Something that a process makes once; or the reason why it cannot be had, which is kept and reported again at each
 * later call.
 */
public final class Once<T> {

  private T made;
  private BackendException failure;

  /** What the first call's {@code make} gave. */
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
