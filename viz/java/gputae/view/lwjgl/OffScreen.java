package gputae.view.lwjgl;

import static org.lwjgl.system.MemoryStack.stackPush;
import static org.lwjgl.system.MemoryUtil.NULL;

import gputae.view.ViewException;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import org.lwjgl.PointerBuffer;
import org.lwjgl.egl.EGL10;
import org.lwjgl.egl.EGL12;
import org.lwjgl.egl.EGL14;
import org.lwjgl.egl.EGL15;
import org.lwjgl.egl.EGL;
import org.lwjgl.egl.EGLCapabilities;
import org.lwjgl.egl.EXTDeviceEnumeration;
import org.lwjgl.egl.EXTPlatformBase;
import org.lwjgl.egl.EXTPlatformDevice;
import org.lwjgl.opengl.GL;
import org.lwjgl.system.MemoryStack;

/**
 * OpenGL 3.3 without a display: EGL on a device, as on servers and in containers, with NVIDIA's driver as well as with
 * Mesa's. The context is current on the thread that made it. Drawing is possible only to framebuffer objects.
 */
final class OffScreen implements AutoCloseable {

  private static final String ADVICE =
      " (Debian and Ubuntu: apt install libegl1 libgl1 libgl1-mesa-dri; NVIDIA: its driver's libEGL)";

  private final long display;
  private final long context;

  /** @throws ViewException that says what is missing */
  OffScreen() {
    Natives.load();
    EGLCapabilities client;
    try {
      client = EGL.getCapabilities();
    } catch (LinkageError e) {
      // When the same class fails a second time, the JVM throws another error.
      throw new ViewException("no OpenGL: libEGL.so.1 cannot be loaded" + ADVICE, e);
    }
    // LWJGL does not set its flags for extensions that belong to no display, but it finds their functions.
    if (client.eglQueryDevicesEXT == NULL || client.eglGetPlatformDisplayEXT == NULL) {
      throw new ViewException("no OpenGL without a display: this EGL has no device platform" + ADVICE);
    }
    List<String> refusals = new ArrayList<>();
    long opened = NULL;
    long made = NULL;
    try (MemoryStack stack = stackPush()) {
      PointerBuffer devices = stack.mallocPointer(16);
      IntBuffer count = stack.mallocInt(1);
      if (!EXTDeviceEnumeration.eglQueryDevicesEXT(devices, count)) {
        throw new ViewException("no OpenGL without a display: EGL cannot list its devices, error " + error() + ADVICE);
      }
      for (int i = 0; i < count.get(0) && made == NULL; i++) {
        opened = EXTPlatformBase.eglGetPlatformDisplayEXT(EXTPlatformDevice.EGL_PLATFORM_DEVICE_EXT, devices.get(i),
            (IntBuffer) null);
        if (opened == NULL || !EGL10.eglInitialize(opened, stack.mallocInt(1), stack.mallocInt(1))) {
          refusals.add("device " + i + ": eglInitialize " + error());
          continue;
        }
        made = context(stack, opened);
        if (made == NULL) {
          refusals.add("device " + i + ": no OpenGL 3.3 context, error " + error());
          EGL10.eglTerminate(opened);
        }
      }
    }
    if (made == NULL) {
      throw new ViewException("no OpenGL without a display: "
          + (refusals.isEmpty() ? "EGL knows no device" : String.join("; ", refusals)) + ADVICE);
    }
    display = opened;
    context = made;
    try {
      GL.createCapabilities(true);
    } catch (IllegalStateException | LinkageError e) {
      close();
      throw new ViewException("no OpenGL: " + e.getMessage() + ADVICE, e);
    }
  }

  private static long context(MemoryStack stack, long display) {
    if (!EGL12.eglBindAPI(EGL14.EGL_OPENGL_API)) {
      return NULL;
    }
    PointerBuffer config = stack.mallocPointer(1);
    IntBuffer count = stack.mallocInt(1);
    IntBuffer wanted = stack.ints(EGL10.EGL_SURFACE_TYPE, EGL10.EGL_PBUFFER_BIT, EGL12.EGL_RENDERABLE_TYPE,
        EGL14.EGL_OPENGL_BIT, EGL10.EGL_NONE);
    if (!EGL10.eglChooseConfig(display, wanted, config, count) || count.get(0) == 0) {
      return NULL;
    }
    IntBuffer attributes = stack.ints(EGL15.EGL_CONTEXT_MAJOR_VERSION, 3, EGL15.EGL_CONTEXT_MINOR_VERSION, 3,
        EGL15.EGL_CONTEXT_OPENGL_PROFILE_MASK,
        EGL15.EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT, EGL15.EGL_CONTEXT_OPENGL_DEBUG,
        Gl.DEBUG ? EGL14.EGL_TRUE : EGL14.EGL_FALSE, EGL10.EGL_NONE);
    long context = EGL10.eglCreateContext(display, config.get(0), EGL10.EGL_NO_CONTEXT, attributes);
    if (context != NULL && !EGL10.eglMakeCurrent(display, EGL10.EGL_NO_SURFACE, EGL10.EGL_NO_SURFACE, context)) {
      EGL10.eglDestroyContext(display, context);
      return NULL;
    }
    return context;
  }

  private static String error() {
    return "0x" + Integer.toHexString(EGL10.eglGetError());
  }

  @Override
  public void close() {
    GL.setCapabilities(null);
    EGL10.eglMakeCurrent(display, EGL10.EGL_NO_SURFACE, EGL10.EGL_NO_SURFACE, EGL10.EGL_NO_CONTEXT);
    EGL10.eglDestroyContext(display, context);
    EGL10.eglTerminate(display);
  }
}
