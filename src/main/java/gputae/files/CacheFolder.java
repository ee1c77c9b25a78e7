package gputae.files;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** The user's folder for files that are downloaded or computed once for all runs. */
public final class CacheFolder {

  private CacheFolder() {}

  /**
   * {@code $XDG_CACHE_HOME/gpu-tae/<part>}, or the same under {@code ~/.cache}.
   *
   * @return null if the user has neither
   */
  public static Path of(String part) {
    // The XDG specification says that a relative path is ignored.
    Path base = absolute(System.getenv("XDG_CACHE_HOME"));
    if (base == null) {
      // Java gives "?" for a user without an entry in passwd.
      Path home = absolute(System.getProperty("user.home"));
      home = home == null ? absolute(System.getenv("HOME")) : home;
      base = home == null ? null : home.resolve(".cache");
    }
    return base == null ? null : base.resolve("gpu-tae").resolve(part);
  }

  private static Path absolute(String folder) {
    try {
      return folder != null && Path.of(folder).isAbsolute() ? Path.of(folder) : null;
    } catch (InvalidPathException e) {
      // The path has letters that the locale cannot represent.
      return null;
    }
  }
}
