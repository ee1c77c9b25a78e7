package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** A display without a screen, and simulated input of a user. There is no window manager. */
final class Xvfb implements AutoCloseable {

  /** Drawing in software may be slow on a busy machine; a healthy machine needs a tenth of this time. */
  static final int PATIENCE_SECONDS = 60;

  private final Process server;
  private final int number;

  /** Starts a display with a number that is free. */
  Xvfb(int width, int height) {
    requireTool("Xvfb");
    requireTool("xdotool");
    try {
      // Without -noreset the display starts again, with the mouse in the middle, whenever the last program leaves.
      server = new ProcessBuilder("Xvfb", "-displayfd", "1", "-noreset", "-screen", "0", width + "x" + height + "x24",
          "-nolisten", "tcp")
          .redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String line =
          new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.US_ASCII)).readLine();
      if (line == null) {
        missing("Xvfb does not start");
      }
      number = Integer.parseInt(line.trim());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Skips the test, since this machine lacks something. Where the project is checked as a whole (CI), the test fails.
   */
  static void missing(String reason) {
    if (System.getenv("CI") != null) {
      Assertions.fail(reason + "; where CI is set no test of the window is left out");
    }
    Assumptions.abort(reason);
  }

  private static void requireTool(String name) {
    boolean there = Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
    if (!there) {
      missing("there is no " + name + " on the path");
    }
  }

  /** Value for DISPLAY. */
  String display() {
    return ":" + number;
  }

  /** Waits for something that a program at work will bring about. */
  static void await(String what, Jar.Running program, BooleanSupplier there) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!there.getAsBoolean()) {
      if (!program.isAlive() && !there.getAsBoolean()) {
        throw new AssertionError("the program ended before: " + what + "\n" + program.await());
      }
      if (System.nanoTime() > end) {
        program.kill();
        throw new AssertionError("not within " + PATIENCE_SECONDS + " s: " + what + "\n" + program.await());
      }
      Thread.sleep(30);
    }
  }

  /** Waits for the program's window. */
  long window(Jar.Running program) throws InterruptedException {
    long[] found = new long[1];
    await("a window", program, () -> (found[0] = search()) != 0);
    return found[0];
  }

  /** A window of the program, or 0. */
  long search() {
    List<String> lines = new ArrayList<>();
    // The exit code is 1 if there is no window.
    xdotool(lines, "search", "--onlyvisible", "--name", "gpu-tae");
    return lines.isEmpty() ? 0 : Long.parseLong(lines.get(0));
  }

  void key(long window, String key) {
    act("key", "--window", window, key);
  }

  /** Moves the mouse to the display's lower right corner, away from any cloud. */
  void park() {
    act("mousemove", 10000, 10000);
  }

  void move(long window, int x, int y) {
    act("mousemove", "--window", window, x, y);
  }

  void click(long window, int x, int y) {
    act("mousemove", "--window", window, x, y, "sleep", "0.1", "click", 1);
  }

  /** Turns the wheel; a positive number turns it away from the user. */
  void scroll(long window, int x, int y, int notches) {
    act("mousemove", "--window", window, x, y, "sleep", "0.1", "click", "--repeat", Math.abs(notches), "--delay", 20,
        notches > 0 ? 4 : 5);
  }

  void drag(long window, int x, int y, int dx, int dy) {
    act("mousemove", "--window", window, x, y, "sleep", "0.1", "mousedown", 1, "mousemove_relative", "--", dx / 2,
        dy / 2, "sleep", "0.1", "mousemove_relative", "--", dx - dx / 2,
        dy - dy / 2, "sleep", "0.1", "mouseup", 1);
  }

  /** Destroys the window; its program is told only afterwards. */
  void destroy(long window) {
    act("windowclose", window);
  }

  /** Ends the connection of the window's program, as a window manager does with one that no longer answers. */
  void disconnect(long window) {
    act("windowkill", window);
  }

  private void act(Object... words) {
    List<String> lines = new ArrayList<>();
    assertEquals(0, xdotool(lines, words), () -> "xdotool " + Arrays.toString(words) + ": " + lines);
  }

  private int xdotool(List<String> lines, Object... words) {
    List<String> command = new ArrayList<>(List.of("xdotool"));
    Arrays.stream(words).map(String::valueOf).forEach(command::add);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("DISPLAY", display());
    try {
      Process process = builder.start();
      try (BufferedReader out = process.inputReader()) {
        out.lines().filter(line -> !line.isBlank()).forEach(lines::add);
      }
      return process.waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /**
   * Asks the window to close, as the button in its corner does: with the message WM_DELETE_WINDOW, which not every
   * xdotool can send.
   */
  void quit(long window) throws IOException {
    try (SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      socket.connect(UnixDomainSocketAddress.of("/tmp/.X11-unix/X" + number));
      send(socket, request(12).put((byte) 'l').put((byte) 0).putShort((short) 11));
      ByteBuffer welcome = receive(socket, 8);
      assertEquals(1, welcome.get(0), "the display accepts a connection");
      receive(socket, 4 * (welcome.getShort(6) & 0xffff));
      int protocols = atom(socket, "WM_PROTOCOLS");
      int delete = atom(socket, "WM_DELETE_WINDOW");
      // SendEvent of a ClientMessage with 32-bit values.
      send(socket,
          request(44).put((byte) 25).put((byte) 0).putShort((short) 11).putInt((int) window).putInt(0).put((byte) 33)
              .put((byte) 32).putShort((short) 0)
              .putInt((int) window).putInt(protocols).putInt(delete));
      // The answer to GetInputFocus says that all earlier requests are done.
      send(socket, request(4).put((byte) 43).put((byte) 0).putShort((short) 1));
      assertEquals(1, receive(socket, 32).get(0), "the message was sent");
    }
  }

  private static int atom(SocketChannel socket, String name) throws IOException {
    int words = (name.length() + 3) / 4;
    send(socket,
        request(8 + 4 * words).put((byte) 16).put((byte) 0).putShort((short) (2 + words))
            .putShort((short) name.length()).putShort((short) 0)
            .put(name.getBytes(StandardCharsets.US_ASCII)));
    ByteBuffer answer = receive(socket, 32);
    assertEquals(1, answer.get(0), "answer to InternAtom");
    return answer.getInt(8);
  }

  private static ByteBuffer request(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Sends the whole buffer; bytes that were not put are zero. */
  private static void send(SocketChannel socket, ByteBuffer request) throws IOException {
    request.clear();
    while (request.hasRemaining()) {
      socket.write(request);
    }
  }

  private static ByteBuffer receive(SocketChannel socket, int bytes) throws IOException {
    ByteBuffer answer = request(bytes);
    while (answer.hasRemaining()) {
      if (socket.read(answer) < 0) {
        throw new EOFException("the display ended the connection");
      }
    }
    return answer;
  }

  /** Takes the display away; to its clients it looks as if it had crashed. */
  @Override
  public void close() {
    server.destroy();
    try {
      if (!server.waitFor(10, TimeUnit.SECONDS)) {
        server.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      server.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
