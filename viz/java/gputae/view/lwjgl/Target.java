package gputae.view.lwjgl;

import static org.lwjgl.opengl.GL33C.*;

import java.nio.ByteBuffer;
import org.lwjgl.system.MemoryUtil;

/**
 * A picture in OpenGL's memory as a target for drawing: colour, depth, and the stencil with which NanoVG fills shapes.
 */
final class Target implements AutoCloseable {

  private final int width;
  private final int height;
  private final int framebuffer = glGenFramebuffers();
  private final int colour = glGenRenderbuffers();
  private final int depthStencil = glGenRenderbuffers();
  private final ByteBuffer pixels;

  Target(int width, int height) {
    this.width = width;
    this.height = height;
    glBindRenderbuffer(GL_RENDERBUFFER, colour);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, width, height);
    glBindRenderbuffer(GL_RENDERBUFFER, depthStencil);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_DEPTH24_STENCIL8, width, height);
    glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, colour);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_STENCIL_ATTACHMENT, GL_RENDERBUFFER, depthStencil);
    int status = glCheckFramebufferStatus(GL_FRAMEBUFFER);
    if (status != GL_FRAMEBUFFER_COMPLETE) {
      throw new IllegalStateException(
          "a framebuffer of " + width + " x " + height + " is not complete: 0x" + Integer.toHexString(status));
    }
    pixels = MemoryUtil.memAlloc(4 * width * height);
  }

  void bind() {
    glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
  }

  /** The picture, 0xRRGGBB, row by row from the top. */
  int[] read() {
    bind();
    return read(width, height, pixels);
  }

  /** The pixels of the current framebuffer. */
  static int[] read(int width, int height) {
    ByteBuffer pixels = MemoryUtil.memAlloc(4 * width * height);
    try {
      return read(width, height, pixels);
    } finally {
      MemoryUtil.memFree(pixels);
    }
  }

  private static int[] read(int width, int height, ByteBuffer pixels) {
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    // As an int in this machine's byte order: 0xAARRGGBB.
    glReadPixels(0, 0, width, height, GL_BGRA, GL_UNSIGNED_INT_8_8_8_8_REV, pixels);
    int[] rgb = new int[width * height];
    for (int y = 0; y < height; y++) {
      int from = 4 * width * (height - 1 - y);
      for (int x = 0; x < width; x++) {
        rgb[y * width + x] = pixels.getInt(from + 4 * x) & 0xffffff;
      }
    }
    return rgb;
  }

  @Override
  public void close() {
    MemoryUtil.memFree(pixels);
    glDeleteFramebuffers(framebuffer);
    glDeleteRenderbuffers(colour);
    glDeleteRenderbuffers(depthStencil);
  }
}
