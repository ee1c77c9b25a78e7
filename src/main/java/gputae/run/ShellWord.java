package gputae.run;

/** Words of a command line that is printed for people to copy. */
public final class ShellWord {

  private ShellWord() {}

  /** As a shell takes it for one word. */
  public static String of(String name) {
    return name.matches("[\\w./:@%+=,-]+") ? name : "'" + name.replace("'", "'\\''") + "'";
  }
}
