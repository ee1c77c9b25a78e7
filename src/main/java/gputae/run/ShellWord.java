package gputae.run;

/** Quotes words of a command line that is printed for users to copy. */
public final class ShellWord {

  private ShellWord() {}

  /** The name in a form that a shell reads as one word. */
  public static String of(String name) {
    return name.matches("[\\w./:@%+=,-]+") ? name : "'" + name.replace("'", "'\\''") + "'";
  }
}
