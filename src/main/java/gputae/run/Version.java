package gputae.run;

/** The version of the program. */
public final class Version {

  private Version() {}

  /** The version in the jar's manifest; "development" for classes that were never packaged. */
  public static String get() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
