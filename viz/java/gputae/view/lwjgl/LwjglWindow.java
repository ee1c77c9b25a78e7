package gputae.view.lwjgl;

import static org.lwjgl.glfw.GLFW.*;
import static org.lwjgl.opengl.GL33C.*;
import static org.lwjgl.system.MemoryUtil.NULL;

import gputae.backend.Backend;
import gputae.train.Epoch;
import gputae.train.Snapshot;
import gputae.train.Step;
import gputae.train.TrainControl;
import gputae.view.Subject;
import gputae.view.ViewException;
import gputae.view.ViewOptions;
import gputae.view.Window;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.lwjgl.glfw.GLFWNativeX11;
import org.lwjgl.opengl.GL;

/**
 * A window, with two threads: one owns GLFW and OpenGL and draws, the {@link Lookout} asks for snapshots and embeds and
 * decodes. The training's thread hands values over through {@link Exchange}s and never waits for either.
 */
final class LwjglWindow implements Window {

  /** Seconds that embeddings take from one observation to the next. */
  private static final double FLOW = 0.22;

  /** Seconds that the tree takes to appear. */
  private static final double FADE = 0.25;

  private static final double NOTICE_SECONDS = 3.5;

  private static final long PATIENCE_MILLISECONDS = 5000;

  private static final double SECONDS_BETWEEN_COPIES = 0.05;

  /** Frames a second at most; on a processor that draws in software some are left for the training. */
  private static final double RATE = 60;

  private static final double SOFTWARE_RATE = 30;

  /** Seconds after which a picture in which nothing moves is drawn again. */
  private static final double IDLE = 0.25;

  private final Subject subject;
  private final TrainControl control;
  private final ViewOptions options;
  private final Consumer<String> say;
  private final Lookout lookout;
  private final Thread thread;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();

  // Written by whoever trains.
  private final Curves curves;
  private long lastCopy;
  private volatile boolean pauseAfterEpoch;

  private final Exchange<Curves.Copy> curvesExchange = new Exchange<>();
  private volatile boolean finished;
  private volatile boolean paused;
  private volatile boolean closing;
  private volatile boolean open = true;
  private final Screenshots screenshots;

  LwjglWindow(Subject subject, Supplier<Backend> backend, TrainControl control, ViewOptions options,
      Consumer<String> say) {
    this.subject = subject;
    this.control = control;
    this.options = options;
    this.say = say;
    this.screenshots = new Screenshots(say);
    this.curves = new Curves(subject.config().objective().columns(), subject.stepsPerEpoch());
    this.lookout = new Lookout(subject, backend, control, say);
    this.thread = new Thread(this::run, "window");
    thread.setDaemon(true);
    thread.start();
    try {
      ready.get();
    } catch (ExecutionException e) {
      close();
      throw e.getCause() instanceof ViewException refusal ? refusal
          : new ViewException("no window: " + e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ViewException("interrupted", e);
    }
    lookout.start();
  }

  @Override
  public void screenshotsTo(Path folder) {
    screenshots.into(folder);
  }

  @Override
  public void history(List<Epoch> epochs) {
    curves.restart(epochs);
    curvesExchange.give(curves.copy());
  }

  @Override
  public void onStep(Step step) {
    curves.add(step);
    long now = System.nanoTime();
    if ((now - lastCopy) * 1e-9 > SECONDS_BETWEEN_COPIES) {
      lastCopy = now;
      curvesExchange.give(curves.copy());
    }
  }

  @Override
  public void onEpoch(Epoch epoch) {
    curves.add(epoch);
    curvesExchange.give(curves.copy());
    if (pauseAfterEpoch) {
      pauseAfterEpoch = false;
      pause();
    }
  }

  @Override
  public void show(Snapshot snapshot) {
    lookout.show(snapshot);
  }

  @Override
  public void finished() {
    finished = true;
    lookout.finished();
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void awaitClosed() throws InterruptedException {
    thread.join();
  }

  @Override
  public void close() {
    closing = true;
    try {
      // Where the display was lost, a call into its libraries may never return.
      thread.join(PATIENCE_MILLISECONDS);
      lookout.close();
      lookout.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void pause() {
    control.pause();
    paused = true;
  }

  private void resume() {
    paused = false;
    control.resume();
  }

  // From here on, the window's thread.

  private long window;
  private Runnable exitGuard = () -> {};
  private Renderer renderer;
  private State state;
  private Camera camera;
  private PictureSize size;
  private Mouse mouse;
  private boolean treeWanted;
  private boolean shotWanted;
  private boolean dirty = true;
  private double flowFrom;
  private double noticeAt = Double.NEGATIVE_INFINITY;
  private double speedAt;
  private long speedStep = -1;

  private void run() {
    try {
      Natives.load();
      Display.connect();
      try {
        create();
        exitGuard = X11Errors.guardExit(thread, () -> closing = true,
            () -> finished && (control == null || !control.stopped()));
        ready.complete(null);
        loop();
      } finally {
        if (!X11Errors.connectionLost()) {
          destroy();
          glfwTerminate();
          // Not reached where a call into the display's libraries never returns.
          exitGuard.run();
        }
      }
    } catch (RuntimeException | LinkageError e) {
      if (!ready.completeExceptionally(e)) {
        // Without its display a window has sizes by chance, and OpenGL complains of them.
        String what =
            X11Errors.connectionLost() ? "the display was lost" : "the window failed (" + e.getMessage() + ")";
        say.accept(what + (control == null ? "" : "; the training goes on without the window"));
      }
    } finally {
      open = false;
      lookout.close();
      if (paused) {
        // Nobody could let it go on any more.
        resume();
      }
    }
  }

  private void create() {
    window = Display.open("gpu-tae \u00b7 " + subject.title(), options);
    if (glfwGetPlatform() == GLFW_PLATFORM_X11) {
      X11Errors.handle(GLFWNativeX11.glfwGetX11Display(), GLFWNativeX11.glfwGetX11Window(window));
    }
    glfwMakeContextCurrent(window);
    glfwSwapInterval(1);
    GL.createCapabilities(true);
    renderer = new Renderer(subject);
    camera = Renderer.camera(subject.config().latent());
    state = new State(subject);
    state.interactive = true;
    treeWanted = options.tree();
    size = new PictureSize(window);
    mouse = new Mouse(window, size, renderer, camera, state, lookout, () -> dirty = true,
        button -> press(state.buttons.get(button).label()));
    mouse.listen();
    glfwSetKeyCallback(window, (w, key, scancode, action, mods) -> {
      if (action == GLFW_PRESS) {
        pressed(key);
      }
    });
    glfwSetWindowRefreshCallback(window, w -> dirty = true);
    glfwSetFramebufferSizeCallback(window, (w, x, y) -> dirty = true);
  }

  private void destroy() {
    if (renderer != null) {
      renderer.close();
    }
    if (window != NULL) {
      org.lwjgl.glfw.Callbacks.glfwFreeCallbacks(window);
      glfwDestroyWindow(window);
    }
    GL.setCapabilities(null);
  }

  private void loop() {
    String drawer = String.valueOf(glGetString(GL_RENDERER)).toLowerCase(Locale.ROOT);
    double least = 1 / (drawer.contains("llvmpipe") || drawer.contains("softpipe") ? SOFTWARE_RATE : RATE);
    double last = Double.NEGATIVE_INFINITY;
    while (!X11Errors.connectionLost() && !X11Errors.windowLost() && !glfwWindowShouldClose(window) && !closing) {
      double now = seconds();
      receive(now);
      boolean moves = animate(now, Math.min(0.1, now - last));
      if (dirty || moves || now - last > IDLE) {
        dirty = false;
        draw();
        last = now;
      }
      double wait = Math.max(0, (moves || dirty ? least : Math.max(least, 0.02)) - (seconds() - now));
      if (wait > 0.0005) {
        glfwWaitEventsTimeout(wait);
      } else {
        glfwPollEvents();
      }
    }
    if (!closing && control != null && !finished) {
      say.accept(X11Errors.connectionLost() ? "the display was lost; the training goes on without the window"
          : "the window was closed; the training goes on");
    }
  }

  private static double seconds() {
    return System.nanoTime() * 1e-9;
  }

  private void receive(double now) {
    Observation next = lookout.observation();
    if (next != null) {
      renderer.cloud().update(next, state.mixture);
      boolean first = state.now == null;
      state.now = next;
      state.mixture = first ? 1 : 0;
      flowFrom = now;
      if (first) {
        measure();
        camera.follow(next.extent(), Double.POSITIVE_INFINITY);
      }
      dirty = true;
    }
    Curves.Copy copy = curvesExchange.take();
    if (copy != null) {
      state.curves = copy;
      dirty = true;
    }
    if (now - speedAt > 0.5) {
      long step = state.curves.step();
      state.stepsPerSecond =
          speedStep >= 0 && step > speedStep ? (step - speedStep) / (now - speedAt) : state.curves.stepsPerSecond();
      speedAt = now;
      speedStep = step;
    }
    state.status = finished ? "finished" : paused ? "paused" : "";
    Lookout.Decoded decoded = lookout.decoded();
    if (decoded != null && state.pointer != null && Arrays.equals(decoded.z(), state.pointer.z())) {
      state.pointer = new State.Pointer(state.pointer.embedding(), decoded.z(), decoded.image());
      dirty = true;
    }
  }

  /** Moves what moves; whether anything does. */
  private boolean animate(double now, double since) {
    boolean follows = state.now != null && size.width() > 0 && camera.follow(state.now.extent(), since);
    state.mixture = Math.min(1, (now - flowFrom) / FLOW);
    state.tree = Math.max(0, Math.min(1, state.tree + (treeWanted ? since : -since) / FADE));
    state.noticeOpacity = Math.max(0, Math.min(1, NOTICE_SECONDS - (now - noticeAt)));
    return follows || state.mixture < 1 || state.tree > 0 && state.tree < 1
        || state.noticeOpacity > 0 && state.noticeOpacity < 1;
  }

  private void draw() {
    measure();
    if (size.isEmpty() || X11Errors.connectionLost()) {
      return;
    }
    state.buttons = buttons();
    mouse.point();
    if (shotWanted) {
      // Of the picture before.
      state.noticeOpacity = 0;
    }
    renderer.draw(state, camera, size.width(), size.height(), size.ratio());
    if (shotWanted) {
      shotWanted = false;
      screenshot();
    }
    glfwSwapBuffers(window);
  }

  private void measure() {
    size.measure();
    if (!size.isEmpty()) {
      Renderer.place(camera, size.pointsWide(), size.pointsHigh());
    }
  }

  private List<State.Button> buttons() {
    State.Button tree = new State.Button("Tree", "T", treeWanted);
    State.Button reset = new State.Button("Reset", "R", false);
    State.Button shot = new State.Button("Screenshot", "S", false);
    if (control == null || finished) {
      return List.of(tree, reset, shot);
    }
    return List.of(new State.Button(paused ? "Resume" : "Pause", "space", paused),
        new State.Button("One epoch", "E", false), tree, reset, shot);
  }

  private void press(String label) {
    switch (label) {
      case "Pause", "Resume" -> pressed(GLFW_KEY_SPACE);
      case "One epoch" -> pressed(GLFW_KEY_E);
      case "Tree" -> pressed(GLFW_KEY_T);
      case "Reset" -> pressed(GLFW_KEY_R);
      default -> pressed(GLFW_KEY_S);
    }
  }

  private void pressed(int key) {
    dirty = true;
    boolean trains = control != null && !finished;
    switch (key) {
      case GLFW_KEY_SPACE -> {
        if (trains && paused) {
          resume();
        } else if (trains) {
          pause();
        }
      }
      case GLFW_KEY_E -> {
        if (trains) {
          pauseAfterEpoch = true;
          resume();
        }
      }
      case GLFW_KEY_T -> treeWanted = !treeWanted;
      case GLFW_KEY_R -> camera.reset();
      case GLFW_KEY_S -> shotWanted = true;
      default -> {
        // No meaning.
      }
    }
  }

  private void screenshot() {
    noticeAt = seconds();
    state.notice = screenshots.save(state.now == null ? 0 : state.now.step(), size.width(), size.height());
  }
}
