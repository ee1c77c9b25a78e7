package gputae.train;

import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Commands to a running training; any thread may give them. They take effect between steps. None of them changes random
 * numbers or results.
 */
public final class TrainControl {

  private boolean stopped;
  private boolean paused;
  private long singleSteps;
  private Consumer<Snapshot> snapshot;

  /**
   * Receives a snapshot at regular steps; null if nobody wants one. It is set before the training begins, so it is read
   * without the lock.
   */
  private Consumer<Snapshot> regularly;

  private long every = Long.MAX_VALUE;
  private long lastRegular = -1;

  /** Ends the training after the current step; its state can then be saved and resumed. */
  public synchronized void stop() {
    stopped = true;
    notifyAll();
  }

  /** Stops the training between two steps until it is resumed. */
  public synchronized void pause() {
    paused = true;
  }

  /** Continues after {@link #pause}. */
  public synchronized void resume() {
    paused = false;
    singleSteps = 0;
    notifyAll();
  }

  /** Lets a paused training do one more step. */
  public synchronized void step() {
    singleSteps++;
    notifyAll();
  }

  /**
   * Asks for the model as it is between two steps. The receiver is called on the training thread. A later request
   * replaces one that is not yet served.
   */
  public synchronized void requestSnapshot(Consumer<Snapshot> receiver) {
    snapshot = receiver;
    notifyAll();
  }

  /**
   * Asks for the model whenever the number of steps done is a multiple of {@code steps}, including 0. The receiver is
   * called on the training thread, after the listener was told of the steps, and of the epoch if one ended. Call this
   * before the training begins.
   */
  public synchronized void snapshotEvery(long steps, Consumer<Snapshot> receiver) {
    if (steps < 1) {
      throw new IllegalArgumentException("a snapshot every " + steps + " steps; at least 1");
    }
    every = steps;
    regularly = receiver;
  }

  /** The number of steps after {@code done} until a regular snapshot is due. */
  long stepsToRegular(long done) {
    return regularly == null ? Long.MAX_VALUE : every - done % every;
  }

  /** Whether a regular snapshot is due after {@code done} steps. */
  boolean regularDue(long done) {
    return regularly != null && done % every == 0 && done != lastRegular;
  }

  /** Serves the regular snapshot that is due. All enqueued steps must be finished. */
  void serveRegular(Snapshot now) {
    lastRegular = now.step();
    regularly.accept(now);
  }

  public synchronized boolean stopped() {
    return stopped;
  }

  /** Whether a command asks for something other than continuing at full speed. */
  synchronized boolean wantsAttention() {
    return stopped || paused || snapshot != null;
  }

  /**
   * Serves a snapshot request and waits while the training is paused. Returns true to do a step, false to stop.
   *
   * @param settle     called first if a command asks for anything but continuing; it finishes the enqueued steps
   * @param now        supplies the current model
   */
  boolean awaitStep(Runnable settle, Supplier<Snapshot> now) {
    boolean settled = false;
    while (true) {
      Consumer<Snapshot> receiver;
      synchronized (this) {
        if (!wantsAttention()) {
          return true;
        }
      }
      if (!settled) {
        // This is outside the lock, since it calls listeners.
        settle.run();
        settled = true;
      }
      synchronized (this) {
        receiver = snapshot;
        snapshot = null;
        if (receiver == null) {
          if (stopped) {
            return false;
          }
          if (!paused) {
            return true;
          }
          if (singleSteps > 0) {
            singleSteps--;
            return true;
          }
          try {
            wait();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stopped = true;
          }
        }
      }
      if (receiver != null) {
        receiver.accept(now.get());
      }
    }
  }
}
