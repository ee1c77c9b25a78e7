package gputae.view.lwjgl;

import static org.lwjgl.glfw.GLFW.*;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * The mouse: it turns, moves and zooms the camera, presses buttons, and points at places of the cloud, whose images it
 * asks for. Belongs to the thread that draws.
 */
final class Mouse {

  /** How near the mouse must be to an embedding to mean it, points. */
  private static final double NEAR = 7;

  private final long window;
  private final PictureSize size;
  private final Renderer renderer;
  private final Camera camera;
  private final State state;
  private final Lookout lookout;
  private final Runnable onChange;
  private final IntConsumer onButton;

  /** In points; NaN outside. */
  private double mouseX = Double.NaN;

  private double mouseY = Double.NaN;

  /** The button that drags the cloud, or -1. */
  private int dragged = -1;

  private boolean dragMoved;

  /**
   * @param onChange told when the picture may have to be drawn again
   * @param onButton told which of the picture's buttons was pressed
   */
  Mouse(long window, PictureSize size, Renderer renderer, Camera camera, State state, Lookout lookout,
      Runnable onChange, IntConsumer onButton) {
    this.window = window;
    this.size = size;
    this.renderer = renderer;
    this.camera = camera;
    this.state = state;
    this.lookout = lookout;
    this.onChange = onChange;
    this.onButton = onButton;
  }

  /** Hears of the mouse from the window. */
  void listen() {
    glfwSetCursorPosCallback(window, (w, x, y) -> moved(x, y));
    glfwSetCursorEnterCallback(window, (w, entered) -> {
      if (entered) {
        // Where it comes back to the very place where it left, GLFW tells no position.
        double[] x = new double[1];
        double[] y = new double[1];
        glfwGetCursorPos(w, x, y);
        moved(x[0], y[0]);
      } else if (dragged < 0) {
        outside();
      }
      onChange.run();
    });
    glfwSetMouseButtonCallback(window, (w, button, action, mods) -> clicked(button, action));
    glfwSetScrollCallback(window, (w, x, y) -> scrolled(y));
  }

  private void moved(double x, double y) {
    double perUnit = size.pointsPerMouseUnit();
    double nextX = x * perUnit;
    double nextY = y * perUnit;
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
    onChange.run();
  }

  private void outside() {
    mouseX = Double.NaN;
    mouseY = Double.NaN;
  }

  private void clicked(int button, int action) {
    onChange.run();
    if (action == GLFW_RELEASE) {
      dragged = -1;
      if (glfwGetWindowAttrib(window, GLFW_HOVERED) == GLFW_FALSE) {
        // It left while it dragged.
        outside();
      }
      return;
    }
    int hit = renderer.panels().button(mouseX, mouseY);
    if (button == GLFW_MOUSE_BUTTON_LEFT && hit >= 0) {
      onButton.accept(hit);
    } else if (inCloud()) {
      dragged = button;
      dragMoved = false;
    }
  }

  private void scrolled(double amount) {
    if (inCloud()) {
      camera.zoom(Math.pow(1.15, amount), mouseX, mouseY);
      onChange.run();
    }
  }

  private boolean inCloud() {
    return mouseX >= 0 && mouseY >= 0 && mouseY < size.pointsHigh()
        && mouseX < size.pointsWide() - Panels.panelWidth(size.pointsWide(), size.pointsHigh());
  }

  /** Finds out what the mouse points at, and asks for its image where that is new. */
  void point() {
    Renderer.place(camera, size.pointsWide(), size.pointsHigh());
    if (state.now == null || !inCloud() || dragged >= 0 && dragMoved || renderer.panels().button(mouseX, mouseY) >= 0) {
      state.pointer = null;
      return;
    }
    int embedding = renderer.cloud().nearest(camera, state.mixture, mouseX, mouseY, NEAR);
    int latent = state.subject.config().latent();
    float[] z = new float[latent];
    if (embedding >= 0) {
      System.arraycopy(state.now.latents().coordinates(), embedding * latent, z, 0, latent);
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
}
