package gputae.backend.cpu;

import gputae.backend.BackendException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
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
 * Loads libgputae.so and the oneDNN and OpenMP libraries it needs.
 *
 * <p>From a jar they are unpacked once (about 90 MB) into a folder named after their content: under {@code $GPU_TAE_CACHE} if that is set, else the first of
 * {@code $XDG_CACHE_HOME/gpu-tae}, {@code <java.io.tmpdir>/gpu-tae-<uid>}, {@code ~/.cache/gpu-tae} that can be written, belongs to this user alone, and lies on
 * a file system from which programs may run. Each file is unpacked under a name of its own, checked against its SHA-256, and renamed, so two processes at once do not
 * meet and a file under its final name is whole. A failure is kept and reported again at each later call.
 */
public final class NativeLibraries {

  private static final String RESOURCES = "/gputae/native/linux-x86_64/";
  private static final String MANIFEST = "libraries.txt";

  /** Small, and the other two need it: what shows cheaply whether a folder lets code run. */
  private static final String PROBE = "libgomp.so.1";

  private static final String LIBRARY = "libgputae.so";

  private static boolean loaded;
  private static BackendException failure;
  private static Path location;

  private NativeLibraries() {}

  private record Entry(String name, long size, String sha256) {}

  /**
   * Loads the libraries on the first call.
   *
   * @throws BackendException saying in one line what is missing or which folder was tried and why it does not serve
   */
  public static synchronized void load() {
    if (failure != null) {
      throw new BackendException(failure.getMessage(), failure);
    }
    if (!loaded) {
      try {
        location = loadOnce();
        loaded = true;
      } catch (BackendException e) {
        failure = e;
        throw e;
      }
    }
  }

  /** The folder the libraries were loaded from. */
  public static synchronized Path location() {
    load();
    return location;
  }

  /** Whether a file descriptor (1 standard output, 2 standard error) is a terminal. */
  public static boolean isTerminal(int descriptor) {
    load();
    return Native.isTerminal(descriptor);
  }

  private static Path loadOnce() {
    String system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
    if (!system.equals("Linux amd64")) {
      throw new BackendException("gpu-tae runs on Linux x86-64; this is " + system);
    }
    URL library = NativeLibraries.class.getResource(RESOURCES + LIBRARY);
    if (library == null) {
      throw new BackendException("this build of gpu-tae has no native libraries inside; build it with: mvn -q -DskipTests package");
    }
    if (library.getProtocol().equals("file")) {
      try {
        Path file = Path.of(library.toURI());
        System.load(file.toString());
        return file.getParent();
      } catch (URISyntaxException | UnsatisfiedLinkError e) {
        throw new BackendException("cannot load " + library + ": " + e.getMessage(), e);
      }
    }
    List<Entry> entries = readManifest();
    List<String> refusals = new ArrayList<>();
    for (Path base : candidates()) {
      try {
        Path folder = unpack(base, entries);
        System.load(folder.resolve(LIBRARY).toString());
        return folder;
      } catch (IOException | UnsatisfiedLinkError e) {
        refusals.add(base + ": " + String.valueOf(e.getMessage()).lines().findFirst().orElse("") + (e instanceof IOException ? "" : " (noexec?)"));
      }
    }
    throw new BackendException(
        "cannot unpack and load the native libraries; set GPU_TAE_CACHE to a folder with 100 MB that is writable and not mounted noexec (tried "
            + String.join("; ", refusals) + ")");
  }

  private static List<Path> candidates() {
    String chosen = System.getenv("GPU_TAE_CACHE");
    if (chosen != null && !chosen.isEmpty()) {
      return List.of(Path.of(chosen).toAbsolutePath());
    }
    List<Path> bases = new ArrayList<>();
    String cache = System.getenv("XDG_CACHE_HOME");
    if (cache != null && !cache.isEmpty()) {
      bases.add(Path.of(cache, "gpu-tae"));
    }
    bases.add(Path.of(System.getProperty("java.io.tmpdir"), "gpu-tae-" + ownUser()));
    bases.add(Path.of(System.getProperty("user.home"), ".cache", "gpu-tae"));
    return bases.stream().map(Path::toAbsolutePath).toList();
  }

  private static Object ownUser() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException e) {
      return System.getProperty("user.name");
    }
  }

  /** The folder under {@code base} with all libraries in it. */
  private static Path unpack(Path base, List<Entry> entries) throws IOException {
    makePrivate(base);
    StringBuilder content = new StringBuilder();
    entries.forEach(entry -> content.append(entry.sha256));
    String key = HexFormat.of().formatHex(sha256().digest(content.toString().getBytes(StandardCharsets.US_ASCII))).substring(0, 16);
    Path folder = base.resolve("native-" + key);
    // A base that was there before may be open to readers, and the usual permissions of a new folder to a group's writers.
    makePrivate(folder);
    for (Entry entry : entries) {
      Path file = folder.resolve(entry.name);
      // A cleaner of temporary files may have taken some and left others.
      if (!Files.isRegularFile(file) || Files.size(file) != entry.size) {
        unpack(entry, file);
      }
      if (entry.name.equals(PROBE)) {
        System.load(file.toString());
      }
    }
    return folder;
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

  private static void unpack(Entry entry, Path file) throws IOException {
    Path partial = file.resolveSibling(entry.name + "." + UUID.randomUUID());
    try (InputStream in = NativeLibraries.class.getResourceAsStream(RESOURCES + entry.name)) {
      if (in == null) {
        throw new IOException("the jar does not hold " + entry.name);
      }
      MessageDigest digest = sha256();
      try (FileOutputStream whole = new FileOutputStream(partial.toFile());
          OutputStream out = new DigestOutputStream(whole, digest)) {
        in.transferTo(out);
        // Later only the size is looked at, which a power cut could leave right and the content not.
        whole.getFD().sync();
      }
      if (!HexFormat.of().formatHex(digest.digest()).equals(entry.sha256)) {
        throw new IOException(entry.name + " in the jar is damaged");
      }
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  /** Lines of: SHA-256, bytes, name; written by native/build.sh. The probe comes first. */
  private static List<Entry> readManifest() {
    List<Entry> entries = new ArrayList<>();
    try (InputStream in = NativeLibraries.class.getResourceAsStream(RESOURCES + MANIFEST)) {
      for (String line : new String(in.readAllBytes(), StandardCharsets.US_ASCII).split("\n")) {
        String[] fields = line.split(" ");
        entries.add(new Entry(fields[2], Long.parseLong(fields[1]), fields[0]));
      }
    } catch (IOException | RuntimeException e) {
      throw new BackendException("the jar's list of native libraries cannot be read; build it again with: mvn -q -DskipTests clean package", e);
    }
    return entries;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
