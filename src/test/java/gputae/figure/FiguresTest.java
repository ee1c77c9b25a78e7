package gputae.figure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Errors that AWT is known to throw without fonts, fontconfig, libfreetype or java.desktop. */
class FiguresTest {

  @TempDir
  Path directory;

  @Test
  void failuresOfAwtAreOneLine() {
    RuntimeException noFonts =
        inFonts(new RuntimeException("Fontconfig head is null, check your fonts or fonts configuration"));
    assertTranslated("Fontconfig head is null", () -> {
      throw noFonts;
    });
    assertTranslated("Fontconfig head is null", () -> {
      throw new InternalError(new InvocationTargetException(noFonts));
    });
    assertTranslated("java.lang.NullPointerException", () -> {
      throw inFonts(new NullPointerException());
    });
    assertTranslated("libfreetype.so.6: cannot open", () -> {
      throw new UnsatisfiedLinkError("libfontmanager.so: libfreetype.so.6: cannot open shared object file");
    });
    assertTranslated("Could not initialize class sun.font", () -> {
      throw new NoClassDefFoundError("Could not initialize class sun.font.SunFontManager");
    });
    assertTranslated("there is no class java.awt.Shape", () -> {
      throw (Error) new NoClassDefFoundError("java/awt/Shape").initCause(new ClassNotFoundException("java.awt.Shape"));
    });
  }

  @Test
  void mistakesOfOurOwnStayWhatTheyAre() {
    IllegalStateException mistake = new IllegalStateException("ours");
    assertSame(mistake,
        assertThrows(IllegalStateException.class, () -> Figures.write(directory.resolve("x.png"), () -> {
          throw mistake;
        })));
  }

  @Test
  void aFailureLeavesTheOldFigure() throws IOException {
    Path png = Files.writeString(directory.resolve("x.png"), "old");
    assertThrows(FigureException.class, () -> Figures.write(png, () -> {
      throw new UnsatisfiedLinkError("awt");
    }));
    assertEquals("old", Files.readString(png));
    Figures.write(png, () -> new byte[] {'n', 'e', 'w'});
    assertEquals("new", Files.readString(png));
  }

  private void assertTranslated(String reason, Figures.Painter painter) {
    Path png = directory.resolve("latent.png");
    FigureException e = assertThrows(FigureException.class, () -> Figures.write(png, painter));
    assertTrue(e.getMessage().startsWith(png + ": cannot be drawn: ") && e.getMessage().contains(reason),
        e.getMessage());
    assertTrue(e.getMessage().contains("fontconfig") && e.getMessage().contains("fonts-dejavu-core")
        && e.getMessage().contains("java.desktop"));
    assertFalse(e.getMessage().contains("\n"));
    assertFalse(Files.exists(png));
  }

  private static <T extends RuntimeException> T inFonts(T failure) {
    failure.setStackTrace(new StackTraceElement[] {
      new StackTraceElement("sun.awt.FontConfiguration", "getVersion", "FontConfiguration.java", 1242),
      new StackTraceElement("gputae.figure.Canvas", "textWidth", "Canvas.java", 1)});
    return failure;
  }
}
