package gputae.backend;

import java.io.ByteArrayInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * A private folder for native libraries that come out of the jar, named after their content: under {@code $GPU_TAE_CACHE} if that is set, else the first of
 * {@code $XDG_CACHE_HOME/gpu-tae}, {@code <java.io.tmpdir>/gpu-tae-<uid>}, {@code ~/.cache/gpu-tae} that can be written, belongs to this user alone, and lies on
 * a file system from which programs may run. Each file is unpacked under a name of its own, checked against its SHA-256, and renamed, so two processes at once do not
 * meet and a file under its final name is whole.
 */
public final class NativeFolder {

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
      return new Library(name, bytes.length, HexFormat.of().formatHex(NativeFolder.sha256().digest(bytes)), () -> new ByteArrayInputStream(bytes));
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
  public static Path unpack(String prefix, List<Library> libraries, Use use) {
    StringBuilder content = new StringBuilder();
    libraries.forEach(library -> content.append(library.sha256));
    String name = prefix + "-" + HexFormat.of().formatHex(sha256().digest(content.toString().getBytes(StandardCharsets.US_ASCII))).substring(0, 16);
    List<String> refusals = new ArrayList<>();
    for (String candidate : candidates()) {
      try {
        // A name with letters beyond ASCII is no path for Java in the locale C.
        Path base = Path.of(candidate).toAbsolutePath();
        makePrivate(base);
        Path folder = base.resolve(name);
        // A base that was there before may be open to readers, and the usual permissions of a new folder to a group's writers.
        makePrivate(folder);
        for (Library library : libraries) {
          Path file = folder.resolve(library.name);
          // A cleaner of temporary files may have taken some and left others.
          if (!Files.isRegularFile(file) || Files.size(file) != library.size) {
            unpack(library, file);
          }
          use.accept(file);
        }
        return folder;
      } catch (IOException | UnsatisfiedLinkError | InvalidPathException e) {
        refusals.add(candidate + ": " + String.valueOf(e.getMessage()).lines().findFirst().orElse("") + (e instanceof UnsatisfiedLinkError ? " (noexec?)" : ""));
      }
    }
    throw new BackendException(
        "cannot unpack and load the native libraries; set GPU_TAE_CACHE to a folder with 100 MB that is writable and not mounted noexec (tried "
            + String.join("; ", refusals) + ")");
  }

  private static List<String> candidates() {
    String chosen = System.getenv("GPU_TAE_CACHE");
    if (chosen != null && !chosen.isEmpty()) {
      return List.of(chosen);
    }
    List<String> bases = new ArrayList<>();
    String cache = System.getenv("XDG_CACHE_HOME");
    if (cache != null && !cache.isEmpty()) {
      bases.add(cache + "/gpu-tae");
    }
    bases.add(System.getProperty("java.io.tmpdir") + "/gpu-tae-" + ownUser());
    bases.add(System.getProperty("user.home") + "/.cache/gpu-tae");
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
    if (!Files.isDirectory(base, LinkOption.NOFOLLOW_LINKS) || !Files.getAttribute(base, "unix:uid").equals(ownUser())) {
      throw new IOException("not a folder of this user's");
    }
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(base);
    if (permissions.contains(PosixFilePermission.GROUP_WRITE) || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new IOException("other users may write to it (chmod go-w would help)");
    }
  }

  private static void unpack(Library library, Path file) throws IOException {
    Path partial = file.resolveSibling(library.name + "." + UUID.randomUUID());
    try (InputStream in = library.content.open()) {
      if (in == null) {
        throw new IOException("the jar does not hold " + library.name);
      }
      MessageDigest digest = sha256();
      try (FileOutputStream whole = new FileOutputStream(partial.toFile());
          OutputStream out = new DigestOutputStream(whole, digest)) {
        in.transferTo(out);
        // Later only the size is looked at, which a power cut could leave right and the content not.
        whole.getFD().sync();
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
