package gputae.view.lwjgl;

import static org.lwjgl.system.APIUtil.apiClosureRet;
import static org.lwjgl.system.APIUtil.apiCreateCIF;
import static org.lwjgl.system.MemoryUtil.NULL;
import static org.lwjgl.system.libffi.LibFFI.ffi_type_pointer;
import static org.lwjgl.system.libffi.LibFFI.ffi_type_sint32;
import static org.lwjgl.system.libffi.LibFFI.ffi_type_void;

import java.lang.invoke.MethodHandles;
import java.util.function.BooleanSupplier;
import org.lwjgl.system.APIUtil;
import org.lwjgl.system.Callback;
import org.lwjgl.system.CallbackI;
import org.lwjgl.system.JNI;
import org.lwjgl.system.MemoryUtil;
import org.lwjgl.system.SharedLibrary;

/**
 * Keeps Xlib from ending the process, and with it the training: Xlib's own handlers call {@code exit} at any error, and
 * when the connection to the display is lost. These handlers belong to the process and stay installed.
 */
final class X11Errors {

  /** {@code int (Display*, XErrorEvent*)} */
  private static final class OnError implements CallbackI {
    private static final Callback.Descriptor DESCRIPTOR =
        new Callback.Descriptor(OnError.class, MethodHandles.lookup(),
            apiCreateCIF(ffi_type_sint32, ffi_type_pointer, ffi_type_pointer));

    @Override
    public Callback.Descriptor getDescriptor() {
      return DESCRIPTOR;
    }

    @Override
    public void callback(long result, long arguments) {
      // Usually an operation on an object that has just been destroyed. XErrorEvent holds the resource at byte 16, the
      // code at byte 32.
      long event = MemoryUtil.memGetAddress(MemoryUtil.memGetAddress(arguments + Long.BYTES));
      int code = MemoryUtil.memGetByte(event + 32) & 0xff;
      if ((code == BAD_WINDOW || code == BAD_DRAWABLE) && MemoryUtil.memGetAddress(event + 16) == window) {
        windowLost = true;
      }
      apiClosureRet(result, 0);
    }
  }

  /**
   * {@code int (Display*)}: called first when the connection is lost. Xlib's own handler prints a message and ends the
   * process.
   */
  private static final class OnIo implements CallbackI {
    private static final Callback.Descriptor DESCRIPTOR =
        new Callback.Descriptor(OnIo.class, MethodHandles.lookup(), apiCreateCIF(ffi_type_sint32, ffi_type_pointer));

    @Override
    public Callback.Descriptor getDescriptor() {
      return DESCRIPTOR;
    }

    @Override
    public void callback(long result, long arguments) {
      lost = true;
      apiClosureRet(result, 0);
    }
  }

  /** {@code void (Display*, void*)}: called next when the connection is lost. */
  private static final class OnLoss implements CallbackI {
    private static final Callback.Descriptor DESCRIPTOR =
        new Callback.Descriptor(OnLoss.class, MethodHandles.lookup(),
            apiCreateCIF(ffi_type_void, ffi_type_pointer, ffi_type_pointer));

    @Override
    public Callback.Descriptor getDescriptor() {
      return DESCRIPTOR;
    }

    @Override
    public void callback(long result, long arguments) {
      lost = true;
    }
  }

  /** Time that other hooks, such as the one that saves a training, may take. */
  private static final long MILLISECONDS_FOR_OTHERS = 3000;

  private static final int BAD_WINDOW = 3;
  private static final int BAD_DRAWABLE = 9;

  private static volatile boolean lost;
  private static volatile boolean windowLost;
  private static volatile long window;

  private X11Errors() {}

  /** Whether the connection to the display is lost; after that no function of GLFW or OpenGL may be called. */
  static boolean connectionLost() {
    return lost;
  }

  /** Whether somebody else has destroyed the window. */
  static boolean windowLost() {
    return windowLost;
  }

  /**
   * Sets the handlers of a display. Xlib has a handler for lost connections from version 1.7.0 on; with an older one, a
   * lost connection ends the process.
   */
  static void handle(long display, long watched) {
    window = watched;
    windowLost = false;
    SharedLibrary x11 = APIUtil.apiCreateLibrary("libX11.so.6");
    long setErrorHandler = x11.getFunctionAddress("XSetErrorHandler");
    long setExitHandler = x11.getFunctionAddress("XSetIOErrorExitHandler");
    if (setErrorHandler != NULL) {
      JNI.invokePP(new OnError().address(), setErrorHandler);
    }
    long setIoErrorHandler = x11.getFunctionAddress("XSetIOErrorHandler");
    if (setExitHandler != NULL && setIoErrorHandler != NULL) {
      JNI.invokePP(new OnIo().address(), setIoErrorHandler);
      JNI.invokePPPV(display, new OnLoss().address(), NULL, setExitHandler);
    }
  }

  /**
   * If the connection is lost, the exit handlers of the libraries wait for ever for their threads, and a thread inside
   * these libraries may never return. So the process ends without these handlers, some time after all of Java's hooks
   * are done.
   *
   * @param drawing  thread of the window
   * @param askToEnd asks this thread to end; this takes no time if all is well
   * @param done     whether the task of the process is done
   * @return removes the guard
   */
  static Runnable guardExit(Thread drawing, Runnable askToEnd, BooleanSupplier done) {
    long exit = APIUtil.apiCreateLibrary("libc.so.6").getFunctionAddress("_exit");
    Thread guard = new Thread(() -> {
      long end = System.nanoTime() + MILLISECONDS_FOR_OTHERS * 1_000_000;
      askToEnd.run();
      try {
        drawing.join(MILLISECONDS_FOR_OTHERS);
        if (!drawing.isAlive() && !lost) {
          return;
        }
        Thread.sleep(Math.max(0, (end - System.nanoTime()) / 1_000_000));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      JNI.invokeV(done.getAsBoolean() ? 0 : 1, exit);
    }, "end-without-display");
    Runtime.getRuntime().addShutdownHook(guard);
    return () -> {
      try {
        Runtime.getRuntime().removeShutdownHook(guard);
      } catch (IllegalStateException e) {
        // The process is already ending.
      }
    };
  }
}
