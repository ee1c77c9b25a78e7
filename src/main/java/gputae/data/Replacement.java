package gputae.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.atomic.AtomicLong;

/** Writes a file so that readers see the old one or the whole new one, never a part: into a sibling, then renamed. */
final class Replacement {

  /** Writes the content to the file it is given. */
  interface Content {
    void writeTo(Path temporary) throws IOException;
  }

  // Neighbours: two threads, or two processes, may replace the same file at once.
  private static final AtomicLong SERIAL = new AtomicLong();

  private Replacement() {}

  static void of(Path file, Content content) throws IOException {
    Path temporary = file.resolveSibling("." + file.getFileName() + "." + ProcessHandle.current().pid() + "-" + SERIAL.incrementAndGet() + ".part");
    try {
      content.writeTo(temporary);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
