package gputae.files;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The file behind the name of an output, after links are followed. A regular file, or a file that does not exist yet,
 * is replaced as a whole. Anything else (a pipe, a device, an open descriptor such as {@code /dev/stdout}) is written
 * through. {@code -} is standard output.
 */
public final class Destination {

  private static final Path STANDARD_OUTPUT = Path.of("-");

  /** The number of links that Linux follows. */
  private static final int MOST_LINKS = 40;

  private static final Pattern DESCRIPTORS = Pattern.compile("/proc/(\\d+)/(?:task/\\d+/)?fd");
  private static final Set<PosixFilePermission> WRITERS = PosixFilePermissions.fromString("-w--w--w-");

  /** The bits of a file's mode that hold its kind. */
  private static final int KIND = 0170000;
  private static final int PIPE = 0010000;
  private static final int CHARACTER_DEVICE = 0020000;
  private static final int SOCKET = 0140000;

  /** The path as given, for messages. */
  private final Path given;
  /** The path without links; null for standard output given as {@code -}. */
  private final Path place;
  /** 1 or 2 for this process's own standard output or error; 0 for all others. */
  private final int standard;
  /** Whether it is an open descriptor, of this process or another. */
  private final boolean descriptor;
  /** Null if nothing exists yet. */
  private final BasicFileAttributes attributes;

  private Destination(Path given, Path place, int standard, boolean descriptor, BasicFileAttributes attributes) {
    this.given = given;
    this.place = place;
    this.standard = standard;
    this.descriptor = descriptor;
    this.attributes = attributes;
  }

  /**
   * The destination that a path names.
   *
   * @throws IOException if the links lead nowhere
   */
  public static Destination of(Path file) throws IOException {
    if (file.equals(STANDARD_OUTPUT)) {
      return new Destination(file, null, 1, true, null);
    }
    Path here = file.toAbsolutePath();
    for (int links = 0; here.getFileName() != null; links++) {
      Path folder = real(here.getParent());
      Path name = here.getFileName();
      here = folder.resolve(name);
      Matcher open = DESCRIPTORS.matcher(folder.toString());
      if (open.matches() && Files.exists(here)) {
        boolean own = open.group(1).equals(Long.toString(ProcessHandle.current().pid()));
        int number = own && (name.endsWith("1") || name.endsWith("2")) ? Integer.parseInt(name.toString()) : 0;
        return new Destination(file, here, number, true, read(here));
      }
      if (!Files.isSymbolicLink(here)) {
        break;
      }
      if (links == MOST_LINKS) {
        throw new FileSystemException(file.toString(), null, "too many links");
      }
      here = folder.resolve(Files.readSymbolicLink(here));
    }
    BasicFileAttributes found = read(here);
    return new Destination(file, here, found != null && found.isRegularFile() ? standard(found) : 0, false, found);
  }

  /** The folder without links. If it does not exist yet, the links of its existing part are resolved. */
  private static Path real(Path folder) throws IOException {
    try {
      return folder.toRealPath();
    } catch (NoSuchFileException e) {
      Path parent = folder.getParent();
      return parent == null ? folder : real(parent).resolve(folder.getFileName()).normalize();
    }
  }

  private static BasicFileAttributes read(Path file) throws IOException {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return null;
    } catch (FileSystemException e) {
      // The path leads through something that is no folder. Writing there reports the error.
      return null;
    }
  }

  /** The number of the standard stream that is redirected to this file, or 0. */
  private static int standard(BasicFileAttributes found) throws IOException {
    for (int number = 1; number <= 2; number++) {
      BasicFileAttributes stream = read(Path.of("/proc/self/fd/" + number));
      if (stream != null && stream.fileKey().equals(found.fileKey())) {
        return number;
      }
    }
    return 0;
  }

  /** Whether output to this destination goes to the program's standard output. */
  public boolean isStandardOutput() {
    return standard == 1;
  }

  /** Whether the data is written directly, since there is no file that can be replaced. */
  public boolean isThrough() {
    return descriptor || standard != 0
        || attributes != null && !attributes.isRegularFile() && !attributes.isDirectory();
  }

  /** Whether the file has a reader that may stop reading. */
  public static boolean isPipe(Path file) {
    int kind = kind(file);
    return kind == PIPE || kind == SOCKET;
  }

  private static int kind(Path file) {
    try {
      return (Integer) Files.getAttribute(file, "unix:mode") & KIND;
    } catch (IOException e) {
      return 0;
    }
  }

  /** Whether both are the same file, under any names. A terminal and {@code /dev/null} accept any number of outputs. */
  public boolean isSameAs(Destination other) {
    if (standard != 0 || other.standard != 0) {
      return standard == other.standard;
    }
    if (attributes == null || other.attributes == null) {
      return attributes == other.attributes && place.equals(other.place);
    }
    return attributes.fileKey().equals(other.attributes.fileKey()) && kind(place) != CHARACTER_DEVICE;
  }

  /** Whether a regular file already exists. */
  public boolean isFile() {
    return attributes != null && attributes.isRegularFile();
  }

  /** Whether writing here would change this input file: a regular file that is the same under any name. */
  public boolean destroys(Path input) throws IOException {
    Destination read = of(input);
    return attributes != null && read.attributes != null && read.attributes.isRegularFile()
        && attributes.fileKey().equals(read.attributes.fileKey());
  }

  /** The path without links; null for standard output given as {@code -}. */
  Path place() {
    return place;
  }

  /**
   * Refuses a destination that cannot be written, as far as this can be checked.
   *
   * @throws FileSystemException that says why
   */
  public void requireWritable() throws IOException {
    if (place == null || standard != 0) {
      return;
    }
    if (attributes == null) {
      Path folder = place.getParent();
      while (folder != null && !Files.exists(folder)) {
        folder = folder.getParent();
      }
      requireFolder(folder);
      return;
    }
    if (attributes.isDirectory()) {
      throw new FileSystemException(given.toString(), null, "it is a directory; give another name, or remove it");
    }
    // Root may write to every file. A file that nobody may write is refused for root too.
    if (!descriptor && attributes.isRegularFile()
        && Collections.disjoint(Files.getPosixFilePermissions(place), WRITERS)) {
      throw new FileSystemException(given.toString(), null, "it is read-only; give another name, or chmod u+w first");
    }
    if (!Files.isWritable(place)) {
      throw new AccessDeniedException(given.toString());
    }
    if (!isThrough() && !Files.isWritable(place.getParent())) {
      throw new FileSystemException(given.toString(), null,
          "the new file is made beside the old one, but " + place.getParent() + " takes none: permission denied");
    }
  }

  private static void requireFolder(Path folder) throws IOException {
    if (folder != null && !Files.isDirectory(folder)) {
      throw new FileAlreadyExistsException(folder.toString());
    }
    if (folder == null || !Files.isWritable(folder)) {
      throw new AccessDeniedException(String.valueOf(folder));
    }
  }

  /** The permissions of the file that is replaced, which the new file gets; null if there is no such file. */
  Set<PosixFilePermission> permissions() throws IOException {
    return attributes == null ? null : Files.getPosixFilePermissions(place, LinkOption.NOFOLLOW_LINKS);
  }

  /** Opens a destination that is written through. */
  WritableByteChannel open() throws IOException {
    if (standard != 0) {
      return Channels.newChannel(standard == 1 ? System.out : System.err);
    }
    return descriptor ? FileChannel.open(place, StandardOpenOption.WRITE, StandardOpenOption.APPEND)
        : FileChannel.open(place, StandardOpenOption.WRITE);
  }
}
