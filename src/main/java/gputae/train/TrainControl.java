package gputae.train;

import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Commands to a running training from any thread. They take effect between steps. None of them changes random numbers
 * or results.
 */
public final class TrainControl {

  private boolean stopped;
  private boolean paused;
  private long singleSteps;
  private Consumer<Snapshot> snapshot;

  /**
   * Who gets a snapshot every so many steps; null for nobody. Set before the training begins, so read without the lock.
   */
  private Consumer<Snapshot> regularly;

  private long every = Long.MAX_VALUE;
  private long lastRegular = -1;

  /** Ends the training after the step at hand; its state can then be saved and resumed. */
  public synchronized void stop() {
    stopped = true;
    notifyAll();
  }

  /** Holds the training between two steps. */
  public synchronized void pause() {
    paused = true;
  }

  /** Goes on after {@link #pause}. */
  public synchronized void resume() {
    paused = false;
    singleSteps = 0;
    notifyAll();
  }

  /** Lets a paused training do one step more. */
  public synchronized void step() {
    singleSteps++;
    notifyAll();
  }

  /**
   * Asks for the model as it is between two steps; called on the training thread. A later request replaces one not yet
   * served.
   */
  public synchronized void requestSnapshot(Consumer<Snapshot> receiver) {
    snapshot = receiver;
    notifyAll();
  }

  /**
   * Asks for the model each time the number of steps done is a multiple of {@code steps}, the beginning included;
   * called on the training thread, once the listener has heard of the steps, and of the epoch where one ended. To be
   * called before the training begins.
   */
  public synchronized void snapshotEvery(long steps, Consumer<Snapshot> receiver) {
    if (steps < 1) {
      throw new IllegalArgumentException("a snapshot every " + steps + " steps; at least 1");
    }
    every = steps;
    regularly = receiver;
  }

  /** How many steps may follow {@code done} before a regular snapshot is due. */
  long stepsToRegular(long done) {
    return regularly == null ? Long.MAX_VALUE : every - done % every;
  }

  /** Whether a regular snapshot is due after {@code done} steps. */
  boolean regularDue(long done) {
    return regularly != null && done % every == 0 && done != lastRegular;
  }

  /** Serves the regular snapshot that is due; all that is under way has come to its end. */
  void serveRegular(Snapshot now) {
    lastRegular = now.step();
    regularly.accept(now);
  }

  public synchronized boolean stopped() {
    return stopped;
  }

  /** Something other than going on at full speed is asked for. */
  synchronized boolean wantsAttention() {
    return stopped || paused || snapshot != null;
  }

  /**
   * Serves a snapshot request and waits while paused; true to do a step, false to stop.
   *
   * @param settle     called first if anything but going on is asked for: what is under way is brought to its end
   * @param now        the model as it is
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
        // Outside the lock, since it calls listeners.
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
