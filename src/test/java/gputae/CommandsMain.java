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
 * The program again and again in one process, as {@code gputae.cli.Jar.Together} asks for it. Not in the program's own
 * package, which would then be that of the first class loaded into it, this one, and not know the version in the jar. A
 * command comes on standard input: the number of its arguments, and these. Its answer on standard output: the exit
 * code, and what it wrote to its standard output and error, each behind its length.
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
