package gputae.files;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** The folder of a user for what is fetched or computed once for all runs. */
public final class CacheFolder {

  private CacheFolder() {}

  /**
   * {@code $XDG_CACHE_HOME/gpu-tae/<part>}, or under {@code ~/.cache}: what was fetched or computed once for all runs.
   *
   * @return null where the user has neither
   */
  public static Path of(String part) {
    // The XDG specification: a relative path is to be ignored.
    Path base = absolute(System.getenv("XDG_CACHE_HOME"));
    if (base == null) {
      // Java says "?" of a user without an entry in passwd.
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
      // Letters that the locale cannot spell.
      return null;
    }
  }
}
