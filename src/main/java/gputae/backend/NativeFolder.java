package gputae.backend;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * A private folder for native libraries that come out of the jar, named after their content. Its parent is
 * {@code $GPU_TAE_CACHE} if that is set, otherwise the first of {@code $XDG_CACHE_HOME/gpu-tae},
 * {@code <java.io.tmpdir>/gpu-tae-<uid>}, {@code ~/.cache/gpu-tae} that can be written, belongs to this user alone, and
 * lies on a file system from which programs may run. Each file is unpacked under a temporary name, checked against its
 * SHA-256, and renamed. So two processes do not disturb each other, and a file under its final name is complete.
 *
 * <p>A start must not wait for a digest of 90 MB, which takes 0.1 to 0.6 s. So when a digest was right, the system's
 * own marks of the file (number, size, and times; no program can set the last of the times) are stored beside the
 * folder. The digest is computed again only if the marks differ, and a bad file is replaced. This check takes less than
 * a millisecond per start.
 */
public final class NativeFolder {

  /** Suffix of the file that lists the verified digests. */
  private static final String CHECKED = ".checked";

  private NativeFolder() {}

  /** The source of a library's bytes. */
  @FunctionalInterface
  public interface Content {
    InputStream open() throws IOException;
  }

  /** A library to be unpacked under {@code name}. */
  public record Library(String name, long size, String sha256, Content content) {

    /** A library that is in memory. */
    public static Library of(String name, byte[] bytes) {
      return new Library(name, bytes.length, HexFormat.of().formatHex(NativeFolder.sha256().digest(bytes)),
          () -> new ByteArrayInputStream(bytes));
    }
  }

  /** What is done with a library once it is unpacked; usually it is loaded. */
  @FunctionalInterface
  public interface Use {
    /**
     * Loads a library.
     *
     * @throws UnsatisfiedLinkError if a library in this folder cannot be loaded
     */
    void accept(Path file);
  }

  /**
   * Unpacks the libraries and uses each, in order. If a folder does not work, the next one is tried.
   *
   * @param prefix prefix of the folder's name
   * @return the folder
   * @throws BackendException that says which folders were tried and why they do not work
   */
  public static synchronized Path unpack(String prefix, List<Library> libraries, Use use) {
    StringBuilder content = new StringBuilder();
    libraries.forEach(library -> content.append(library.sha256));
    String name = prefix + "-" + HexFormat.of()
        .formatHex(sha256().digest(content.toString().getBytes(StandardCharsets.US_ASCII))).substring(0, 16);
    List<String> refusals = new ArrayList<>();
    for (String candidate : candidates()) {
      try {
        // In the locale C, Java cannot make a path from a name with letters beyond ASCII.
        Path base = Path.of(candidate).toAbsolutePath();
        makePrivate(base);
        Path folder = base.resolve(name);
        // A base that existed before may be open to readers, and a new folder may by default be writable by a group.
        makePrivate(folder);
        removeLeftovers(base);
        useAll(libraries, folder, base.resolve("." + name + CHECKED), use);
        return folder;
      } catch (IOException | UnsatisfiedLinkError | InvalidPathException e) {
        // For many file errors the JDK gives only the path.
        String why =
            e instanceof FileSystemException file && file.getReason() == null ? file.getFile() + " cannot be made"
                : String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        refusals.add(candidate + ": " + why + (e instanceof UnsatisfiedLinkError ? " (noexec?)" : ""));
      }
    }
    throw new BackendException(
        "cannot unpack and load the native libraries; set GPU_TAE_CACHE to a folder with 100 MB that is writable and "
            + "not mounted noexec (tried "
            + String.join("; ", refusals) + ")");
  }

  private static void useAll(List<Library> libraries, Path folder, Path record, Use use) throws IOException {
    String known = Files.isRegularFile(record, LinkOption.NOFOLLOW_LINKS) ? Files.readString(record) : "";
    StringBuilder found = new StringBuilder();
    for (Library library : libraries) {
      Path file = folder.resolve(library.name);
      String marks = marks(library, file);
      // A program that cleans up temporary files may have removed some files and left others.
      if (marks == null || !known.contains(marks)) {
        if (!isRight(library, file)) {
          unpack(library, file, folder.getParent());
        }
        marks = marks(library, file);
      }
      found.append(marks);
      use.accept(file);
    }
    if (!known.contentEquals(found) && Files.isWritable(folder.getParent())) {
      // A read-only folder works too, but there the digests are computed at each start.
      Path partial = partial(record);
      try {
        Files.writeString(partial, found, StandardOpenOption.CREATE_NEW);
        Files.move(partial, record, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(partial);
      }
    }
  }

  /** A line that changes whenever the file does; null if there is no such file. */
  private static String marks(Library library, Path file) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return null;
    }
    Map<String, Object> marks =
        Files.readAttributes(file, "unix:ino,size,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
    return String.format("%s %s %s %s %s%n", library.sha256, marks.get("ino"), marks.get("size"),
        marks.get("lastModifiedTime"), marks.get("ctime"));
  }

  private static boolean isRight(Library library, Path file) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) != library.size) {
      return false;
    }
    MessageDigest digest = sha256();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest()).equals(library.sha256);
  }

  /**
   * Removes files that killed programs left half unpacked, also those of other versions. Each process that unpacks
   * holds a shared lock, which ends with the process. A process that gets the exclusive lock knows that nobody unpacks.
   */
  private static void removeLeftovers(Path base) throws IOException {
    List<Path> partials = new ArrayList<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(base, NativeFolder::holdsPartials)) {
      for (Path folder : folders) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, NativeFolder::isPartial)) {
          files.forEach(partials::add);
        }
      }
    }
    if (partials.isEmpty() || !Files.isWritable(base)) {
      return;
    }
    try (FileChannel channel = openLock(base); FileLock lock = channel.tryLock()) {
      if (lock != null) {
        for (Path partial : partials) {
          Files.deleteIfExists(partial);
        }
      }
    }
  }

  private static boolean holdsPartials(Path folder) {
    return folder.getFileName().toString().matches("[a-z]+-[0-9a-f]{16}")
        && Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS);
  }

  private static boolean isPartial(Path file) {
    return file.getFileName().toString().matches("\\.[0-9a-f-]{36}\\.part")
        && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
  }

  private static Path partial(Path file) {
    return file.resolveSibling("." + UUID.randomUUID() + ".part");
  }

  private static FileChannel openLock(Path base) throws IOException {
    return FileChannel.open(base.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.READ,
        StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
  }

  private static List<String> candidates() {
    String chosen = System.getenv("GPU_TAE_CACHE");
    if (chosen != null && !chosen.isEmpty()) {
      return List.of(chosen);
    }
    List<String> bases = new ArrayList<>();
    String cache = System.getenv("XDG_CACHE_HOME");
    // The XDG specification says that a relative path is ignored.
    if (cache != null && cache.startsWith("/")) {
      bases.add(cache + "/gpu-tae");
    }
    bases.add(System.getProperty("java.io.tmpdir") + "/gpu-tae-" + ownUser());
    String home = System.getProperty("user.home");
    if (!home.startsWith("/")) {
      // Java gives "?" for a user without an entry in passwd.
      home = System.getenv("HOME");
    }
    if (home != null && home.startsWith("/")) {
      bases.add(home + "/.cache/gpu-tae");
    }
    return bases;
  }

  private static Object ownUser() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException e) {
      return System.getProperty("user.name");
    }
  }

  /** Makes the folder, or checks that nobody else could have put anything into it. */
  private static void makePrivate(Path base) throws IOException {
    if (!Files.isDirectory(base, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(base.getParent());
      try {
        Files.createDirectory(base, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } catch (FileAlreadyExistsException e) {
        // Another process made it first, or something else has this name: the check below finds out.
      }
    }
    if (!Files.isDirectory(base, LinkOption.NOFOLLOW_LINKS)
        || !Files.getAttribute(base, "unix:uid").equals(ownUser())) {
      throw new IOException("not a folder of this user's");
    }
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(base);
    if (permissions.contains(PosixFilePermission.GROUP_WRITE)
        || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new IOException("other users may write to it (chmod go-w would help)");
    }
  }

  private static void unpack(Library library, Path file, Path base) throws IOException {
    Path partial = partial(file);
    try (FileChannel channel = openLock(base);
        FileLock shared = channel.lock(0, Long.MAX_VALUE, true);
        InputStream in = library.content.open()) {
      if (in == null) {
        throw new IOException("the jar does not hold " + library.name);
      }
      MessageDigest digest = sha256();
      try (FileChannel whole = FileChannel.open(partial, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE,
          LinkOption.NOFOLLOW_LINKS);
          OutputStream out = new DigestOutputStream(Channels.newOutputStream(whole), digest)) {
        in.transferTo(out);
        // Later starts compare only the marks. After a power cut these could be right while the content is not.
        whole.force(true);
      }
      if (!HexFormat.of().formatHex(digest.digest()).equals(library.sha256)) {
        throw new IOException(library.name + " in the jar is damaged");
      }
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
