package gputae.console;

import gputae.files.Destination;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.file.Path;

/**
 * A standard stream of the program. Text may quote a file, and a file may contain codes that command a terminal. So in
 * text, every control character except line end, tab and carriage return is shown as {@code ?}. Bytes pass unchanged.
 * An error is remembered. It is no error if the reader of a pipe has gone: later output is then dropped silently.
 */
public final class Console extends PrintStream {

  private final Watched watched;

  private Console(Watched watched, Charset charset) {
    super(new BufferedOutputStream(watched), true, charset);
    this.watched = watched;
  }

  /** A stream that writes to any other stream. */
  public Console(OutputStream out) {
    this(new Watched(out, null), Charset.defaultCharset());
  }

  /** Replaces the standard streams of the process by two of these. */
  public static void install() {
    Charset charset = ConsoleProgress.consoleCharset();
    System.setOut(new Console(watched(FileDescriptor.out, 1), charset));
    System.setErr(new Console(watched(FileDescriptor.err, 2), charset));
  }

  private static Watched watched(FileDescriptor descriptor, int number) {
    return new Watched(new FileOutputStream(descriptor), Path.of("/proc/self/fd/" + number));
  }

  /** The reason why standard output has lost something, or null. */
  public static IOException outputFailure() {
    System.out.flush();
    return System.out instanceof Console console ? console.watched.failure : null;
  }

  @Override
  public boolean checkError() {
    flush();
    return watched.failure != null;
  }

  @Override
  public void print(String text) {
    super.print(clean(String.valueOf(text)));
  }

  @Override
  public void print(Object object) {
    print(String.valueOf(object));
  }

  @Override
  public void println(String text) {
    // Only a line that is redrawn returns to its beginning.
    super.println(String.valueOf(text).replace('\r', '?'));
  }

  private static String clean(String text) {
    if (text.chars().noneMatch(Console::commands)) {
      return text;
    }
    StringBuilder clean = new StringBuilder(text.length());
    text.chars().forEach(c -> clean.append(commands(c) ? '?' : (char) c));
    return clean.toString();
  }

  /** Control characters, and characters that change the direction of the following text. */
  private static boolean commands(int c) {
    return Character.isISOControl(c) && c != '\n' && c != '\r' && c != '\t'
        || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069;
  }

  /** Keeps the first error, which a {@link PrintStream} does not. */
  private static final class Watched extends FilterOutputStream {
    /** The stream as a file, or null. */
    private final Path file;
    private IOException failure;
    private boolean closedByReader;

    Watched(OutputStream out, Path file) {
      super(out);
      this.file = file;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      if (closedByReader) {
        return;
      }
      try {
        out.write(bytes, from, count);
      } catch (IOException e) {
        if (file != null && Destination.isPipe(file)) {
          closedByReader = true;
          return;
        }
        if (failure == null) {
          failure = e;
        }
        throw e;
      }
    }
  }
}
