package gputae.view.lwjgl;

import static org.lwjgl.opengl.GL33C.*;
import static org.lwjgl.system.MemoryUtil.NULL;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import org.lwjgl.opengl.GL;
import org.lwjgl.opengl.GLDebugMessageCallback;
import org.lwjgl.opengl.KHRDebug;

/** Small helpers for OpenGL: programs from the jar, and checks for errors. */
final class Gl {

  /** Checks for errors after every pass and asks the driver for its messages; set by {@code -Dgputae.gl.debug=true}. */
  static final boolean DEBUG = Boolean.getBoolean("gputae.gl.debug");

  private Gl() {}

  /**
   * @throws IllegalStateException naming the pass, if OpenGL has an error; checks only if {@link #DEBUG} is set, since
   *     drivers wait for it
   */
  static void check(String pass) {
    if (DEBUG) {
      int error = glGetError();
      // The driver's message about the same error. It must not be left for the next pass.
      String message = MESSAGE.getAndSet(null);
      if (error != GL_NO_ERROR) {
        throw new IllegalStateException(
            "OpenGL error 0x" + Integer.toHexString(error) + " in " + pass + (message == null ? "" : ": " + message));
      }
      if (message != null) {
        throw new IllegalStateException("OpenGL in " + pass + ": " + message);
      }
    }
  }

  private static final AtomicReference<String> MESSAGE = new AtomicReference<>();

  /** Collects the driver's error messages until it is closed. */
  static final class Messages implements AutoCloseable {
    private final GLDebugMessageCallback callback;

    Messages() {
      if (!DEBUG || !GL.getCapabilities().GL_KHR_debug) {
        callback = null;
        return;
      }
      callback = GLDebugMessageCallback.create((source, type, id, severity, length, message, user) -> {
        if (type == KHRDebug.GL_DEBUG_TYPE_ERROR || severity == KHRDebug.GL_DEBUG_SEVERITY_HIGH) {
          MESSAGE.set(GLDebugMessageCallback.getMessage(length, message));
        }
      });
      glEnable(KHRDebug.GL_DEBUG_OUTPUT);
      glEnable(KHRDebug.GL_DEBUG_OUTPUT_SYNCHRONOUS);
      KHRDebug.glDebugMessageCallback(callback, NULL);
    }

    @Override
    public void close() {
      if (callback != null) {
        KHRDebug.glDebugMessageCallback(null, NULL);
        callback.free();
      }
    }
  }

  /** The program made from viz/shaders/NAME.vert and NAME.frag. */
  static int program(String name) {
    int program = glCreateProgram();
    int vertex = shader(GL_VERTEX_SHADER, name + ".vert");
    int fragment = shader(GL_FRAGMENT_SHADER, name + ".frag");
    glAttachShader(program, vertex);
    glAttachShader(program, fragment);
    glLinkProgram(program);
    // They are kept by the program.
    glDeleteShader(vertex);
    glDeleteShader(fragment);
    if (glGetProgrami(program, GL_LINK_STATUS) == GL_FALSE) {
      throw new IllegalStateException("the shaders " + name + " do not link: " + glGetProgramInfoLog(program));
    }
    return program;
  }

  private static int shader(int type, String file) {
    int shader = glCreateShader(type);
    glShaderSource(shader, text("shaders/" + file));
    glCompileShader(shader);
    if (glGetShaderi(shader, GL_COMPILE_STATUS) == GL_FALSE) {
      throw new IllegalStateException("the shader " + file + " does not compile: " + glGetShaderInfoLog(shader));
    }
    return shader;
  }

  private static String text(String name) {
    try (InputStream in = Gl.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("this jar does not hold " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("cannot read " + name + " in the jar: " + e.getMessage(), e);
    }
  }
}
