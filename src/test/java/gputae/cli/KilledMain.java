package gputae.cli;

import gputae.files.KillSwitch;
import gputae.run.CheckpointWriter;

/**
 * The program with a checkpoint at each epoch, which ends itself with SIGKILL at the n-th operation on a file.
 * Arguments: n (0 for never), then the program's arguments.
 */
final class KilledMain {

  private KilledMain() {}

  public static void main(String[] arguments) {
    CheckpointWriter.secondsBetween = 0;
    KillSwitch.arm(Integer.parseInt(arguments[0]));
    System.exit(GpuTae.run(java.util.Arrays.copyOfRange(arguments, 1, arguments.length)));
  }
}
