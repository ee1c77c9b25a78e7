package gputae.view.lwjgl;

import static org.lwjgl.glfw.GLFW.*;

/** The size of a window's picture: in pixels, in points, and in the units of the mouse. */
final class PictureSize {

  private final long window;
  private int width;
  private int height;
  private double ratio = 1;

  PictureSize(long window) {
    this.window = window;
  }

  /** Asks for the size that the window has now; none while it is minimised. */
  void measure() {
    int[] w = new int[1];
    int[] h = new int[1];
    glfwGetFramebufferSize(window, w, h);
    float[] x = new float[1];
    float[] y = new float[1];
    glfwGetWindowContentScale(window, x, y);
    width = w[0];
    height = h[0];
    ratio = x[0] > 0 ? x[0] : 1;
  }

  boolean isEmpty() {
    return width == 0 || height == 0;
  }

  /** Pixels. */
  int width() {
    return width;
  }

  /** Pixels. */
  int height() {
    return height;
  }

  /** Pixels a point. */
  double ratio() {
    return ratio;
  }

  double pointsWide() {
    return width / ratio;
  }

  double pointsHigh() {
    return height / ratio;
  }

  /** Points for each unit in which GLFW tells where the mouse is. */
  double pointsPerMouseUnit() {
    int[] w = new int[1];
    int[] h = new int[1];
    glfwGetWindowSize(window, w, h);
    return w[0] == 0 ? 1 : width / (double) w[0] / ratio;
  }
}
