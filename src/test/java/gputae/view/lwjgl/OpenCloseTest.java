package gputae.view.lwjgl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lwjgl.opengl.GL33C.*;

import gputae.view.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lwjgl.system.MemoryUtil;

/**
 * Opening, drawing and closing leave nothing behind: no OpenGL objects, no native memory, no threads, no open files.
 */
class OpenCloseTest {

  @TempDir
  Path folder;

  private static final int WIDTH = 640;
  private static final int HEIGHT = 480;
  private static final Subject SUBJECT = Scenes.subject(3, Scenes.DIGITS, new int[200]);
  private static final Observation FIRST = observation(0.3);
  private static final Observation SECOND = observation(-0.3);

  private static Observation observation(double shift) {
    double[] latents = new double[600];
    for (int i = 0; i < 600; i++) {
      latents[i] = shift + 0.5 * Math.sin(i * 1.7);
    }
    int points = 1500;
    double[] positions = new double[3 * points];
    int[] edges = new int[2 * (points - 1)];
    double[] lengths = new double[points - 1];
    for (int i = 0; i < points - 1; i++) {
      edges[2 * i] = i;
      edges[2 * i + 1] = i + 1;
      lengths[i] = (i + 1) / 1500.0;
      positions[3 * i] = Math.cos(i);
    }
    // There are more edges than lines have room for at first.
    return Scenes.observation(SUBJECT, Scenes.batch(lengths, edges, positions), latents);
  }

  /** All that a film uses: two pictures that differ in everything. */
  private static void draw(Target target, Renderer renderer) {
    State state = new State(SUBJECT);
    Camera camera = Renderer.camera(3);
    state.tree = 1;
    state.interactive = true;
    for (Observation next : new Observation[] {FIRST, SECOND}) {
      renderer.cloud().update(next, 0.5);
      state.now = next;
      state.pointer = new State.Pointer(1, new float[3], new byte[12]);
      target.bind();
      renderer.draw(state, camera, WIDTH, HEIGHT, 1);
      target.read();
    }
  }

  private static void cycle() {
    OffScreen context = new OffScreen();
    try (Target target = new Target(WIDTH, HEIGHT);
        Renderer renderer = new Renderer(SUBJECT)) {
      draw(target, renderer);
    } finally {
      context.close();
    }
  }

  /** Draws four points with one program and nothing else of ours; this shows what the driver itself loses. */
  private static void control() {
    OffScreen context = new OffScreen();
    try (Target target = new Target(WIDTH, HEIGHT)) {
      target.bind();
      int program = Gl.program("points");
      int array = glGenVertexArrays();
      int buffer = glGenBuffers();
      glUseProgram(program);
      glBindVertexArray(array);
      glBindBuffer(GL_ARRAY_BUFFER, buffer);
      glBufferData(GL_ARRAY_BUFFER, new float[12], GL_STATIC_DRAW);
      for (int location = 0; location < 3; location++) {
        glEnableVertexAttribArray(location);
        glVertexAttribPointer(location, 3, GL_FLOAT, false, 12, 0);
      }
      glDrawArrays(GL_POINTS, 0, 4);
      target.read();
      glDeleteVertexArrays(array);
      glDeleteBuffers(buffer);
      glDeleteProgram(program);
    } finally {
      context.close();
    }
  }

  private static long openFiles() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    }
  }

  /** The number in a line of /proc/self/status: threads, with those of drivers, or KiB. */
  private static long status(String name) throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      String line = lines.filter(text -> text.startsWith(name + ":")).findFirst().orElseThrow();
      return Long.parseLong(line.replaceAll("\\D", ""));
    }
  }

  /** The number of names in use, for each kind of object. */
  private static String objects() {
    return "buffers " + count(i -> glIsBuffer(i)) + ", textures " + count(i -> glIsTexture(i)) + ", programs "
        + count(i -> glIsProgram(i)) + ", shaders "
        + count(i -> glIsShader(i)) + ", vertex arrays " + count(i -> glIsVertexArray(i)) + ", framebuffers "
        + count(i -> glIsFramebuffer(i))
        + ", renderbuffers " + count(i -> glIsRenderbuffer(i));
  }

  private static long count(IntPredicate exists) {
    return IntStream.range(1, 2000).filter(exists).count();
  }

  /** Draws in one context, where nothing is freed by itself. */
  @Test
  void everyObjectOfOpenGlIsDeleted() {
    OffScreen context = GlAvailable.context();
    try {
      String before = objects();
      for (int k = 0; k < 3; k++) {
        try (Target target = new Target(WIDTH, HEIGHT);
            Renderer renderer = new Renderer(SUBJECT)) {
          draw(target, renderer);
          assertTrue(!objects().equals(before), "nothing was made");
        }
        assertEquals(before, objects());
      }
      Gl.check("the end");
    } finally {
      context.close();
    }
  }

  @Test
  void tenCyclesLeaveNoThreadAndNoOpenFile() throws IOException {
    GlAvailable.required();
    cycle();
    cycle();
    long threads = status("Threads");
    long files = openFiles();
    for (int k = 0; k < 10; k++) {
      cycle();
    }
    assertNoMore(threads, files);
  }

  /** One thread or file a cycle would make ten at least; the JVM itself may use a few more. */
  private static void assertNoMore(long threads, long files) throws IOException {
    assertTrue(status("Threads") < threads + 8, status("Threads") + " threads, " + threads + " before");
    assertTrue(openFiles() < files + 8, openFiles() + " open files, " + files + " before");
  }

  /**
   * Every native block is freed: those of LWJGL, of its structures, and ours from MemoryUtil. LWJGL's allocator for
   * debugging counts them.
   */
  @Test
  void nativeMemoryIsFreed() throws IOException, InterruptedException {
    GlAvailable.required();
    String said = inAProcess(Counted.class, 120, "-Xmx256m", "-Dorg.lwjgl.util.DebugAllocator=true");
    assertTrue(said.matches("(\\d+) blocks, (\\d+) bytes; later \\1 blocks, \\2 bytes\n"), said);
    assertFalse(said.startsWith("0 "), "nothing is counted");
  }

  /** Runs a class's {@code main} in a separate JVM; returns its output. */
  private String inAProcess(Class<?> main, int seconds, String... options) throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(List.of(options));
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dgputae.gl.debug=true", "-cp",
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), main.getName()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      assertTrue(process.waitFor(seconds, TimeUnit.SECONDS), "it hangs");
    } finally {
      process.destroyForcibly();
    }
    assertEquals(0, process.exitValue(), Files.readString(output));
    return Files.readString(output);
  }

  static final class Counted {
    private Counted() {}

    /** Blocks that LWJGL's allocator has given out and not got back, with their sizes. */
    private static String blocks() {
      long[] sum = new long[2];
      MemoryUtil.memReport((address, memory, threadId, threadName, trace) -> {
        sum[0]++;
        sum[1] += memory;
      });
      return sum[0] + " blocks, " + sum[1] + " bytes";
    }

    public static void main(String[] arguments) {
      cycle();
      String before = blocks();
      for (int k = 0; k < 3; k++) {
        cycle();
      }
      System.out.println(before + "; later " + blocks());
    }
  }

  /**
   * Compares the memory of a process after 200 and after 1,000 cycles. Mesa keeps some KiB of each program that was
   * used for drawing, whoever draws ({@link #control}). A picture, a font or a context that we forgot would take
   * hundreds of KiB a cycle.
   */
  @Test
  @Tag("thorough")
  void aThousandCyclesLeaveNothing() throws IOException, InterruptedException {
    GlAvailable.required();
    // The heap is touched at the beginning and never grows, so all growth is native.
    String said = inAProcess(Resident.class, 1200, "-Xms96m", "-Xmx96m", "-XX:+AlwaysPreTouch");
    System.out.print(said);
    Matcher found =
        Pattern.compile("(-?\\d+) KiB in 800 cycles, (-?\\d+) KiB in 200 cycles without a renderer\n").matcher(said);
    assertTrue(found.matches(), said);
    assertTrue(Long.parseLong(found.group(1)) < 800 * MOST_KIB, said);
  }

  /** The most KiB by which a cycle may grow; with Mesa it is 16 to 20. */
  private static final long MOST_KIB = 50;

  static final class Resident {
    private Resident() {}

    /** KiB that the cycles after the first 200 added. */
    private static long grown(Runnable cycle, int cycles) throws IOException {
      long memory = 0;
      long threads = 0;
      long files = 0;
      for (int k = 1; k <= cycles; k++) {
        cycle.run();
        if (k == 200) {
          memory = status("VmRSS");
          threads = status("Threads");
          files = openFiles();
        } else if (k > 200 && status("VmRSS") - memory > 800 * MOST_KIB) {
          // The growth is too large already; the loop ends before the machine runs out of memory.
          break;
        }
      }
      assertNoMore(threads, files);
      return status("VmRSS") - memory;
    }

    public static void main(String[] arguments) throws IOException {
      System.out.println(grown(OpenCloseTest::cycle, 1000) + " KiB in 800 cycles, " + grown(OpenCloseTest::control, 400)
          + " KiB in 200 cycles without a renderer");
    }
  }
}
