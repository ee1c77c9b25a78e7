package gputae.view.lwjgl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;

/** Saves pictures as PNG files, named after the training's step; none is written over. */
final class Screenshots {

  private final Consumer<String> say;

  /** Written by whoever trains. */
  private volatile Path folder;

  Screenshots(Consumer<String> say) {
    this.say = say;
  }

  void into(Path folder) {
    this.folder = folder;
  }

  /**
   * Saves what the framebuffer shows.
   *
   * @return a line for the window, which says where it is or why it is not
   */
  String save(long step, int width, int height) {
    Path into = folder;
    if (into == null) {
      return "no screenshot: there is no folder for it yet";
    }
    String name = String.format(Locale.ROOT, "view-%07d", step);
    try {
      Files.createDirectories(into);
      Path file = into.resolve(name + ".png");
      for (int again = 2; Files.exists(file); again++) {
        file = into.resolve(name + "-" + again + ".png");
      }
      Png.write(file, Target.read(width, height), width, height);
      say.accept("screenshot: " + file);
      return "saved " + file;
    } catch (IOException e) {
      say.accept("no screenshot: " + e.getMessage());
      return "no screenshot: " + e.getMessage();
    }
  }
}
