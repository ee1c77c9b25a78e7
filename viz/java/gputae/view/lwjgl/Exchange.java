package gputae.view.lwjgl;

import java.util.concurrent.atomic.AtomicReference;

/**
 * Hands the newest value from one thread to another without a lock: who gives never waits, who takes gets the newest or
 * nothing.
 */
final class Exchange<T> {

  private final AtomicReference<T> newest = new AtomicReference<>();

  /** Replaces a value that was not taken. */
  void give(T value) {
    newest.set(value);
  }

  /** The newest value that was not taken yet, or null. */
  T take() {
    return newest.getAndSet(null);
  }
}
