package gputae.view.lwjgl;

import gputae.backend.Backend;
import gputae.train.Epoch;
import gputae.train.Snapshot;
import gputae.train.Step;
import gputae.view.Film;
import gputae.view.Subject;
import gputae.view.ViewException;
import gputae.view.ViewOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A film that is drawn off-screen on its own thread; only that thread uses OpenGL, the backend and the files. */
final class LwjglFilm implements Film {

  /**
   * Number of frames that may wait: enough to keep the drawing thread busy, few enough not to collect many models in
   * memory.
   */
  private static final int WAITING = 3;

  /** 12.5 frames per second; the last frame is shown longer. */
  private static final int CENTISECONDS = 8;

  private static final int LAST_CENTISECONDS = 250;

  /** The angle by which the orbiting camera turns from frame to frame. */
  private static final double TURN = Math.toRadians(1.2);

  private record Task(Snapshot snapshot, Curves.Copy curves) {}

  /** Ends the queue. */
  private static final Task END = new Task(null, null);

  private final Subject subject;
  private final Path frames;
  private final Path film;
  private final ViewOptions options;
  private final BlockingQueue<Task> tasks = new ArrayBlockingQueue<>(WAITING);
  private final Curves curves;

  /** Used by the training thread: the step of the previous frame. */
  private long lastStep = -1;

  private final Thread thread;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private volatile Throwable failure;
  private volatile boolean finish;
  private volatile boolean abandoned;

  /** Written by the drawing thread, read after it has ended. */
  private int count;

  LwjglFilm(Subject subject, Supplier<Backend> backend, Path frames, Path film, ViewOptions options) {
    this.subject = subject;
    this.frames = frames;
    this.film = film;
    this.options = options;
    this.curves = new Curves(subject.config().objective().columns(), subject.stepsPerEpoch());
    this.thread = new Thread(() -> run(backend), "film");
    thread.setDaemon(true);
    thread.start();
    try {
      ready.get();
    } catch (ExecutionException e) {
      // The film has failed; when the caller is told, nothing of it should remain.
      close();
      if (e.getCause() instanceof ViewException refusal) {
        throw refusal;
      }
      throw new ViewException("no frames can be drawn: " + e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ViewException("interrupted", e);
    }
  }

  @Override
  public void history(List<Epoch> epochs) {
    curves.restart(epochs);
  }

  @Override
  public void onStep(Step step) {
    curves.add(step);
  }

  @Override
  public void onEpoch(Epoch epoch) {
    curves.add(epoch);
  }

  @Override
  public void frame(Snapshot snapshot) {
    if (snapshot.step() == lastStep) {
      return;
    }
    lastStep = snapshot.step();
    put(new Task(snapshot, curves.copy()));
  }

  private void put(Task task) {
    try {
      while (!tasks.offer(task, 100, TimeUnit.MILLISECONDS)) {
        rethrow();
        if (!thread.isAlive()) {
          return;
        }
      }
      rethrow();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while frames were drawn", e);
    }
  }

  private void rethrow() {
    Throwable thrown = failure;
    if (thrown instanceof IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
    if (thrown != null) {
      throw new ViewException("frames can no longer be drawn: " + thrown.getMessage(), thrown);
    }
  }

  @Override
  public int finish() throws IOException {
    finish = true;
    try {
      put(END);
      thread.join();
      rethrow();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while frames were drawn", e);
    }
    return count;
  }

  @Override
  public void close() {
    abandoned = true;
    tasks.clear();
    tasks.offer(END);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run(Supplier<Backend> backend) {
    try (OffScreen context = new OffScreen();
        Target target = new Target(options.width(), options.height());
        Renderer renderer = new Renderer(subject);
        Backend used = backend.get();
        Observer observer = new Observer(subject, used);
        GifFilm gif = film == null ? null : new GifFilm(film, options.width(), options.height())) {
      State state = new State(subject);
      Camera camera = Renderer.camera(subject.config().latent());
      ready.complete(null);
      for (Task task = tasks.take(); task != END; task = tasks.take()) {
        if (abandoned) {
          return;
        }
        draw(task, state, camera, renderer, observer, target);
        int[] picture = target.read();
        if (frames != null) {
          Png.write(frames.resolve(String.format(Locale.ROOT, "frame-%06d.png", count)), picture, options.width(),
              options.height());
        }
        if (gif != null) {
          gif.frame(picture, CENTISECONDS);
        }
        count++;
      }
      if (gif != null && finish && count > 0) {
        gif.finish(LAST_CENTISECONDS);
      }
    } catch (IOException | RuntimeException | InterruptedException | LinkageError | OutOfMemoryError e) {
      failure = e;
      ready.completeExceptionally(e);
    }
  }

  private void draw(Task task, State state, Camera camera, Renderer renderer, Observer observer, Target target) {
    Observation next = observer.observe(task.snapshot, () -> {});
    renderer.cloud().update(next, 1);
    state.now = next;
    state.curves = task.curves;
    state.stepsPerSecond = task.curves.stepsPerSecond();
    state.tree = options.tree() ? 1 : 0;
    Renderer.place(camera, options.width(), options.height());
    camera.follow(next.extent(), count == 0 ? Double.POSITIVE_INFINITY : 2 * CENTISECONDS / 100.0);
    if (camera.orbits() && count > 0) {
      camera.turn(TURN);
    }
    target.bind();
    renderer.draw(state, camera, options.width(), options.height(), 1);
  }
}
