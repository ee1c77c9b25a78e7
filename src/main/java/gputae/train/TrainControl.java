package gputae.train;

import java.util.function.Consumer;

/**
 * Commands to a running training from any thread. They take effect between steps. None of them changes random numbers or results.
 */
public final class TrainControl {

  private boolean stopped;
  private boolean paused;
  private long singleSteps;
  private Consumer<float[]> snapshot;

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

  /** Asks for a copy of the flat parameter buffer as it is between two steps; called on the training thread. A later request replaces one not yet served. */
  public synchronized void requestSnapshot(Consumer<float[]> receiver) {
    snapshot = receiver;
    notifyAll();
  }

  public synchronized boolean stopped() {
    return stopped;
  }

  /** Something other than going on at full speed is asked for. */
  synchronized boolean wantsAttention() {
    return stopped || paused || snapshot != null;
  }

  /** Serves a snapshot request and waits while paused; true to do a step, false to stop. */
  boolean awaitStep(java.util.function.Supplier<float[]> parameters) {
    while (true) {
      Consumer<float[]> receiver;
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
        receiver.accept(parameters.get());
      }
    }
  }
}
