package gputae.view.lwjgl;

import java.util.concurrent.atomic.AtomicReference;

/**
 * Passes the newest value from one thread to another without a lock: the giver never waits, the taker gets the newest
 * value or nothing.
 */
final class Exchange<T> {

  private final AtomicReference<T> newest = new AtomicReference<>();

  /** Gives a value; it replaces one that was not taken. */
  void give(T value) {
    newest.set(value);
  }

  /** The newest value that was not yet taken, or null. */
  T take() {
    return newest.getAndSet(null);
  }
}
