package gputae.data;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Files that a reader sees whole or not at all, whenever the program or the machine stops: written to a sibling, synced, renamed, the folder synced.
 */
public final class WholeFile {

  private static final String PART = ".part";

  /** Called between the operations of {@link #write}; tests stop the program there. */
  static Runnable interruption = () -> {};

  private WholeFile() {}

  /** Writes what a file shall hold. */
  @FunctionalInterface
  public interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  /**
   * Replaces {@code file} by {@code bytes}; missing folders are made. A program that was stopped on the way leaves the old file and a sibling whose name
   * begins with a dot and ends with {@code .part}.
   *
   * @throws IOException with one line naming the file, if it cannot be written; the old file, if any, is then untouched
   */
  public static void write(Path file, byte[] bytes) throws IOException {
    try {
      replace(file, channel -> {
        interruption.run();
        ByteBuffer rest = ByteBuffer.wrap(bytes, 0, bytes.length / 2);
        writeAll(channel, rest);
        interruption.run();
        writeAll(channel, rest.limit(bytes.length));
        interruption.run();
      });
    } catch (IOException e) {
      throw new IOException(file + ": cannot be written: " + inWords(e), e);
    }
  }

  /** As {@link #write}, for contents too large for one array; failures come out as they are. */
  static void replace(Path file, Content content) throws IOException {
    Path target = file.toAbsolutePath();
    // The process id keeps two writers of one file apart.
    Path part = target.resolveSibling("." + target.getFileName() + "." + ProcessHandle.current().pid() + PART);
    try {
      Files.createDirectories(target.getParent());
      try (FileChannel channel = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      }
      interruption.run();
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      interruption.run();
      // Without this a power cut may bring the old name back.
      try (FileChannel folder = FileChannel.open(target.getParent())) {
        folder.force(true);
      }
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(part);
      throw e;
    }
  }

  /** Removes what writers that were stopped left in a folder; nobody may be writing there. */
  public static void removeLeftovers(Path folder) throws IOException {
    try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, ".*" + PART)) {
      for (Path part : parts) {
        Files.delete(part);
      }
    }
  }

  static void writeAll(FileChannel channel, ByteBuffer rest) throws IOException {
    while (rest.hasRemaining()) {
      channel.write(rest);
    }
  }

  /** What went wrong, for a message that names the file itself: the JDK's file errors often carry nothing but a path. */
  public static String inWords(Throwable e) {
    if (e instanceof NoSuchFileException) {
      return "no such file or directory";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof FileAlreadyExistsException exists) {
      return exists.getFile() + " is not a directory";
    }
    if (e instanceof EOFException) {
      return "it ends too early";
    }
    if (e instanceof FileSystemException system && system.getReason() != null) {
      return system.getReason();
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
