package gputae.run;

/** The version of the program. */
public final class Version {

  private Version() {}

  /** The version in the jar's manifest; "development" if the classes were never packaged. */
  public static String get() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
