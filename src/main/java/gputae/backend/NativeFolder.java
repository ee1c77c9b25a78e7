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
 * A private folder for native libraries that come out of the jar, named after their content: under
 * {@code $GPU_TAE_CACHE} if that is set, else the first of {@code $XDG_CACHE_HOME/gpu-tae},
 * {@code <java.io.tmpdir>/gpu-tae-<uid>}, {@code ~/.cache/gpu-tae} that can be written, belongs to this user alone, and
 * lies on a file system from which programs may run. Each file is unpacked under a name of its own, checked against its
 * SHA-256, and renamed, so two processes at once do not meet and a file under its final name is whole.
 *
 * <p>A start must not wait for a digest of 90 MB, 0.1 to 0.6 s. So the system's own marks of a file (number, size, and
 * times, of which no program can set the last) are kept beside the folder once its digest was right. Only where they
 * differ is the digest taken again, and a file that is bad is replaced. That costs a start less than a millisecond.
 */
public final class NativeFolder {

  /** How the file ends that says which digests were right. */
  private static final String CHECKED = ".checked";

  private NativeFolder() {}

  /** Where a library's bytes come from. */
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

  /** What is tried with a library once it is unpacked: loading it, as a rule. */
  @FunctionalInterface
  public interface Use {
    /** @throws UnsatisfiedLinkError where the folder does not serve */
    void accept(Path file);
  }

  /**
   * Unpacks libraries and uses each, in their order; where a folder does not serve, in the next.
   *
   * @param prefix of the folder's name
   * @return the folder
   * @throws BackendException saying which folders were tried and why they do not serve
   */
  public static synchronized Path unpack(String prefix, List<Library> libraries, Use use) {
    StringBuilder content = new StringBuilder();
    libraries.forEach(library -> content.append(library.sha256));
    String name = prefix + "-" + HexFormat.of()
        .formatHex(sha256().digest(content.toString().getBytes(StandardCharsets.US_ASCII))).substring(0, 16);
    List<String> refusals = new ArrayList<>();
    for (String candidate : candidates()) {
      try {
        // A name with letters beyond ASCII is no path for Java in the locale C.
        Path base = Path.of(candidate).toAbsolutePath();
        makePrivate(base);
        Path folder = base.resolve(name);
        // A base that was there before may be open to readers, and the usual permissions of a new folder to a group's
        // writers.
        makePrivate(folder);
        removeLeftovers(base);
        useAll(libraries, folder, base.resolve("." + name + CHECKED), use);
        return folder;
      } catch (IOException | UnsatisfiedLinkError | InvalidPathException e) {
        // Of many a file error the JDK says nothing but the path.
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
      // A cleaner of temporary files may have taken some and left others.
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
      // A folder that is read-only serves as well; there the digests are taken at each start.
      Path partial = partial(record);
      try {
        Files.writeString(partial, found, StandardOpenOption.CREATE_NEW);
        Files.move(partial, record, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(partial);
      }
    }
  }

  /** What changes whenever the file does, a line; null where there is no such file. */
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
   * Removes what programs that were killed left half unpacked, also those of other versions. Whoever unpacks shares a
   * lock, which ends with its process: who has it alone knows that nobody unpacks.
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
    // The XDG specification: a relative path is to be ignored.
    if (cache != null && cache.startsWith("/")) {
      bases.add(cache + "/gpu-tae");
    }
    bases.add(System.getProperty("java.io.tmpdir") + "/gpu-tae-" + ownUser());
    String home = System.getProperty("user.home");
    if (!home.startsWith("/")) {
      // Java says "?" of a user without an entry in passwd.
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

  /** Makes the folder, or checks that nobody else could have put something into it. */
  private static void makePrivate(Path base) throws IOException {
    if (!Files.isDirectory(base, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(base.getParent());
      try {
        Files.createDirectory(base, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } catch (FileAlreadyExistsException e) {
        // Another process was quicker, or something else is in the way: looked at below.
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
        // Later only its marks are looked at, which a power cut could leave right and the content not.
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
