package gputae.view.lwjgl;

import gputae.backend.Backend;
import gputae.train.Snapshot;
import gputae.train.TrainControl;
import gputae.view.Subject;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The thread behind a window. It asks the training for snapshots several times a second, turns each into an
 * observation, and decodes the latent point under the mouse. All data pass through {@link Exchange}s.
 */
final class Lookout {

  /** Least time between two snapshots. */
  private static final double LEAST_SECONDS = 0.15;

  /**
   * The time between two observations is at least this many times the time of one, so that the training keeps most of
   * the processor.
   */
  private static final double IDLE_SHARE = 5;

  private final Subject subject;
  private final Supplier<Backend> backend;
  private final TrainControl control;
  private final Consumer<String> say;
  private final Thread thread;
  private final Exchange<Snapshot> snapshots = new Exchange<>();
  private final Exchange<Observation> observations = new Exchange<>();
  private final Exchange<float[]> places = new Exchange<>();
  private final Exchange<Decoded> images = new Exchange<>();
  private volatile boolean closed;
  private volatile boolean finished;
  private volatile boolean asked;

  // Used by this thread only.
  private Observer observer;
  private boolean loaded;

  /** The image, uint8 [pixels], decoded from a latent point [d]. */
  record Decoded(float[] z, byte[] image) {}

  Lookout(Subject subject, Supplier<Backend> backend, TrainControl control, Consumer<String> say) {
    this.subject = subject;
    this.backend = backend;
    this.control = control;
    this.say = say;
    this.thread = new Thread(this::run, "window-model");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Asks for an observation of this model next. */
  void show(Snapshot snapshot) {
    snapshots.give(snapshot);
    LockSupport.unpark(thread);
  }

  /** Asks for the image of a latent point. */
  void decode(float[] z) {
    places.give(z);
    LockSupport.unpark(thread);
  }

  /** The newest observation if it was not yet taken, otherwise null. */
  Observation observation() {
    return observations.take();
  }

  /** The newest decoded image if it was not yet taken, otherwise null. */
  Decoded decoded() {
    return images.take();
  }

  /** Notes that the training answers no more requests. */
  void finished() {
    finished = true;
  }

  /** Ends the thread soon. */
  void close() {
    closed = true;
    LockSupport.unpark(thread);
  }

  void join() throws InterruptedException {
    thread.join();
  }

  private void run() {
    try (Backend used = backend.get();
        Observer own = new Observer(subject, used)) {
      observer = own;
      long due = System.nanoTime();
      long last = -1;
      while (!closed) {
        Snapshot snapshot = snapshots.take();
        // A paused training answers with the same model repeatedly.
        if (snapshot != null && (snapshot.step() != last || control == null)) {
          long from = System.nanoTime();
          Observation next = observer.observe(snapshot, () -> {
            loaded = true;
            serve();
          });
          last = snapshot.step();
          observations.give(next);
          due = System.nanoTime() + (long) Math.max(LEAST_SECONDS * 1e9, IDLE_SHARE * (System.nanoTime() - from));
        }
        serve();
        if (control != null && !finished && !asked && System.nanoTime() >= due) {
          asked = true;
          due = System.nanoTime() + (long) (LEAST_SECONDS * 1e9);
          control.requestSnapshot(answer -> {
            asked = false;
            show(answer);
          });
        }
        LockSupport.parkNanos(Math.max(1_000_000, Math.min(50_000_000, due - System.nanoTime())));
      }
    } catch (RuntimeException | OutOfMemoryError e) {
      say.accept("the window shows no more of the model: " + e.getMessage());
    }
  }

  private void serve() {
    // A model of zeros would decode every point to grey.
    float[] z = loaded ? places.take() : null;
    if (z != null) {
      images.give(new Decoded(z, observer.decode(z)));
    }
  }
}
