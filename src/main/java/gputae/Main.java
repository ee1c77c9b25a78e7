package gputae;

import gputae.cli.GpuTae;
import gputae.cli.NamesAsBytes;
import gputae.console.Console;

/** The entry point of the program. */
public final class Main {

  private Main() {}

  public static void main(String[] arguments) {
    Console.install();
    String refusal = NamesAsBytes.refusal(arguments);
    if (refusal != null) {
      System.err.println("gpu-tae: " + refusal);
      System.exit(1);
    }
    System.exit(GpuTae.run(arguments));
  }
}
