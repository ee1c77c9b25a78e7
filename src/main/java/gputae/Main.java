package gputae;

import gputae.cli.GpuTae;

/** The program's entry. */
public final class Main {

  private Main() {}

  public static void main(String[] arguments) {
    System.exit(GpuTae.run(arguments));
  }
}
