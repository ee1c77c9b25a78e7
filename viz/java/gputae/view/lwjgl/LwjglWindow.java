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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.lwjgl.glfw.GLFWErrorCallback;
import org.lwjgl.glfw.GLFWNativeX11;
import org.lwjgl.glfw.GLFWVidMode;
import org.lwjgl.opengl.GL;
import org.lwjgl.system.MemoryStack;

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

  /** How near the mouse must be to an embedding to mean it, points. */
  private static final double NEAR = 7;

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
  private volatile Path screenshots;

  LwjglWindow(Subject subject, Supplier<Backend> backend, TrainControl control, ViewOptions options,
      Consumer<String> say) {
    this.subject = subject;
    this.control = control;
    this.options = options;
    this.say = say;
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

  /** Whether a window could be opened, in words. */
  static String displayOrReason() {
    try {
      Natives.load();
      initialise();
      String platform = glfwGetPlatform() == GLFW_PLATFORM_WAYLAND ? "Wayland" : "X11";
      glfwTerminate();
      return "windows on " + platform;
    } catch (ViewException e) {
      return e.getMessage();
    }
  }

  private static void initialise() {
    GLFWErrorCallback before = glfwSetErrorCallback(null);
    if (before != null) {
      before.free();
    }
    // Without this it looks for Wayland first, whose library complains on the console where there is none.
    glfwInitHint(GLFW_PLATFORM, System.getenv("WAYLAND_DISPLAY") == null ? GLFW_PLATFORM_X11 : GLFW_ANY_PLATFORM);
    if (!glfwInit()) {
      throw new ViewException("no window: " + error() + ". --frames DIR and --film FILE.gif need no display");
    }
  }

  /** GLFW's last error, in one line. */
  private static String error() {
    try (MemoryStack stack = MemoryStack.stackPush()) {
      org.lwjgl.PointerBuffer text = stack.mallocPointer(1);
      int code = glfwGetError(text);
      if (code == GLFW_NO_ERROR) {
        return "GLFW gives no reason";
      }
      String display = System.getenv("DISPLAY");
      String wayland = System.getenv("WAYLAND_DISPLAY");
      if (display == null && wayland == null) {
        return "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)";
      }
      if (code == GLFW_PLATFORM_UNAVAILABLE) {
        return "the display " + (wayland != null ? wayland : display) + " cannot be opened";
      }
      return text.get(0) == NULL ? "GLFW error 0x" + Integer.toHexString(code)
          : text.getStringUTF8(0).replace('\n', ' ');
    }
  }

  @Override
  public void screenshotsTo(Path folder) {
    screenshots = folder;
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
  private double ratio = 1;
  private int width;
  private int height;

  /** Of the mouse, in points; NaN outside. */
  private double mouseX = Double.NaN;

  private double mouseY = Double.NaN;
  private int dragged = -1;
  private boolean dragMoved;
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
      initialise();
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
    glfwDefaultWindowHints();
    glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 3);
    glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
    glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
    glfwWindowHint(GLFW_CONTEXT_DEBUG, Gl.DEBUG ? GLFW_TRUE : GLFW_FALSE);
    glfwWindowHint(GLFW_STENCIL_BITS, 8);
    glfwWindowHint(GLFW_SCALE_TO_MONITOR, GLFW_TRUE);
    glfwWindowHintString(GLFW_X11_CLASS_NAME, "gpu-tae");
    glfwWindowHintString(GLFW_X11_INSTANCE_NAME, "gpu-tae");
    glfwWindowHintString(GLFW_WAYLAND_APP_ID, "gpu-tae");
    int wide = options.width();
    int high = options.height();
    long monitor = glfwGetPrimaryMonitor();
    GLFWVidMode mode = monitor == NULL ? null : glfwGetVideoMode(monitor);
    if (mode != null) {
      wide = Math.min(wide, mode.width());
      high = Math.min(high, mode.height());
    }
    window = glfwCreateWindow(wide, high, "gpu-tae \u00b7 " + subject.title(), NULL, NULL);
    if (window == NULL) {
      throw new ViewException("no window: " + error()
          + " (OpenGL 3.3 is needed; --frames DIR and --film FILE.gif may do without the display's)");
    }
    glfwSetWindowSizeLimits(window, ViewOptions.LEAST_WIDTH, ViewOptions.LEAST_HEIGHT, GLFW_DONT_CARE, GLFW_DONT_CARE);
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
    glfwSetCursorPosCallback(window, (w, x, y) -> moved(x, y));
    glfwSetCursorEnterCallback(window, (w, entered) -> {
      if (entered) {
        // Where it comes back to the very place where it left, GLFW tells no position.
        double[] x = new double[1];
        double[] y = new double[1];
        glfwGetCursorPos(w, x, y);
        moved(x[0], y[0]);
      } else if (dragged < 0) {
        mouseX = Double.NaN;
        mouseY = Double.NaN;
      }
      dirty = true;
    });
    glfwSetMouseButtonCallback(window, (w, button, action, mods) -> clicked(button, action));
    glfwSetScrollCallback(window, (w, x, y) -> scrolled(y));
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
    boolean follows = state.now != null && width > 0 && camera.follow(state.now.extent(), since);
    state.mixture = Math.min(1, (now - flowFrom) / FLOW);
    state.tree = Math.max(0, Math.min(1, state.tree + (treeWanted ? since : -since) / FADE));
    state.noticeOpacity = Math.max(0, Math.min(1, NOTICE_SECONDS - (now - noticeAt)));
    return follows || state.mixture < 1 || state.tree > 0 && state.tree < 1
        || state.noticeOpacity > 0 && state.noticeOpacity < 1;
  }

  private void draw() {
    measure();
    if (width == 0 || height == 0 || X11Errors.connectionLost()) {
      return;
    }
    state.buttons = buttons();
    point();
    if (shotWanted) {
      // Of the picture before.
      state.noticeOpacity = 0;
    }
    renderer.draw(state, camera, width, height, ratio);
    if (shotWanted) {
      shotWanted = false;
      screenshot();
    }
    glfwSwapBuffers(window);
  }

  /** The window's size now; none while it is minimised. */
  private void measure() {
    int[] w = new int[1];
    int[] h = new int[1];
    glfwGetFramebufferSize(window, w, h);
    float[] x = new float[1];
    float[] y = new float[1];
    glfwGetWindowContentScale(window, x, y);
    width = w[0];
    height = h[0];
    ratio = x[0] > 0 ? x[0] : 1;
    if (width > 0 && height > 0) {
      Renderer.place(camera, width / ratio, height / ratio);
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

  private void moved(double x, double y) {
    int[] w = new int[1];
    int[] h = new int[1];
    glfwGetWindowSize(window, w, h);
    double perPoint = w[0] == 0 ? 1 : width / (double) w[0] / ratio;
    double nextX = x * perPoint;
    double nextY = y * perPoint;
    if (dragged >= 0 && Double.isFinite(mouseX)) {
      double dx = nextX - mouseX;
      double dy = nextY - mouseY;
      dragMoved |= dx != 0 || dy != 0;
      if (camera.orbits() && dragged == GLFW_MOUSE_BUTTON_LEFT) {
        camera.orbit(dx, dy);
      } else {
        camera.pan(dx, dy);
      }
    }
    mouseX = nextX;
    mouseY = nextY;
    dirty = true;
  }

  private void clicked(int button, int action) {
    dirty = true;
    if (action == GLFW_RELEASE) {
      dragged = -1;
      if (glfwGetWindowAttrib(window, GLFW_HOVERED) == GLFW_FALSE) {
        // It left while it dragged.
        mouseX = Double.NaN;
        mouseY = Double.NaN;
      }
      return;
    }
    int hit = renderer.panels().button(mouseX, mouseY);
    if (button == GLFW_MOUSE_BUTTON_LEFT && hit >= 0) {
      press(state.buttons.get(hit).label());
    } else if (inCloud()) {
      dragged = button;
      dragMoved = false;
    }
  }

  private void scrolled(double amount) {
    if (inCloud()) {
      camera.zoom(Math.pow(1.15, amount), mouseX, mouseY);
      dirty = true;
    }
  }

  private boolean inCloud() {
    double points = width / ratio;
    return mouseX >= 0 && mouseY >= 0 && mouseY < height / ratio
        && mouseX < points - Panels.panelWidth(points, height / ratio);
  }

  /** Finds out what the mouse points at, and asks for its image where that is new. */
  private void point() {
    Renderer.place(camera, width / ratio, height / ratio);
    if (state.now == null || !inCloud() || dragged >= 0 && dragMoved || renderer.panels().button(mouseX, mouseY) >= 0) {
      state.pointer = null;
      return;
    }
    int embedding = renderer.cloud().nearest(camera, state.mixture, mouseX, mouseY, NEAR);
    int latent = subject.config().latent();
    float[] z = new float[latent];
    if (embedding >= 0) {
      System.arraycopy(state.now.latents(), embedding * latent, z, 0, latent);
    } else {
      double[] at = camera.at(mouseX, mouseY);
      double[] lifted = state.now.projection().lift(at[0], at[1], at[2]);
      for (int i = 0; i < latent; i++) {
        z[i] = (float) lifted[i];
      }
    }
    if (state.pointer == null || state.pointer.embedding() != embedding || !Arrays.equals(state.pointer.z(), z)) {
      // The image before stays until the new one is there, so that it changes instead of flickering.
      state.pointer = new State.Pointer(embedding, z, state.pointer == null ? null : state.pointer.decoded());
      lookout.decode(z);
    }
  }

  private void screenshot() {
    Path folder = screenshots;
    noticeAt = seconds();
    if (folder == null) {
      state.notice = "no screenshot: there is no folder for it yet";
      return;
    }
    String name = String.format(Locale.ROOT, "view-%07d", state.now == null ? 0 : state.now.step());
    try {
      Files.createDirectories(folder);
      Path file = folder.resolve(name + ".png");
      for (int again = 2; Files.exists(file); again++) {
        file = folder.resolve(name + "-" + again + ".png");
      }
      Png.write(file, Target.read(width, height), width, height);
      state.notice = "saved " + file;
      say.accept("screenshot: " + file);
    } catch (IOException e) {
      state.notice = "no screenshot: " + e.getMessage();
      say.accept("no screenshot: " + e.getMessage());
    }
  }
}
