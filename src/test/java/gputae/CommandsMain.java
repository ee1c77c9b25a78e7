package gputae;

import gputae.cli.GpuTae;
import gputae.console.Console;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;

/**
 * Runs the program repeatedly in one process, as {@code gputae.cli.Jar.Together} needs it. This class is not in the
 * program's own package: the package would then belong to the first class loaded into it, this one, and would not know
 * the version in the jar. A command comes on standard input: the number of its arguments, then the arguments. The
 * answer goes to standard output: the exit code, then the command's standard output and error, each after its length.
 */
public final class CommandsMain {

  private CommandsMain() {}

  public static void main(String[] none) throws IOException {
    DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
    DataOutputStream answers = new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
    while (true) {
      String[] arguments;
      try {
        arguments = new String[in.readInt()];
      } catch (EOFException e) {
        System.exit(0);
        return;
      }
      for (int i = 0; i < arguments.length; i++) {
        arguments[i] = in.readUTF();
      }
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      System.setOut(new Console(out));
      System.setErr(new Console(err));
      int exit = GpuTae.run(arguments);
      System.out.flush();
      System.err.flush();
      answers.writeInt(exit);
      for (ByteArrayOutputStream written : new ByteArrayOutputStream[] {out, err}) {
        answers.writeInt(written.size());
        written.writeTo(answers);
      }
      answers.flush();
    }
  }
}
