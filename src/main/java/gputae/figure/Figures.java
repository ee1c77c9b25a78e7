package gputae.figure;

import gputae.files.WholeFile;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Runs all code that uses AWT, in headless mode, and turns the ways in which AWT fails on a minimal machine into a
 * {@link FigureException}. This class itself mentions no AWT type, so it can be loaded without java.desktop.
 */
final class Figures {

  /** Draws a figure and encodes it. */
  interface Painter {
    byte[] png() throws IOException;
  }

  private Figures() {}

  /**
   * Writes the painter's PNG to {@code png}; the file is never half written.
   *
   * @throws FigureException if this Java cannot draw
   * @throws IOException     if the file cannot be written
   */
  static void write(Path png, Painter painter) throws IOException {
    if (System.getProperty("java.awt.headless") == null) {
      System.setProperty("java.awt.headless", "true");
    }
    byte[] bytes;
    try {
      bytes = painter.png();
    } catch (LinkageError | InternalError e) {
      throw cannotDraw(png, e);
    } catch (RuntimeException e) {
      // A missing font configuration appears as a NullPointerException or a RuntimeException inside the JDK, depending
      // on its version.
      if (!fromFonts(e)) {
        throw e;
      }
      throw cannotDraw(png, e);
    }
    WholeFile.write(png, bytes);
  }

  private static FigureException cannotDraw(Path png, Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    String reason = root instanceof ClassNotFoundException ? "there is no class " + root.getMessage()
        : root.getMessage() == null ? root.getClass().getName() : root.getMessage();
    return new FigureException(png + ": cannot be drawn: Java's graphics do not work here (" + reason
        + "); install fontconfig and a font, such as the"
        + " packages fontconfig and fonts-dejavu-core, and a JDK with java.desktop", failure);
  }

  private static boolean fromFonts(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      for (StackTraceElement frame : t.getStackTrace()) {
        if (frame.getClassName().startsWith("sun.font.") || frame.getClassName().startsWith("sun.awt.")) {
          return true;
        }
      }
    }
    return false;
  }
}
