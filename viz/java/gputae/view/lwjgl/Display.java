package gputae.view.lwjgl;

import static org.lwjgl.glfw.GLFW.*;
import static org.lwjgl.system.MemoryUtil.NULL;

import gputae.view.ViewException;
import gputae.view.ViewOptions;
import org.lwjgl.PointerBuffer;
import org.lwjgl.glfw.GLFWErrorCallback;
import org.lwjgl.glfw.GLFWVidMode;
import org.lwjgl.system.MemoryStack;

/** The display, through GLFW: opens a window on it, or says why that cannot be. */
final class Display {

  private Display() {}

  /** Whether a window could be opened, in words. */
  static String displayOrReason() {
    try {
      Natives.load();
      connect();
      String platform = glfwGetPlatform() == GLFW_PLATFORM_WAYLAND ? "Wayland" : "X11";
      glfwTerminate();
      return "windows on " + platform;
    } catch (ViewException e) {
      return e.getMessage();
    }
  }

  /** @throws ViewException if there is no display; {@code glfwTerminate} ends what this begins */
  static void connect() {
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
      PointerBuffer text = stack.mallocPointer(1);
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

  /**
   * A window for OpenGL 3.3, not larger than the display.
   *
   * @throws ViewException if it cannot be opened
   */
  static long open(String title, ViewOptions options) {
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
    long window = glfwCreateWindow(wide, high, title, NULL, NULL);
    if (window == NULL) {
      throw new ViewException("no window: " + error()
          + " (OpenGL 3.3 is needed; --frames DIR and --film FILE.gif may do without the display's)");
    }
    glfwSetWindowSizeLimits(window, ViewOptions.LEAST_WIDTH, ViewOptions.LEAST_HEIGHT, GLFW_DONT_CARE, GLFW_DONT_CARE);
    return window;
  }
}
