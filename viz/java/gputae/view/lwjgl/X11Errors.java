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
 * Keeps Xlib from ending the process, and the training with it: its own handlers call {@code exit} at any error, and
 * where the connection to the display is lost. They belong to the process and stay for good.
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
      // As a rule an operation on something that has just gone. XErrorEvent holds the resource at byte 16, the code at
      // byte 32.
      long event = MemoryUtil.memGetAddress(MemoryUtil.memGetAddress(arguments + Long.BYTES));
      int code = MemoryUtil.memGetByte(event + 32) & 0xff;
      if ((code == BAD_WINDOW || code == BAD_DRAWABLE) && MemoryUtil.memGetAddress(event + 16) == window) {
        windowLost = true;
      }
      apiClosureRet(result, 0);
    }
  }

  /** {@code int (Display*)}: what Xlib says at a loss. Its own says it, and ends the process too. */
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

  /** {@code void (Display*, void*)}: what it does then. */
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

  /** What other hooks, such as the one that saves a training, may take. */
  private static final long MILLISECONDS_FOR_OTHERS = 3000;

  private static final int BAD_WINDOW = 3;
  private static final int BAD_DRAWABLE = 9;

  private static volatile boolean lost;
  private static volatile boolean windowLost;
  private static volatile long window;

  private X11Errors() {}

  /** Whether the connection to the display is lost: nothing of GLFW or OpenGL may be called any more. */
  static boolean connectionLost() {
    return lost;
  }

  /** Whether somebody else has destroyed the window. */
  static boolean windowLost() {
    return windowLost;
  }

  /**
   * Sets the handlers of a display. Xlib knows the one for losses from version 1.7.0 on; before, a lost connection ends
   * the process.
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
   * Where the connection is lost, the libraries' own exit handlers wait for ever for what their threads will never do,
   * and a thread in them may never come back to say so; so the process ends without them, some time after all of Java's
   * are done.
   *
   * @param drawing  the window's thread
   * @param askToEnd tells it to end, which takes it no time where all is well
   * @param done     whether what the process was for is done
   * @return takes the guard away
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
        // The process is ending.
      }
    };
  }
}
