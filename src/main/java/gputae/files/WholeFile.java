package gputae.files;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;

/**
 * Writes every file of this program. A reader sees the complete file or none, whenever the program or the machine
 * stops: the data is written to a temporary file in the same folder and synced, the file is renamed, and the folder is
 * synced. Links are followed to the file that they name. A destination that is not a regular file is written through
 * (see {@link Destination}).
 */
public final class WholeFile implements AutoCloseable {

  // The length of the temporary name does not depend on the file's own name, so it is valid wherever that name is.
  private static final String PREFIX = ".gpu-tae-";
  private static final String PART = ".part";
  private static final int RANDOM_BYTES = 8;
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Called between the operations of {@link #write}; tests stop the program there. */
  static Runnable interruption = () -> {};

  private final Destination destination;
  private final WritableByteChannel channel;
  /** Null if the destination is written through. */
  private final Path part;
  private boolean ended;

  private WholeFile(Path file) throws IOException {
    destination = Destination.of(file);
    destination.requireWritable();
    if (destination.isThrough()) {
      part = null;
      channel = new Through(destination.open(), destination.place());
      return;
    }
    Files.createDirectories(destination.place().getParent());
    byte[] random = new byte[RANDOM_BYTES];
    RANDOM.nextBytes(random);
    part = destination.place().resolveSibling(PREFIX + HexFormat.of().formatHex(random) + PART);
    // The file must be new, so that neither a link that somebody planted nor the file of another process is written to.
    channel = FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE,
        LinkOption.NOFOLLOW_LINKS);
    try {
      Set<PosixFilePermission> permissions = destination.permissions();
      if (permissions != null) {
        // A private file stays private.
        Files.setPosixFilePermissions(part, permissions);
      }
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /** Writes the content of a file. */
  @FunctionalInterface
  public interface Content {
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  /**
   * Replaces {@code file} by {@code bytes}; missing folders are made. If the program is stopped meanwhile, the old file
   * stays, with a temporary file {@code .gpu-tae-*.part} beside it.
   *
   * @throws IOException with one line naming the file, if it cannot be written; the old file, if any, is then unchanged
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

  /** As {@link #write}, for content too large for one array; exceptions are passed on unchanged. */
  public static void replace(Path file, Content content) throws IOException {
    try (WholeFile whole = begin(file)) {
      content.writeTo(whole.channel);
      whole.finish();
    }
  }

  /**
   * Begins a file that is written in pieces. It gets its name at {@link #finish}; until then the old file is unchanged.
   *
   * @throws IOException unchanged, without the file's name, if it cannot be written
   */
  public static WholeFile begin(Path file) throws IOException {
    return new WholeFile(file);
  }

  /** Receives the content of the file; the caller must not close it. */
  public WritableByteChannel channel() {
    return channel;
  }

  /** Gives the file its name. */
  public void finish() throws IOException {
    if (part == null) {
      ended = true;
      channel.close();
      return;
    }
    ((FileChannel) channel).force(true);
    channel.close();
    interruption.run();
    Files.move(part, destination.place(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    ended = true;
    interruption.run();
    // Without this, a power cut may bring the old name back.
    try (FileChannel folder = FileChannel.open(destination.place().getParent())) {
      folder.force(true);
    }
  }

  /** Abandons the file unless it is finished. Nothing of it remains, except data that was written through. */
  @Override
  public void close() throws IOException {
    if (ended) {
      return;
    }
    ended = true;
    try {
      channel.close();
    } finally {
      if (part != null) {
        Files.deleteIfExists(part);
      }
    }
  }

  /** Removes files that stopped writers left in a folder. Nobody may be writing there at the same time. */
  public static void removeLeftovers(Path folder) throws IOException {
    try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, WholeFile::isLeftover)) {
      for (Path part : parts) {
        Files.delete(part);
      }
    }
  }

  /** Whether a file is a temporary file of a writer, one that is running or one that was stopped. */
  public static boolean isLeftover(Path file) {
    return file.getFileName().toString().matches("\\.gpu-tae-[0-9a-f]{" + 2 * RANDOM_BYTES + "}\\.part")
        && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
  }

  /** Writes everything that is left in the buffer. */
  public static void writeAll(WritableByteChannel channel, ByteBuffer rest) throws IOException {
    while (rest.hasRemaining()) {
      channel.write(rest);
    }
  }

  /**
   * The error in words, for a message that names the file itself: the JDK's file errors often contain only a path.
   */
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

  /**
   * A destination that is not a regular file. A pipe whose reader has stopped reading accepts the rest and drops it;
   * this is no error.
   */
  private static final class Through implements WritableByteChannel {
    private final WritableByteChannel channel;
    private final Path place;
    private boolean closedByReader;

    Through(WritableByteChannel channel, Path place) {
      this.channel = channel;
      this.place = place;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
      int count = bytes.remaining();
      if (!closedByReader) {
        try {
          return channel.write(bytes);
        } catch (IOException e) {
          // No other error can occur with a pipe, and the text of the error is in the user's language.
          if (place == null || !Destination.isPipe(place)) {
            throw e;
          }
          closedByReader = true;
        }
      }
      bytes.position(bytes.limit());
      return count;
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
      if (channel instanceof FileChannel) {
        channel.close();
      } else if (System.out.checkError()) {
        throw new IOException("standard output takes no more");
      }
    }
  }
}
